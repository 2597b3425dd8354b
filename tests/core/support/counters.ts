/** What the database and Redis themselves say they were asked. */
import { sql } from 'drizzle-orm';
import type { getRedisClient } from '../../../server/_core/cache.ts';
import { getDb } from '../../../server/db/index.ts';
import { pastWrite } from '../../support/past-write.ts';

/** SELECTs that the pool's only connection saw during `work`, by its own counter. Needs DATABASE_POOL_SIZE=1. */
export async function statements(work: () => Promise<unknown>): Promise<number> {
  const before = await selects();
  await work();
  return (await selects()) - before;
}

async function selects(): Promise<number> {
  const [rows] = await pastWrite(getDb()).execute(sql`SHOW SESSION STATUS LIKE 'Com_select'`);
  return Number((rows as unknown as { Value: string }[])[0]?.Value);
}

/** What the data connection sent during `work`, one text for each write to the socket. */
export async function packetsOf(
  client: ReturnType<typeof getRedisClient>,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const { stream } = client as unknown as { stream: { write: (...args: unknown[]) => boolean } };
  const write = stream.write.bind(stream);
  const packets: string[] = [];
  stream.write = (...args) => {
    packets.push(String(args[0]));
    return write(...args);
  };
  await work();
  stream.write = write;
  return packets;
}
