/** `npm run db:reset`: drops everything in the configured database, migrates, and clears what was cached of it. Needs `--yes`. */
import { sql } from 'drizzle-orm';
import { cache } from '../server/app-cache.ts';
import { config } from '../server/config.ts';
import { closeDb, migrateDb } from '../server/db/index.ts';
import { getDb } from '../server/db/pool.ts';

if (config().nodeEnv === 'production') refuse('A production database is not reset by a script.');
const name = new URL(config().databaseUrl).pathname.slice(1);
if (!process.argv.includes('--yes'))
  refuse(`This drops every table of database ${name}. Say so: npm run db:reset -- --yes`);

try {
  await getDb().execute(sql`DROP DATABASE ${sql.identifier(name)}`);
  await closeDb();
  await migrateDb();
  await cache.clear();
  console.log(`Database ${name} is empty and at the newest migration. Fill it: npm run db:seed`);
} finally {
  await closeDb();
  await cache.close();
}

function refuse(message: string): never {
  console.error(message);
  process.exit(1);
}
