/** Rows of the audit that cannot be brought about at will: many, old, failed, never ended, by somebody who is gone. */
import { createConnection } from 'mysql2/promise';

/** What a spreadsheet would run if it stood in a cell as it is. */
export const FORMULA = '=HYPERLINK("http://evil.example","pay")';

export interface AuditTable {
  /** From the oldest: as many warm-ups as asked for, a clear that never ended, an act that failed with a formula. */
  refill(userId: number, warmUps: number): Promise<void>;
  empty(): Promise<void>;
  close(): Promise<void>;
}

const COLUMNS = 'user_id, role, source, action, input, count, ms, result, message, request_id';

export async function openAudit(databaseUrl: string): Promise<AuditTable> {
  const database = await createConnection(databaseUrl);
  const empty = async () => void (await database.query('DELETE FROM audit'));
  return {
    empty,
    async refill(userId, warmUps) {
      await empty();
      const warmed = [userId, 'operator', 'console', 'cacheWarm', 'null', 7, 5, 'ok', null, 'req-warm'];
      const unended = [
        999_999,
        'admin',
        'api',
        'cacheClear',
        '{}',
        null,
        null,
        'running',
        null,
        'req-running',
      ];
      const asked = [userId, 'operator', 'api', 'cacheExpire', '{"keys":["a"]}'];
      const failed = [...asked, 0, 12_000, 'failed', FORMULA, '@SUM(A1)'];
      const rows = [...Array.from({ length: warmUps }, () => warmed), unended, failed];
      await database.query(`INSERT INTO audit (${COLUMNS}) VALUES ?`, [rows]);
    },
    close: () => database.end(),
  };
}
