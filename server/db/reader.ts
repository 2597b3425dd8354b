/** The database as the slices see it: to be read. What changes rows goes through `write`. */
import { type Database, getDb as getDatabase } from './pool.ts';

/** Drizzle's ways to read, and none to write. */
export type Reader = Pick<Database, 'select' | 'selectDistinct' | '$count'>;

/** Drizzle on this process's pool; inside `write`'s work on its transaction, so that reads there see their own changes. */
export const getDb: () => Reader = getDatabase;
