/** What the database and Redis themselves say they were asked. */
import { sql } from 'drizzle-orm';
import type { getRedisClient } from '../../../server/_core/cache.ts';
import { getDb } from '../../../server/db/index.ts';

/** SELECTs that the pool's only connection saw during `work`, by its own counter. Needs DATABASE_POOL_SIZE=1. */
export async function statements(work: () => Promise<unknown>): Promise<number> {
  const before = await selects();
  await work();
  return (await selects()) - before;
}

async function selects(): Promise<number> {
  const [rows] = await getDb().execute(sql`SHOW SESSION STATUS LIKE 'Com_select'`);
  return Number((rows as unknown as { Value: string }[])[0]?.Value);
}

/** Packets with commands that the data connection sent during `work`. */
export async function countPackets(
  client: ReturnType<typeof getRedisClient>,
  work: () => Promise<unknown>,
): Promise<number> {
  const { stream } = client as unknown as { stream: { write: (...args: unknown[]) => boolean } };
  const write = stream.write.bind(stream);
  let packets = 0;
  stream.write = (...args) => {
    packets++;
    return write(...args);
  };
  await work();
  stream.write = write;
  return packets;
}
