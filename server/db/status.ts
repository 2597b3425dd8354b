/** What the server says of itself, for probes. */
import { sql } from 'drizzle-orm';
import { getDb } from './pool.ts';

export async function serverStatus(): Promise<{ version: string; uptimeS: number }> {
  const [version] = await rowsOf<{ version: string }>(sql`SELECT VERSION() AS version`);
  const [uptime] = await rowsOf<{ Value: string }>(sql`SHOW GLOBAL STATUS LIKE 'Uptime'`);
  return { version: version?.version ?? 'unknown', uptimeS: Number(uptime?.Value ?? 0) };
}

/** When the newest migration that the database has was made, in ms since 1970; 0 without any. */
export async function lastMigration(): Promise<number> {
  const [row] = await rowsOf<{ last: number | string | null }>(
    sql`SELECT MAX(created_at) AS last FROM __drizzle_migrations`,
  );
  return Number(row?.last ?? 0);
}

async function rowsOf<T>(query: ReturnType<typeof sql>): Promise<T[]> {
  const [rows] = await getDb().execute(query);
  return rows as unknown as T[];
}
