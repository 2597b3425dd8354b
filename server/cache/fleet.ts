/**
 * The fleet's numbers. Each process writes its totals since it began into one field of a hash, about once a second
 * and at its close; the sum of the fields is the fleet. Totals, not differences: a write whose outcome is unknown can
 * simply be repeated, and a Redis that lost everything knows the living processes again after a second.
 */
import { pack, unpack } from 'msgpackr';
import { statsOf, type Totals } from './counters.ts';
import type { Engine } from './engine.ts';
import type { TimerHandle } from './ports.ts';
import type { CacheStats } from './types.ts';

const FLUSH_MS = 1000;

export class Fleet {
  readonly #engine: Engine;
  readonly #field: string;
  #timer: TimerHandle | null = null;
  #flushed = '';

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#field = engine.ports.random.id().toString('hex');
  }

  start(): void {
    this.#timer = this.#engine.ports.timers.after(FLUSH_MS, () => this.#beat(), true);
  }

  /** Resolves when written, or when Redis did not answer. */
  async flush(): Promise<void> {
    const totals = this.#engine.counters.totals();
    const fingerprint = JSON.stringify(totals);
    if (fingerprint === this.#flushed || !this.#engine.gate.isOpen) return;
    const { fleet } = this.#engine.names;
    try {
      await this.#engine.reads.run({ op: 'hset', key: fleet, field: this.#field, value: pack(totals) });
      this.#flushed = fingerprint;
    } catch {
      this.#flushed = '';
    }
  }

  /** All processes that Redis knows of, and this one as it is now. */
  async stats(): Promise<CacheStats> {
    const processes: Totals[] = [this.#engine.counters.totals()];
    for (const [field, bytes] of await this.#fields())
      if (field !== this.#field) processes.push(...readTotals(bytes));
    return statsOf(processes);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.flush();
  }

  #beat(): void {
    void this.flush();
    this.start();
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

function readTotals(bytes: Buffer): Totals[] {
  try {
    const totals: unknown = unpack(bytes);
    return typeof totals === 'object' && totals !== null ? [totals as Totals] : [];
  } catch {
    return [];
  }
}
