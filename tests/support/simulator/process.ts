/**
 * One simulated process: the engine itself over simulated ports, the reads of the scenario, and what a program does
 * with them. It can die at any step, stop for a while, be cut off, or see its commands land late.
 */
import type { Cache, CachedRead, Command, TimerPort } from '../../../server/cache/index.ts';
import { SimulatedBreaker } from './breaker.ts';
import type { Transaction } from './database.ts';
import type { Demand } from './oracle.ts';
import { type Host, SimulatedFeed, SimulatedRedis } from './ports.ts';
import type { Run } from './run.ts';
import type { Argument, ScenarioRead } from './scenario.ts';

/** After this many ms without anything to do the process stops its pings. */
const IDLE_AFTER_MS = 45;
export const HARD_LIMIT_MS = 150;
/** No read may take longer: the wait for others, then its own load and its turn behind another's. */
export const READ_BOUND_MS = 3000;

/** A trap set by a fault: what it waits for, and what happens then. */
export interface Trap {
  name: string;
  matches: (command: Command) => boolean;
  fate: 'late' | 'lost';
}

export class SimulatedProcess {
  readonly name: string;
  readonly cache: Cache;
  readonly breaker: SimulatedBreaker;
  readonly redis: SimulatedRedis;
  readonly feed: SimulatedFeed;
  /** The shape of the tables as this process's program knows it. */
  readonly version: string;
  readonly transactions = new Set<Transaction>();
  isAlive = true;
  cutUntil = 0;
  /** Time that was taken from it. */
  lostMs = 0;
  loadsRunning = 0;
  readonly #run: Run;
  readonly #reads = new Map<ScenarioRead, CachedRead<Argument, unknown>>();
  #open = 0;
  #busyUntil = 0;
  #servedByMemory = false;
  #answered = 0;
  #isInTransaction = false;

  constructor(run: Run, name: string, version: string) {
    this.#run = run;
    this.name = name;
    this.version = version;
    const { world, settings } = run;
    const skewMs = world.dice.between(0, 1e6);
    const now = (): number => world.now + skewMs;
    const timers = this.#timers();
    const host: Host = {
      name,
      world,
      server: run.server,
      timers,
      now,
      isBusy: () => this.#open > 0 || world.now < this.#busyUntil,
      fateOf: (commands) => this.#fateOf(commands),
      cutUntil: () => this.cutUntil,
    };
    this.breaker = new SimulatedBreaker(timers, now);
    this.redis = new SimulatedRedis(host);
    this.feed = new SimulatedFeed(host);
    const returns = new WeakMap<Date, number>();
    this.cache = run.engine.createCache({
      redis: { url: 'redis://simulated' },
      prefix: run.prefix,
      leaseMs: settings.leaseMs,
      maxConcurrentLoads: settings.maxLoads,
      l1: settings.hasL1 ? { maxEntries: settings.l1Entries } : false,
      marks: settings.hasMarks ? run.scenario.marks : [],
      bypass: () => this.#isInTransaction,
      isDrained: (since) => {
        if (!returns.has(since)) returns.set(since, world.now);
        const before = returns.get(since) as number;
        const { outbox } = run.database;
        return run.database.query(name, { label: 'is the outbox drained?' }, () =>
          [...outbox.values()].every(({ at }) => at >= before),
        );
      },
      ports: {
        redis: this.redis,
        feed: settings.hasL1 || world.dice.chance(0.5) ? this.feed : null,
        breaker: this.breaker,
        clock: { now },
        timers,
        random: { next: () => world.dice.next(), id: () => world.dice.id() },
      },
    });
    if (settings.isHeard)
      this.cache.on((event) => {
        if (event.type === 'hit' && event.tier === 'l1') this.#servedByMemory = true;
        run.coverage.hear(event);
        if (world.trace) world.log(name, `· ${describeEvent(event as unknown as Record<string, unknown>)}`);
      });
    for (const read of run.scenario.reads) this.#reads.set(read, this.#declare(read));
  }

