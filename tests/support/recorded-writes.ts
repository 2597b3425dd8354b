/** `write` on a database of its own, with a recorder in the cache's place: every name that it is told is seen. */
import type { Names } from '../../server/cache/index.ts';
import { freshEnvironment } from './services.ts';

/** Call it before anything of `server/` is imported. */
export async function openRecordedWrites() {
  const environment = await freshEnvironment();
  const db = await import('../../server/db/index.ts');
  const schema = await import('../../drizzle/schema.ts');
  let told: Names[] = [];
  db.setInvalidator({
    settle: async (names) => {
      told.push(names);
      return { acknowledged: true, release: () => {} };
    },
  });
  return {
    db,
    schema,
    url: environment.url,
    /** In order, each once. */
    keysTold: () => [...new Set(told.flatMap(({ keys = [] }) => keys))].sort(),
    tagsTold: () => told.flatMap(({ tags = [] }) => tags),
    forget: () => {
      told = [];
    },
    close: async () => {
      await db.flushOutbox();
      await db.closeDb();
      await environment.drop();
    },
  };
}

export type RecordedWrites = Awaited<ReturnType<typeof openRecordedWrites>>;
