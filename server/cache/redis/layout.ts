/** Which master serves which hash slot. */
import type { Redis } from 'ioredis';
import { nameOf } from './addresses.ts';
import type { ServerAddress } from './server.ts';

const SLOTS = 16_384;

export interface Layout {
  masters: ReadonlyMap<string, ServerAddress>;
  /** The master's name at the place of each slot; undefined where nobody serves it. */
  owners: readonly (string | undefined)[];
}

/** CRC16 (XMODEM) of the key, or of what stands between its first braces, as Redis Cluster has it. */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  const hashed = Buffer.from(close > open + 1 ? key.slice(open + 1, close) : key);
  let crc = 0;
  for (const byte of hashed) crc = ((crc << 8) & 0xffff) ^ (CRC16[((crc >> 8) ^ byte) & 0xff] as number);
  return crc % SLOTS;
}

const POLYNOMIAL = 0x1021;

const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc & 0xffff;
});

/** Asks one node; `via` lends its account to all, and its host to nodes that do not know their own. */
export async function readLayout(client: Redis, via: ServerAddress): Promise<Layout> {
  const ranges = (await client.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
  const masters = new Map<string, ServerAddress>();
  const owners = new Array<string | undefined>(SLOTS).fill(undefined);
  for (const [first, last, [host, port]] of ranges) {
    const address = { ...via, host: host || via.host, port };
    masters.set(nameOf(address), address);
    owners.fill(nameOf(address), first, last + 1);
  }
  return { masters, owners };
}

export function isSameLayout(one: Layout, other: Layout): boolean {
  return one.owners.every((owner, slot) => owner === other.owners[slot]);
}