  /** One read from its beginning to its judgement. Never rejects. */
  async read(
    read: ScenarioRead,
    arg: Argument,
    how: 'plain' | 'fresh' | 'in transaction' = 'plain',
  ): Promise<void> {
    const { oracle, world } = this.#run;
    const cached = this.#readOf(read);
    const question = { read, arg, key: cached.key(arg), process: this.name };
    const end = this.#begin(`reads ${question.key}${how === 'plain' ? '' : `, ${how}`}`);
    const demand = oracle.demand(question);
    try {
      this.#servedByMemory = false;
      this.#isInTransaction = how === 'in transaction';
      const answer = cached.get(arg, how === 'fresh' ? { fresh: true } : undefined);
      this.#isInTransaction = false;
      const byMemory = this.#servedByMemory || !this.#run.settings.isHeard;
      const value = await answer;
      world.log(this.name, () => `answers ${question.key}: ${JSON.stringify(value)}`);
      const good = how === 'fresh' ? demand.fresh : byMemory ? demand.byMemory : demand.byRedis;
      oracle.judge(question, value, { good, beganAt: demand.beganAt });
      if (how === 'fresh') oracle.judgeFresh(question, demand);
    } catch (error) {
      oracle.judgeError(question, error);
    } finally {
      this.#answered++;
      end();
    }
  }

  async readMany(read: ScenarioRead, args: readonly Argument[]): Promise<void> {
    const { oracle } = this.#run;
    const cached = this.#readOf(read);
    const questions = args.map((arg) => ({ read, arg, key: cached.key(arg), process: this.name }));
    const end = this.#begin(`reads many: ${questions.map(({ key }) => key).join(', ')}`);
    const demands = questions.map((question) => oracle.demand(question));
    try {
      const values = await cached.getMany(args);
      // Which of them came from memory is not told one by one, so all may be as old as memory may be.
      for (const [at, question] of questions.entries()) {
        const { byMemory, beganAt } = demands[at] as Demand;
        oracle.judge(question, values[at], { good: byMemory, beganAt });
      }
      this.#answered += args.length;
    } catch (error) {
      for (const question of questions) oracle.judgeError(question, error);
      this.#run.hasFailedBulk = true;
      this.#answered += args.length;
    } finally {
      end();
    }
  }

