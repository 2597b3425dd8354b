/** Session tokens: 32 random bytes that only their bearer knows. The database and the cache know their SHA-256. */
import { createHash, randomBytes } from 'node:crypto';

/** 43 characters of base64url. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** 64 hex digits. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
