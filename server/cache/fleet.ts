/**
 * The fleet's numbers. Each process writes its totals since it began into one field of a hash, about once a second
 * and at its close; the sum of the fields is the fleet. Totals, not differences: a write whose outcome is unknown can
 * simply be repeated, and a Redis that lost everything knows the living processes again after a second.
 *
 * Processes end, and their fields would pile up: a process folds its own into the sum of the ended ones when it closes,
 * and those of others that gave no sign of life for an hour. Folding is one compare-and-set of all fields concerned, so
 * nothing is counted twice however many fold. Who slept for so long that he may have been folded begins another field.
 */
import { pack, unpack } from 'msgpackr';
import { statsOf, type Totals, totalsLess, totalsOfAll } from './counters.ts';
import type { Engine } from './engine.ts';
import type { TimerHandle } from './ports.ts';
import type { CacheStats } from './types.ts';

const FLUSH_MS = 1000;
const SIGN_OF_LIFE_MS = 60_000;
const ENDED_AFTER_MS = 3600_000;
const FOLD_EACH_MS = 600_000;
const ENDED = 'ended';

interface Sign {
  /** Redis' ms. */
  at: number;
  totals: Totals;
}

export class Fleet {
  readonly #engine: Engine;
  #field: string;
  /** What the fields hold that this process wrote before its present one. */
  #before: Totals = {};
  #timer: TimerHandle | null = null;
  /** The last sign that Redis has acknowledged. */
  #sent: Sign & { bytes: Buffer } = { at: Number.NEGATIVE_INFINITY, totals: {}, bytes: Buffer.alloc(0) };
  #foldedAt = Number.NEGATIVE_INFINITY;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#field = engine.ports.random.id().toString('hex');
  }

  start(): void {
    this.#timer = this.#engine.ports.timers.after(FLUSH_MS, () => void this.#beat(), true);
  }

  /** All processes that Redis knows of, and this one as it is now. */
  async stats(): Promise<CacheStats> {
    const processes: Totals[] = [totalsLess(this.#engine.counters.totals(), this.#before)];
    for (const [field, bytes] of await this.#fields())
      if (field !== this.#field) processes.push(readSign(bytes)?.totals ?? {});
    return statsOf(processes);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    if (await this.#flush()) await this.#fold((field) => field === this.#field);
  }

  async #beat(): Promise<void> {
    this.start();
    if (!this.#engine.gate.isOpen) return;
    await this.#flush();
    const now = this.#engine.ports.clock.now();
    if (now - this.#foldedAt < FOLD_EACH_MS) return;
    this.#foldedAt = now;
    const endedBefore = this.#engine.ports.redis.redisNow() - ENDED_AFTER_MS;
    await this.#fold((field, sign) => field !== this.#field && sign.at < endedBefore);
  }

  /** True when Redis holds the totals of now. */
  async #flush(): Promise<boolean> {
    if (!this.#engine.gate.isOpen) return false;
    const at = this.#engine.ports.redis.redisNow();
    if (at - this.#sent.at > ENDED_AFTER_MS / 2) this.#beginField();
    const totals = totalsLess(this.#engine.counters.totals(), this.#before);
    if (at - this.#sent.at < SIGN_OF_LIFE_MS && isSame(totals, this.#sent.totals)) return true;
    const bytes = pack({ at, totals } satisfies Sign);
    try {
      await this.#engine.reads.run({
        op: 'hset',
        key: this.#engine.names.fleet,
        field: this.#field,
        value: bytes,
      });
      this.#sent = { at, totals, bytes };
      return true;
    } catch {
      return false;
    }
  }

  #beginField(): void {
    if (this.#sent.bytes.length === 0) return;
    this.#before = totalsOfAll([this.#before, this.#sent.totals]);
    this.#field = this.#engine.ports.random.id().toString('hex');
    this.#sent = { at: Number.NEGATIVE_INFINITY, totals: {}, bytes: Buffer.alloc(0) };
  }

  /** Never rejects. Whoever loses a race has nothing to do. */
  async #fold(isOver: (field: string, sign: Sign) => boolean): Promise<void> {
    const fields = await this.#fields();
    const over = [...fields].filter(([field, bytes]) => {
      const sign = field === ENDED ? null : readSign(bytes);
      return sign !== null && isOver(field, sign);
    });
    if (over.length === 0) return;
    const ended = fields.get(ENDED) ?? null;
    const signs = [...over.map(([, bytes]) => bytes), ended ?? Buffer.alloc(0)].map(readSign);
    const totals = totalsOfAll(signs.map((sign) => sign?.totals ?? {}));
    const value = pack({ at: this.#engine.ports.redis.redisNow(), totals } satisfies Sign);
    const key = this.#engine.names.fleet;
    await this.#engine.reads
      .run({ op: 'fold', key, into: ENDED, stands: ended, value, fields: over })
      .catch(() => undefined);
  }

  async #fields(): Promise<Map<string, Buffer>> {
    if (!this.#engine.gate.hasArrived) await this.#engine.gate.arrive();
    try {
      return await this.#engine.reads.run<Map<string, Buffer>>({
        op: 'hgetall',
        key: this.#engine.names.fleet,
      });
    } catch {
      return new Map();
    }
  }
}

function isSame(one: Totals, other: Totals): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function readSign(bytes: Buffer): Sign | null {
  try {
    const sign = unpack(bytes) as Partial<Sign> | null;
    const isSign = typeof sign?.at === 'number' && typeof sign.totals === 'object' && sign.totals !== null;
    return isSign ? (sign as Sign) : null;
  } catch {
    return null;
  }
}
