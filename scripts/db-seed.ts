/**
 * `npm run db:seed`: fills an empty database with people and things to look at, the same ones every time.
 * `--if-empty` does nothing, silently, where there are users already; `--size small` is for tests; `--tell-logins`
 * ends with a line of JSON, for `npm start`: the demonstration's log-ins that exist.
 */
import { parseArgs } from 'node:util';
import { inArray, sql } from 'drizzle-orm';
import { users } from '../drizzle/schema.ts';
import { cache } from '../server/app-cache.ts';
import { config } from '../server/config.ts';
import { closeDb, flushOutbox, getDb, migrateDb } from '../server/db/index.ts';
import { DEMO_LOGINS } from '../server/sessions/demo-logins.ts';
import type { Size } from './seed/everything.ts';

const { values: options } = parseArgs({
  options: {
    'if-empty': { type: 'boolean', default: false },
    'tell-logins': { type: 'boolean', default: false },
    size: { type: 'string', default: 'full' },
  },
});

try {
  await migrateDb();
  const found = await countUsers();
  if (found === 0) await seed(sizeFrom(options.size));
  else if (!options['if-empty'])
    refuse(`The database holds ${found} users already. Empty it first: npm run db:reset`);
  if (options['tell-logins']) console.log(`logins: ${JSON.stringify(await existingLogins())}`);
} finally {
  await flushOutbox();
  await closeDb();
  await cache.close();
}

async function seed(size: Size): Promise<void> {
  if (config().nodeEnv === 'production')
    return refuse('The demonstration log-ins are never made in production.');
  // Loaded here alone: every other start only looks whether there is something to do.
  const { seedEverything } = await import('./seed/everything.ts');
  const ids = await seedEverything(size);
  console.log(`Seeded ${ids.length} users, a shop, libraries, posts and a job. Log-ins:`);
  for (const { role, email, password } of DEMO_LOGINS)
    console.log(`  ${role.padEnd(9)} ${email.padEnd(26)} ${password}`);
}

async function existingLogins(): Promise<(typeof DEMO_LOGINS)[number][]> {
  const emails = DEMO_LOGINS.map(({ email }) => email);
  const rows = await getDb().select({ email: users.email }).from(users).where(inArray(users.email, emails));
  return DEMO_LOGINS.filter(({ email }) => rows.some((row) => row.email === email));
}

async function countUsers(): Promise<number> {
  const [row] = await getDb()
    .select({ count: sql<number>`count(*)`.mapWith(Number) })
    .from(users);
  return row?.count ?? 0;
}

function sizeFrom(text: string): Size {
  if (text === 'small' || text === 'full') return text;
  return refuse(`--size: expected small or full, got ${text}`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(1);
}
