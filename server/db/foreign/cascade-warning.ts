/** Foreign keys by which the database changes rows that neither the log nor a trigger tells of. */
import { sql } from 'drizzle-orm';
import { getDb } from '../pool.ts';
import { watchedTables } from './watched.ts';

interface ForeignKey {
  name: string;
  child: string;
  parent: string;
}

/**
 * Deletes that cascade are followed by the schema's foreign keys. What is not: rows that change with their parent's key,
 * and cascades from a table to itself. Says so once, naming the keys.
 */
export async function warnOfUnseenCascades(onNotice: (message: string) => void): Promise<void> {
  const watched = new Set(watchedTables().map(({ name }) => name));
  const unseen = (await cascadingKeys()).filter(({ child }) => watched.has(child));
  if (unseen.length === 0) return;
  const told = unseen.map(({ name, child, parent }) => `${name} (${child} to ${parent})`);
  onNotice(
    `What other programs change through these foreign keys cannot be seen, for the database tells nobody: ${told.join(', ')}. Expected no ON UPDATE CASCADE or SET NULL, and no cascade from a table to itself, on tables that cached reads show`,
  );
}

async function cascadingKeys(): Promise<ForeignKey[]> {
  const [rows] = await getDb().execute(sql`
    SELECT constraint_name AS name, table_name AS child, referenced_table_name AS parent
    FROM information_schema.referential_constraints
    WHERE constraint_schema = database() AND (update_rule IN ('CASCADE', 'SET NULL')
      OR (table_name = referenced_table_name AND delete_rule IN ('CASCADE', 'SET NULL')))`);
  return rows as unknown as ForeignKey[];
}
