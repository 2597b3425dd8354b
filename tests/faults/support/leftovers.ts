/** What a run has left in Redis and in the database that should have gone by itself. */
import { Redis } from 'ioredis';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { World } from './world.ts';

export interface Leftovers {
  leases: number;
  marks: number;
  outboxRows: number;
}

/** A mark in a slot or in a stamp's place: M, an id of 16, then the first token and its expiry. */
const MARK = /^M.{16}[0-9a-f]{32}:\d+,/s;
const LEASE_BYTES = 17;

export async function leftovers({ redis, prefix, databaseUrl }: World): Promise<Leftovers> {
  const client = new Redis(redis.url);
  try {
    const slots = await slotsOf(client, prefix);
    return {
      leases: slots.filter((slot) => slot.startsWith('L') && slot.length === LEASE_BYTES).length,
      marks: slots.filter((slot) => MARK.test(slot)).length,
      outboxRows: await outboxRows(databaseUrl),
    };
  } finally {
    client.disconnect();
  }
}

/** The beginnings of everything under the prefix that is a text. */
async function slotsOf(client: Redis, prefix: string): Promise<string[]> {
  const slots: string[] = [];
  for (let cursor = '0'; ; ) {
    const [next, keys] = await client.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1000);
    const found = await Promise.all(
      keys.map((key) => client.callBuffer('GETRANGE', key, 0, 99).catch(() => null)),
    );
    slots.push(...found.map((bytes) => (bytes as Buffer | null)?.toString('latin1') ?? ''));
    cursor = next;
    if (cursor === '0') return slots;
  }
}

async function outboxRows(databaseUrl: string): Promise<number> {
  const connection = await createConnection(databaseUrl);
  try {
    const [[row]] = await connection.query<RowDataPacket[]>('SELECT count(*) AS n FROM outbox');
    return Number(row?.n);
  } finally {
    await connection.end();
  }
}
