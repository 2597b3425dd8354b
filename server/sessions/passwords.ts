/** Passwords as argon2id hashes, with a limit on how many are worked on at once: each takes 19 MiB and a core. */
import { randomBytes } from 'node:crypto';
import { hash, type Options, verify } from '@node-rs/argon2';
import { appError } from '../trpc/errors.ts';

/** argon2id (the library's default) with OWASP's parameters: about 35 ms a hash on two shared cores. */
const PARAMETERS: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const AT_ONCE = 2;
/** Beyond this many waiting, which is about two seconds of work, new ones are refused at once. */
const MAX_WAITING = 100;

let working = 0;
const waiting: (() => void)[] = [];

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password, PARAMETERS));
}

/** A hash that no password has; made once, with the parameters of all others. */
let decoy: Promise<string> | undefined;

/**
 * True when the password belongs to the hash. Without a hash, or with one that is none, it takes as long and
 * answers false, so that time does not tell whether there is an account.
 */
export async function verifyPassword(password: string, passwordHash: string | undefined): Promise<boolean> {
  decoy ??= hashPassword(randomBytes(32).toString('base64'));
  const anyHash = await decoy;
  const real = passwordHash?.startsWith('$argon2id$') ? passwordHash : undefined;
  const matches = await inTurn(() => verify(real ?? anyHash, password).catch(isNoHash));
  return real !== undefined && matches;
}

/** What is stored there was never made by `hashPassword`, so no password belongs to it. */
function isNoHash(): boolean {
  return false;
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (working >= AT_ONCE) await waitForTurn();
  else working++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else working--;
  }
}

function waitForTurn(): Promise<void> {
  if (waiting.length >= MAX_WAITING) throw appError('SERVICE_UNAVAILABLE', { retryAfterS: 2 });
  return new Promise((resolve) => waiting.push(resolve));
}
