/** The faults: how each is made, how it ends, and what proves that it happened. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Load } from '../programs/worker.ts';
import type { Worker, World } from '../support/world.ts';

export interface Fault {
  name: string;
  /** Resolves when the fault has begun. */
  strike(world: World): Promise<unknown> | unknown;
  /** What must be done before. */
  prepare?(world: World): Promise<unknown>;
  /** Asked while the fault lasts: what proves it, in words. Throws when nothing does. */
  proof(world: World): Promise<string>;
  heal(world: World): Promise<unknown> | unknown;
  /** Proved only afterwards. */
  proofAfter?(world: World): Promise<string>;
  /** In ms. Default 700. */
  lastsMs?: number;
  /** Which processes lose Redis. Default: all. */
  places?: readonly number[];
  /** Redis goes on being used, so a wait for it is the machine's doing and no sign of the fault. */
  isUsedMeanwhile?: true;
  /** What must be used again for the fault to be over: Redis, or the process's memory. Default Redis. */
  back?: 'l2' | 'l1';
}

/** Asks once with the server's real limit of patience. */
export async function answers({ redis }: World, withinMs = 200): Promise<boolean> {
  const client = new Redis(redis.url, {
    lazyConnect: true,
    retryStrategy: () => null,
    commandTimeout: withinMs,
    connectTimeout: withinMs,
    maxRetriesPerRequest: 0,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
    return true;
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

export async function admin<T>({ redis }: World, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(redis.url);
  client.on('error', () => undefined);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

async function silence(world: World): Promise<string> {
  if (await answers(world)) throw new Error('Redis answered a ping although it should not');
  return 'a ping of our own got no answer';
}

async function infoOf(world: World, section: string, name: string): Promise<number> {
  const info = await admin(world, (client) => client.info(section));
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? Number.NaN);
}

const snapshotOf = async (world: World): Promise<string> => {
  const [, folder] = (await admin(world, (client) => client.config('GET', 'dir'))) as string[];
  return join(folder ?? '', 'dump.rdb');
};

function workerAt(world: World, place: number): Worker {
  return world.workers[place] as Worker;
}

async function openBreakers(world: World, places: readonly number[]): Promise<string> {
  const states = await Promise.all(places.map((place) => workerAt(world, place).call('state')));
  const closed = states.filter(({ breaker, data }) => breaker === 'closed' && data === 'up').length;
  if (closed > 0) throw new Error(`${closed} processes did not notice the fault`);
  return `the breakers of ${places.length} processes are open`;
}

function heldBy(world: World, place: number): string {
  const held = world.proxies[place]?.done.held ?? 0;
  if (held === 0) throw new Error('the proxy held nothing back');
  return `the proxy held ${held} pieces of data`;
}

const EVERYBODY = [0, 1, 2];

const FROZEN: Fault = {
  name: 'frozen',
  strike: ({ redis }) => redis.freeze(),
  proof: async (world) => `${await silence(world)}; ${await openBreakers(world, EVERYBODY)}`,
  heal: ({ redis }) => redis.thaw(),
};

const RESTARTED_EMPTY: Fault = {
  name: 'killed, restarted empty',
  prepare: async (world) => rmSync(await snapshotOf(world), { force: true }),
  strike: ({ redis }) => redis.kill(),
  proof: async (world) => `${await silence(world)}; ${await openBreakers(world, EVERYBODY)}`,
  heal: ({ redis }) => redis.restart(),
  async proofAfter(world) {
    const loaded = await infoOf(world, 'persistence', 'rdb_last_load_keys_loaded');
    if (loaded !== 0) throw new Error(`Redis came back with ${loaded} keys, expected none`);
    return 'it came back with no key';
  },
};

const OLD_SNAPSHOT: Fault = {
  name: 'killed, restarted from an old snapshot',
  async prepare(world) {
    await admin(world, (client) => client.save());
    await sleep(300);
  },
  strike: ({ redis }) => redis.kill(),
  proof: async (world) => `${await silence(world)}; ${await openBreakers(world, EVERYBODY)}`,
  heal: ({ redis }) => redis.restart(),
  async proofAfter(world) {
    const loaded = await infoOf(world, 'persistence', 'rdb_last_load_keys_loaded');
    if (!(loaded > 0)) throw new Error('Redis came back without its snapshot');
    const { size } = statSync(await snapshotOf(world));
    return `it came back with ${loaded} old keys in ${size} bytes`;
  },
};

const CUT_FROM_ONE: Fault = {
  name: 'cut from one process only',
  places: [0],
  strike: ({ proxies }) => proxies[0]?.cut(),
  async proof(world) {
    const other = await workerAt(world, 1).call('state');
    if (other.breaker !== 'closed') throw new Error('the others lost Redis too');
    return `${heldBy(world, 0)}; ${await openBreakers(world, [0])}; the others' breakers are closed`;
  },
  heal: ({ proxies }) => proxies[0]?.heal(),
};

const SUBSCRIBER_CUT: Fault = {
  name: 'cut on the subscriber only',
  isUsedMeanwhile: true,
  places: [0],
  back: 'l1',
  strike: ({ proxies }) => proxies[0]?.cut(/TRACKING/i),
  async proof(world) {
    const { feed, data } = await workerAt(world, 0).call('state');
    if (feed !== 'off' || data !== 'up')
      throw new Error(`expected feed off and data up, got ${feed}, ${data}`);
    return `${heldBy(world, 0)}; L1 is off, Redis is used`;
  },
  heal: ({ proxies }) => proxies[0]?.heal(),
};

const SLOW: Fault = {
  name: '200 ms slow',
  strike: ({ proxies }) => proxies.forEach((proxy) => void proxy.delay(200)),
  proof: async (world) => `${heldBy(world, 1)}; ${await openBreakers(world, EVERYBODY)}`,
  heal: ({ proxies }) => proxies.forEach((proxy) => void proxy.heal()),
};

const FLAPS = 5;

const FLAPPING: Fault = {
  name: 'flapping',
  lastsMs: 0,
  async strike({ proxies }) {
    for (let flap = 0; flap < FLAPS; flap++) {
      for (const proxy of proxies) proxy.refuse();
      await sleep(80);
      for (const proxy of proxies) proxy.heal();
      await sleep(80);
    }
    for (const proxy of proxies) proxy.refuse();
  },
  async proof({ proxies }) {
    const refused = proxies.reduce((sum, { done }) => sum + done.refused, 0);
    if (refused === 0) throw new Error('no connection was refused');
    return `gone and back ${FLAPS} times; ${refused} connections refused`;
  },
  heal: ({ proxies }) => proxies.forEach((proxy) => void proxy.heal()),
};

const JUNK_BYTES = 20_000;
const JUNK_KEYS = 100;

const EVICTING: Fault = {
  name: 'evicting (2 MB)',
  isUsedMeanwhile: true,
  lastsMs: 0,
  async strike(world) {
    await admin(world, async (client) => {
      await client.config('RESETSTAT');
      await client.config('SET', 'maxmemory', '2mb');
      for (let key = 0; key < 5 * JUNK_KEYS; key++) {
        await client.set(`junk:${key % JUNK_KEYS}`, 'x'.repeat(JUNK_BYTES)).catch(() => undefined);
        await sleep(1);
      }
    });
  },
  async proof(world) {
    const evicted = await infoOf(world, 'stats', 'evicted_keys');
    if (!(evicted > 0)) throw new Error('nothing was evicted');
    return `${evicted} keys were evicted`;
  },
  heal: (world) =>
    admin(world, async (client) => {
      await client.config('SET', 'maxmemory', '256mb');
      await client.unlink(...Array.from({ length: JUNK_KEYS }, (_, key) => `junk:${key}`));
    }),
};

/** A process that starts while there is no Redis. */
export function absentAtStart(load: Load): Fault {
  return {
    name: 'absent at start',
    places: [0],
    async prepare(world) {
      await world.redis.kill();
      await workerAt(world, 0).kill();
      world.workers[0] = await world.spawn(0);
    },
    strike: (world) => workerAt(world, 0).call('start', load),
    proof: async (world) => `${await silence(world)}; ${await openBreakers(world, [0])} from its start`,
    heal: ({ redis }) => redis.restart(),
  };
}

export const FAULTS: readonly Fault[] = [
  FROZEN,
  RESTARTED_EMPTY,
  OLD_SNAPSHOT,
  CUT_FROM_ONE,
  SUBSCRIBER_CUT,
  SLOW,
  FLAPPING,
  EVICTING,
];
