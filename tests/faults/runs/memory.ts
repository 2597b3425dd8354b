/** What Redis does by itself or for others, as the processes' memories see it; and what we do to Redis' other clients. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startRedis } from '../../support/redis.ts';
import { freshPrefix } from '../../support/services.ts';
import type { Departure, HolderHandlers } from '../programs/holder.ts';
import type { PingerHandlers } from '../programs/pinger.ts';
import { now } from '../support/clock.ts';
import { rounded, type Spread, spreadOf } from '../support/figures.ts';
import { type Program, startProgram } from '../support/program.ts';

export interface DepartureFigures {
  /** From the cause to the last answer out of a process's memory, of all processes and rounds. */
  afterDelete: Spread;
  afterExpiry: Spread;
  /** Answers out of memory before the cause, of the process with the fewest. */
  fewestHitsBefore: number;
}

export interface CourtesyFigures {
  deleted: number;
  clearMs: number;
  loadsOfBigValue: number;
  bigValueIsTheSame: boolean;
  /** Another client's PINGs: before, during the clear, while values of 10 MB are stored and read. */
  pingsBefore: Spread;
  pingsDuringClear: Spread;
  pingsDuringBigValues: Spread;
  /** By Redis' own count: the slowest command of the clear, and of storing and reading the big value, in ms. */
  slowestOfClearMs: number;
  slowestOfBigValuesMs: number;
}

type Holder = Program<HolderHandlers>;

export interface Holders {
  depart(rounds: number): Promise<DepartureFigures>;
  courtesy(keys: number): Promise<CourtesyFigures>;
  close(): Promise<void>;
}

const PROCESSES = 3;
const BIG_BYTES = 10 * 1024 * 1024;
const EXPIRY_S = 1;
const SLOW_MICROSECONDS = 1000;

export async function openHolders(): Promise<Holders> {
  const redis = await startRedis();
  const prefix = freshPrefix();
  const env = { REDIS_URL: redis.url, CACHE_PREFIX: prefix };
  const start = () => startProgram<HolderHandlers>('holder.ts', env);
  const holders = await Promise.all(Array.from({ length: PROCESSES }, start));
  const [first, second] = holders as [Holder, Holder];
  const pinger = await startProgram<PingerHandlers>('pinger.ts', {
    REDIS_URL: redis.url,
    REDIS_PID: String(redis.pid),
  });
  const bare = new Redis(redis.url);

  /** All processes hold the key and watch it; answers their departures. */
  async function watched(
    key: string,
    ttl: number,
    cause: () => Promise<number>,
  ): Promise<[number, Departure[]]> {
    await Promise.all(holders.map((holder) => holder.call('hold', { key, ttl })));
    const departures = holders.map((holder) => holder.call('untilGone', key));
    await sleep(100);
    return [await cause(), await Promise.all(departures)];
  }

  async function deleted(round: number): Promise<[number, Departure[]]> {
    const key = `deleted:${round}`;
    return watched(key, 600, async () => {
      await bare.del(`${prefix}${key}`);
      return now();
    });
  }

  async function expired(round: number): Promise<[number, Departure[]]> {
    const key = `expired:${round}`;
    return watched(key, EXPIRY_S, async () => now() + (await bare.pttl(`${prefix}${key}`)));
  }

  async function depart(rounds: number): Promise<DepartureFigures> {
    const lags = { deleted: [] as number[], expired: [] as number[] };
    const hits: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const [way, happen] of [
        ['deleted', deleted],
        ['expired', expired],
      ] as const) {
        const [causeAt, departures] = await happen(round);
        lags[way].push(...departures.map(({ lastHitAt }) => Math.max(0, lastHitAt - causeAt)));
        hits.push(...departures.map(({ hitsL1 }) => hitsL1));
      }
    }
    return {
      afterDelete: spreadOf(lags.deleted),
      afterExpiry: spreadOf(lags.expired),
      fewestHitsBefore: Math.min(...hits),
    };
  }

  async function pingsDuring<T>(work: () => Promise<T>): Promise<[T, Spread]> {
    await pinger.call('start');
    const done = await work();
    return [done, spreadOf(await pinger.call('stop'))];
  }

  async function courtesy(keys: number): Promise<CourtesyFigures> {
    await first.call('fill', { namespace: 'many', count: keys });
    const [, pingsBefore] = await pingsDuring(() => sleep(1000));
    await bare.config('SET', 'slowlog-log-slower-than', SLOW_MICROSECONDS);
    await slowestCommand();
    const from = now();
    const [{ deleted: count }, pingsDuringClear] = await pingsDuring(() => first.call('clear', 'many:*'));
    const clearMs = now() - from;
    const slowestOfClearMs = await slowestCommand();
    const [answers, pingsDuringBigValues] = await pingsDuring(bigValues);
    return {
      deleted: count,
      clearMs: rounded(clearMs),
      loadsOfBigValue: answers.reduce((sum, { loads }) => sum + loads, 0),
      bigValueIsTheSame: new Set(answers.map(({ hash }) => hash)).size === 1,
      pingsBefore,
      pingsDuringClear,
      pingsDuringBigValues,
      slowestOfClearMs,
      slowestOfBigValuesMs: await slowestCommand(),
    };
  }

  /** Since the last question. */
  async function slowestCommand(): Promise<number> {
    const slow = (await bare.slowlog('GET', 128)) as [number, number, number][];
    await bare.slowlog('RESET');
    return rounded(Math.max(0, ...slow.map(([, , microseconds]) => microseconds / 1000)));
  }

  async function bigValues(): Promise<{ hash: string; loads: number }[]> {
    const question = { key: 'big:1', bytes: BIG_BYTES };
    const stored = await first.call('big', question);
    const read = await Promise.all([first.call('big', question), second.call('big', question)]);
    return [stored, ...read];
  }

  return {
    depart,
    courtesy,
    async close() {
      bare.disconnect();
      await Promise.all([pinger, ...holders].map((program) => program.kill()));
      await redis.stop();
    },
  };
}
