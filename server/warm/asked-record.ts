/**
 * What the fleet was asked for, in Redis: one sorted set a read, its arguments by weight. Every process adds what it
 * counted. It stands beside the cache's stamps, where no clear reaches: what people asked for is no cached data.
 *
 * Old asks fade by half in six hours, without ever being touched: instead, newer ones weigh more (Cormode et al., "Forward
 * decay", ICDE 2009). As a weight would outgrow a double after months, every era has sets of its own.
 */
import type { Cache } from '../cache/index.ts';

const HALF_LIFE_MS = 6 * 3_600_000;
/** Weights grow by 2^500 within an era, which a double holds with room for the counts. */
const ERA_MS = 500 * HALF_LIFE_MS;
/** A set that nobody adds to for so long is gone. */
const KEPT_S = 7 * 86_400;
/** Commands of one pipeline, or members of one answer: well under a millisecond of Redis' time. */
const SLICE = 500;

export interface AskedRecordOptions {
  cache: Pick<Cache, 'execute' | 'redis'>;
  /** The cache's. */
  prefix: string;
  /** ms since 1970. */
  now?: () => number;
}

export class AskedRecord {
  readonly #cache: AskedRecordOptions['cache'];
  readonly #prefix: string;
  readonly #now: () => number;

  constructor({ cache, prefix, now = Date.now }: AskedRecordOptions) {
    this.#cache = cache;
    this.#prefix = prefix;
    this.#now = now;
  }

  /** Adds asks, and forgets all but the `keep` hottest. Never throws: what Redis did not take is lost. */
  async add(name: string, asked: readonly [member: string, weight: number][], keep: number): Promise<void> {
    const era = eraAt(this.#now());
    const key = this.#key(name, era);
    const growth = growthAt(this.#now(), era);
    for (let first = 0; first < asked.length; first += SLICE) {
      const slice = asked.slice(first, first + SLICE);
      await this.#cache.execute(async () => {
        const commands = this.#cache.redis().pipeline();
        for (const [member, weight] of slice) commands.zincrby(key, weight * growth, member);
        commands.zremrangebyrank(key, 0, -keep - 1).expire(key, KEPT_S);
        await commands.exec();
      }, undefined);
    }
  }

  /** The hottest members, the hottest first. Empty without Redis. */
  async hottest(name: string, limit: number): Promise<string[]> {
    const era = eraAt(this.#now());
    const eras = await Promise.all([era, era - 1].map((each) => this.#members(name, each, limit)));
    const weights = new Map<string, number>();
    for (const [member, weight] of eras.flat()) weights.set(member, (weights.get(member) ?? 0) + weight);
    const falling = [...weights].sort(([, a], [, b]) => b - a);
    return falling.slice(0, limit).map(([member]) => member);
  }

  async #members(name: string, era: number, limit: number): Promise<[string, number][]> {
    const key = this.#key(name, era);
    const growth = growthAt(this.#now(), era);
    const found: [string, number][] = [];
    for (let first = 0; first < limit; first += SLICE) {
      const last = Math.min(first + SLICE, limit) - 1;
      const flat = await this.#cache.execute<string[]>(
        () => this.#cache.redis().zrevrange(key, first, last, 'WITHSCORES'),
        [],
      );
      for (let i = 0; i < flat.length; i += 2) found.push([flat[i] as string, Number(flat[i + 1]) / growth]);
      if (flat.length < 2 * SLICE) break;
    }
    return found;
  }

  #key(name: string, era: number): string {
    return `${this.#prefix}{t}:asked:${era}:${name}`;
  }
}

function eraAt(now: number): number {
  return Math.floor(now / ERA_MS);
}

/** What an ask at that instant weighs in the sets of that era. */
function growthAt(now: number, era: number): number {
  return 2 ** ((now - era * ERA_MS) / HALF_LIFE_MS);
}