  /** Anything that keeps the process busy; answers the function that ends it. */
  #begin(label: string): () => void {
    const { world, oracle } = this.#run;
    const beganAt = world.now;
    const lostBefore = this.lostMs;
    const entry = { label, process: this };
    this.#run.open.add(entry);
    this.#open++;
    world.log(this.name, label);
    this.feed.beat();
    return () => {
      this.#open--;
      this.#busyUntil = world.now + IDLE_AFTER_MS;
      this.#run.open.delete(entry);
      const ms = world.now - beganAt - (this.lostMs - lostBefore);
      if (ms > READ_BOUND_MS) oracle.violated(`${this.name} took ${ms.toFixed(0)} ms: ${label}`);
    };
  }

  /** As `read`, but for any work that ends. */
  async work(label: string, work: () => Promise<void>): Promise<void> {
    const end = this.#begin(label);
    try {
      await work();
    } finally {
      end();
    }
  }

  keyOf(read: ScenarioRead, arg: Argument): string {
    return this.#readOf(read).key(arg);
  }

  get readsAnswered(): number {
    return this.#answered;
  }

  /** A point at which a process may be made to die; then nothing after it happens. */
  async reaches(stage: string): Promise<void> {
    if (this.#run.dieAt !== stage) return;
    this.#run.dieAt = null;
    this.#run.kill(this, stage);
    await new Promise(() => undefined);
  }

  pause(ms: number): void {
    const { world } = this.#run;
    world.block(this.name, world.now + ms);
    this.lostMs += ms;
  }

  cut(ms: number): void {
    this.cutUntil = this.#run.world.now + ms;
    this.lostMs += ms;
    this.redis.stall(ms);
    this.feed.stall(ms);
  }

  #readOf(read: ScenarioRead): CachedRead<Argument, unknown> {
    return this.#reads.get(read) as CachedRead<Argument, unknown>;
  }

  #declare(read: ScenarioRead): CachedRead<Argument, unknown> {
    const { definition } = read;
    return this.cache.cachedRead<Argument, unknown>({
      hardTimeoutMs: HARD_LIMIT_MS,
      version: this.version,
      ...definition,
      load: (arg) => this.#load(read, [arg]).then((found) => found.get(arg)),
      loadMany: (args) => this.#load(read, args),
    });
  }

  /** The program's query: slow, failing or hanging as the dice say. */
  async #load(read: ScenarioRead, args: readonly Argument[]): Promise<Map<Argument, unknown>> {
    const { world, oracle, database, settings, coverage } = this.#run;
    const keys = args.map((arg) => this.keyOf(read, arg));
    if (isExclusive(read)) for (const key of keys) oracle.loadBegins(key);
    this.loadsRunning++;
    try {
      const fate = world.dice.weighted(settings.loads);
      if (fate === 'hangs') {
        coverage.count('load hangs');
        await new Promise<void>((resolve) => this.#timers().after(HARD_LIMIT_MS, resolve));
        await new Promise(() => undefined);
      }
      if (fate === 'fails') {
        coverage.count('load fails');
        await this.#fail(keys);
      }
      await this.reaches('loading');
      const slowMs = fate === 'slow' ? world.dice.between(5, 100) : 0;
      const label = `loads ${keys.join(', ')}`;
      const answers = await database.query(this.name, { label, slowMs }, (rows) => {
        for (const key of keys) oracle.loadSees(key);
        return args.map((arg) => structuredClone(read.answer(rows, arg)));
      });
      return new Map(args.map((arg, at) => [arg, answers[at]]));
    } finally {
      this.loadsRunning--;
      if (isExclusive(read)) for (const key of keys) oracle.loadEnds(key);
    }
  }

  async #fail(keys: readonly string[]): Promise<never> {
    const { world, oracle, database } = this.#run;
    const error = new Error(`the source failed for ${keys.join(', ')} (${world.stepsRun})`);
    oracle.willThrow(error);
    await database.query(this.name, { label: 'fails a query' }, () => undefined);
    throw error;
  }

  #timers(): TimerPort {
    const { world } = this.#run;
    const actor = this.name;
    return {
      after(ms, run) {
        return { cancel: world.schedule({ actor, label: '', ms }, run) };
      },
      soon: (run) => {
        if (this.isAlive) world.soon(run);
      },
      afterArrivals: (run) => {
        const pipes = [this.redis.arrivals, this.feed.arrivals].filter((pipe) => pipe !== null);
        const awaited = pipes.map((pipe) => ({ pipe, count: pipe.arrived }));
        const mayRun = (): boolean =>
          awaited.every(({ pipe, count }) => pipe.delivered >= count || pipe.isDead);
        world.schedule({ actor, label: '', mayRun }, run);
      },
    };
  }

  #fateOf(commands: readonly Command[]): 'sent' | 'late' | 'lost' {
    const { traps } = this.#run;
    const place = traps.findIndex(({ matches }) => commands.some(matches));
    const [trap] = place < 0 ? [] : traps.splice(place, 1);
    if (!trap) return 'sent';
    this.#run.coverage.count(trap.name);
    this.#run.world.log(this.name, `FAULT ${trap.name}: ${commands.map(({ op }) => op).join(', ')}`);
    return trap.fate;
  }
}

/** Beside an old entry that may be served, a refresh and a take-over may run at once. */
function isExclusive({ definition }: ScenarioRead): boolean {
  return !definition.staleWhileRevalidateS && !definition.staleIfErrorS && !definition.refreshAhead;
}

function describeEvent({ type, key, ...rest }: Record<string, unknown>): string {
  const details = Object.entries(rest)
    .filter(([name, value]) => value !== undefined && !['namespace', 'ms', 'ageMs', 'bytes'].includes(name))
    .map(([name, value]) => `${name}=${value instanceof Error ? value.message : JSON.stringify(value)}`);
  return [type, key, ...details].filter((word) => word !== undefined).join(' ');
}
