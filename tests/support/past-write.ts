/** What only tests do: statements that change rows or tables and go past `write`. */
import type { Database } from '../../server/db/pool.ts';

/** The whole of Drizzle, of which the program's slices are given what reads. */
export function pastWrite(reader: object): Database {
  return reader as Database;
}
