/** A shop that is large enough to be honest, written past the program: 10,000 products, 1,000 signed-in members, a board. */
import { createHash } from 'node:crypto';
import { type Connection, createConnection } from 'mysql2/promise';
import { hashOfToken } from '../../server/sessions/tokens.ts';

export const PRODUCTS = 10_000;
export const MEMBERS = 1000;
export const COURSES = 500;
const POSTS = 300;

/** Of the member with that number, from 1. */
export const tokenOf = (member: number): string =>
  createHash('sha256').update(`member ${member}`).digest('base64url');
export const slugOf = (product: number): string => `product-${product}`;

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const DAY_MS = 86_400_000;

export async function fillBigShop(url: string): Promise<void> {
  const database = await createConnection(url);
  const day = new Date(Date.now() + DAY_MS);
  const text = 'Words that describe it. '.repeat(20);
  await insert(database, 'users (username, email, password_hash)', upTo(MEMBERS).map((n) => [`Member ${n}`, `m${n}@example.org`, '!'])); // biome-ignore format: a row
  await insert(database, 'sessions (user_id, token_hash, expires_at)', upTo(MEMBERS).map((n) => [n, hashOfToken(tokenOf(n)), day])); // biome-ignore format: a row
  await insert(
    database,
    'products (slug, title, description, price_cents, published, type, category)',
    upTo(PRODUCTS).map((n) => {
      const type = ['pdf', 'video', 'audio'][n % 3];
      return [slugOf(n), `Product ${n}`, text, n % 5000, true, type, `category ${n % 7}`];
    }),
  );
  await insert(
    database,
    'courses (slug, title, description, price_cents, published, duration_minutes, level, curriculum)',
    upTo(COURSES).map((n) => [`course-${n}`, `Course ${n}`, text, n, true, 60, 'beginner', '[]']),
  );
  await insert(database, 'enrollments (user_id, course_id)', upTo(3 * MEMBERS).map((n) => [1 + (n % MEMBERS), 1 + ((7 * n + Math.floor(n / MEMBERS)) % COURSES)])); // biome-ignore format: a row
  await insert(database, 'purchases (user_id, product_id, price_cents, currency)', upTo(3 * MEMBERS).map((n) => [1 + (n % MEMBERS), 1 + (n * 13) % PRODUCTS, 100, 'EUR'])); // biome-ignore format: a row
  await insert(database, 'posts (user_id, title, text, votes)', upTo(POSTS).map((n) => [1 + ((n * 11) % MEMBERS), `Post ${n}`, text, n % 50])); // biome-ignore format: a row
  await database.end();
}

async function insert(database: Connection, into: string, rows: readonly unknown[][]): Promise<void> {
  for (let first = 0; first < rows.length; first += 1000)
    await database.query(`INSERT INTO ${into} VALUES ?`, [rows.slice(first, first + 1000)]);
}
