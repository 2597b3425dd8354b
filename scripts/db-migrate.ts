/** `npm run db:migrate`: brings the configured database to the schema's state. */
import { migrateDb } from '../server/db/index.ts';

await migrateDb();
console.log('The database is at the newest migration.');
