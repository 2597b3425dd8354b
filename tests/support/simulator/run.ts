/** One seed: a world with Redis, a database and some processes, what they do, what befalls them, and the judgement. */
import type { Cache, CacheOptions, Names, Settlement } from '../../../server/cache/index.ts';
import { Coverage } from './coverage.ts';
import { Database, type Transaction } from './database.ts';
import { Dice } from './dice.ts';
import { scheduleFaults } from './faults.ts';
import { judgeRest } from './judge-rest.ts';
import { MEMORY_MS, Oracle } from './oracle.ts';
import { SimulatedProcess, type Trap } from './process.ts';
import { describeReply, RedisServer } from './redis-server.ts';
import { marksOf } from './redis-store.ts';
import { type Scenario, type ScenarioRead, WEIGHTS } from './scenario.ts';
import { type Settings, settingsFor } from './settings.ts';
import { World } from './world.ts';
import { changeFromOutside, type Debt, payDebt, relay, write } from './writer.ts';

/** The engine under test: the real one, or a copy of it with a guard removed. */
export interface EngineUnderTest {
  createCache(options: CacheOptions): Cache;
}

export interface RunOptions {
  seed: number;
  scenario: Scenario;
  engine: EngineUnderTest;
  tracing: boolean;
  settings?: Partial<Settings>;
}

/** After the last operation everything must have come to rest within this time. */
const REST_MS = 6000;
/** Whatever stalls, is cut off or frozen is so no longer than this. */
const HEALED_AFTER_MS = 250;
const PREFIX = 'sim:';

export class Run {
  readonly world: World;
  readonly scenario: Scenario;
  readonly engine: EngineUnderTest;
  readonly settings: Settings;
  readonly prefix = PREFIX;
  readonly coverage = new Coverage(`${PREFIX}{t}:a`);
  readonly server: RedisServer;
  readonly database: Database;
  readonly oracle: Oracle;
  readonly processes: SimulatedProcess[] = [];
  /** Changes from outside, and those of them that nobody has invalidated yet. */
  /** Whoever comes there first walks into them. */
  readonly traps: Trap[] = [];
  dieAt: string | null = null;
  /** A bulk read that fails ends before the reads that it is made of. */
  hasFailedBulk = false;
  readonly foreign = new Map<Transaction, Omit<Debt, 'commit'>>();
  readonly debts = new Set<Debt>();
  /** Own writes that Redis did not acknowledge, by process. */
  isResting = false;
  readonly distrusted = new Map<SimulatedProcess, { id: number; settlement: Settlement }[]>();
  /** What has begun and not ended. */
  readonly open = new Set<{ label: string; process: SimulatedProcess }>();
  readonly #marks = new Map<Transaction, { names: Names; token: string; life: number }>();
  #born = 0;
  #healedAt = 0;

  constructor({ seed, scenario, engine, tracing, settings }: RunOptions) {
    const dice = new Dice(seed);
    this.settings = { ...settingsFor(seed, dice), ...settings };
    this.scenario = scenario;
    this.engine = engine;
    this.world = new World({ dice, tracing, strategy: this.settings.strategy });
    this.server = new RedisServer(this.world, {
      executed: (process, command, reply) => {
        const version = this.processes.find(({ name }) => name === process)?.version ?? '';
        this.coverage.executed(command, reply, {
          epoch: this.server.epoch,
          version,
          marksAt: (key) => marksOf(this.server.store.text(key)).length,
        });
        this.world.log('redis', () => {
          const { op, ...rest } = command;
          const names = 'keys' in rest ? rest.keys.join(' ') : 'key' in rest ? rest.key : '';
          return `${process}: ${op} ${names} -> ${describeReply(reply)}`;
        });
      },
    });
    this.database = new Database(this.world, scenario.rows);
    this.database.onCommit = (transaction, commit) => this.#committed(transaction, commit);
    this.oracle = new Oracle(this.world, this.database);
  }

  async play(): Promise<void> {
    const { settings } = this;
    await this.world.turn();
    for (let count = 0; count < settings.processes; count++) this.spawn();
    for (let count = 0; count < settings.operations; count++) this.#scheduleOperation();
    scheduleFaults(this, settings.spreadMs);
    while (await this.world.advance(settings.spreadMs));
    await this.#rest();
    await judgeRest(this);
  }

  get living(): SimulatedProcess[] {
    return this.processes.filter(({ isAlive }) => isAlive);
  }

  spawn(): void {
    const name =
      String.fromCharCode(65 + (this.#born % 26)) + (this.#born < 26 ? '' : Math.floor(this.#born / 26));
    this.#born++;
    const process = new SimulatedProcess(this, name, this.world.dice.pick(this.settings.versions));
    this.processes.push(process);
    void relay(this, process);
  }

  /** The process is gone in the middle of what it did; another is started later. */
  kill(process: SimulatedProcess, where: string): void {
    const { world, database } = this;
    if (!process.isAlive) return;
    process.isAlive = false;
    this.coverage.count(`dies: ${where}`);
    world.log(process.name, `FAULT dies: ${where}`);
    world.silence(process.name);
    process.redis.drop('died');
    process.feed.drop('died');
    for (const transaction of process.transactions) database.abandon(transaction);
    for (const entry of this.open) if (entry.process === process) this.open.delete(entry);
    world.schedule({ actor: 'net', label: '', ms: world.dice.between(1, 30) }, () => this.spawn());
  }

  /** The writer's mark was acknowledged: remembered for the instant of the commit. */
  marked(transaction: Transaction, names: Names, token: string): void {
    this.#marks.set(transaction, { names, token, life: this.server.life });
  }

  /** Readers come right after a write has returned, for that is when a race would show. */
  afterWrite(ids: readonly number[]): void {
    const { world, settings } = this;
    if (this.isResting) return;
    for (let count = world.dice.whole(0, settings.readersAfterWrite); count > 0; count--)
      this.#schedule(this.#momentAfterWrite(), () => this.#readOne(this.#relatedRead(ids)));
  }

  /** Between a commit and its return somebody reads: his answer must not outlive the return. */
  #readAround(ids: readonly number[]): void {
    const { dice } = this.world;
    if (this.isResting) return;
    for (let count = dice.whole(0, 2); count > 0; count--)
      this.#schedule(dice.between(0, 3), () => this.#readOne(this.#relatedRead(ids)));
  }

  /** At once, or when the memory of other processes may no longer be old. */
  #momentAfterWrite(): number {
    const { dice } = this.world;
    return dice.chance(0.7) ? dice.between(0, 4) ** 2 : dice.between(MEMORY_MS, 2 * MEMORY_MS);
  }

  namespacesChangedBy(commit: number): string[] {
    const { oracle, scenario } = this;
    const reads = scenario.reads.filter((read) =>
      read.args.some((arg) => oracle.textAt(read, arg, commit - 1) !== oracle.textAt(read, arg, commit)),
    );
    return [...new Set(reads.map(({ definition }) => definition.namespace))];
  }

  #scheduleOperation(): void {
    const { world, settings, scenario } = this;
    const kind = world.dice.weighted({ ...WEIGHTS, ...scenario.weights, ...settings.weights });
    this.#schedule(world.dice.between(0, settings.spreadMs), () => this.#operate(kind));
  }

  #schedule(ms: number, run: () => void): void {
    this.world.schedule({ actor: 'net', label: '', ms }, run);
  }

  #operate(kind: keyof typeof WEIGHTS): void {
    const { world, scenario, living } = this;
    const process = this.settings.hasOneReader ? living[1] : this.#anyProcess();
    if (!process) return;
    const ids = world.dice.chance(0.2) ? [this.#anyId(), this.#anyId()] : [this.#anyId()];
    const { read, arg } = this.#anyRead();
    switch (kind) {
      case 'read':
        this.#readOne({ read, arg });
        return;
      case 'readFresh':
        return void process.read(read, arg, 'fresh');
      case 'readInTransaction':
        return void process.read(read, arg, 'in transaction');
      case 'readMany':
        return void process.readMany(read, [...read.args, arg]);
      case 'write':
        return void process.work(`writes rows ${ids.join(', ')}`, () =>
          write(this, process, [...new Set(ids)]),
        );
      case 'foreignChange':
        return void process.work(`sees a change of row ${ids[0]} from outside`, () =>
          changeFromOutside(this, process, ids[0] as number),
        );
      case 'expire': {
        const names = scenario.names(this.database.rows.get(ids[0] as number) ?? null, null);
        const chosen = world.dice.chance(0.5)
          ? { keys: [process.keyOf(read, arg)] }
          : { tags: names.tags ?? [] };
        return void process.work('expires', () => process.cache.expire(chosen).catch(() => undefined));
      }
    }
  }

  #readOne({ read, arg }: { read: ScenarioRead; arg: number | string }): void {
    const reader = this.settings.hasOneReader ? this.living[0] : this.#anyProcess();
    if (!reader) return;
    const again = (): void => void (reader.isAlive && reader.read(read, arg));
    const { dice } = this.world;
    again();
    // Once more while another answer may be on its way, and once more when memory may not be old any longer.
    if (dice.chance(0.3)) this.#schedule(dice.between(0.5, 8), again);
    if (dice.chance(0.15)) this.#schedule(dice.between(MEMORY_MS, 2 * MEMORY_MS), again);
  }

  #anyProcess(): SimulatedProcess | null {
    const { living } = this;
    return living.length === 0 ? null : this.world.dice.pick(living);
  }

  /** Most of a run happens around one row and one read: that is where races are. */
  #anyId(): number {
    const { dice } = this.world;
    return dice.chance(0.6) ? this.settings.focusOf(this.scenario.ids) : dice.pick(this.scenario.ids);
  }

  #anyRead(): { read: ScenarioRead; arg: number | string } {
    const { dice } = this.world;
    return dice.chance(0.7) ? this.#relatedRead([this.#anyId()]) : this.#randomRead();
  }

  #randomRead(): { read: ScenarioRead; arg: number | string } {
    const read = this.world.dice.pick(this.scenario.reads);
    return { read, arg: this.world.dice.pick(read.args) };
  }

  /** A read whose answer speaks of one of these rows, where one is found. */
  #relatedRead(ids: readonly number[]): { read: ScenarioRead; arg: number | string } {
    const { oracle, database } = this;
    for (let tries = 0; tries < 8 && ids.length > 0; tries++) {
      const { read, arg } = this.#randomRead();
      const text = oracle.textAt(read, arg, database.commit);
      if (ids.some((id) => text.includes(`"id":${id},`))) return { read, arg };
    }
    return this.#randomRead();
  }

  #committed(transaction: Transaction, commit: number): void {
    const change = this.foreign.get(transaction);
    if (change) this.debts.add({ ...change, commit });
    this.#noteMarks(transaction, commit);
    this.#readAround([...transaction.changes.keys()]);
  }

  /** Was every key that the mark names still marked when the commit became visible? */
  #noteMarks(transaction: Transaction, commit: number): void {
    const mark = this.#marks.get(transaction);
    if (!mark || mark.life !== this.server.life) return;
    for (const key of mark.names.keys ?? []) {
      const isMarked = this.scenario.marks?.includes(key.split(':')[0] as string) ?? false;
      if (!isMarked) continue;
      const marks = marksOf(this.server.store.text(this.prefix + key));
      if (marks.some(({ token, goneAt }) => token === mark.token && goneAt > this.server.now())) {
        this.oracle.markedAtCommit(commit, key);
        this.coverage.count('mark stood at the commit');
      }
    }
  }

  /** No more faults; everything that is owed is paid. */
  async #rest(): Promise<void> {
    const { world } = this;
    this.isResting = true;
    this.traps.length = 0;
    // A relay mostly works now, so the place at which it dies is not forgotten.
    if (this.dieAt !== 'relayed') this.dieAt = null;
    const until = world.now + REST_MS;
    this.#healedAt = world.now + (this.settings.faultBudget > 0 ? HEALED_AFTER_MS : 0);
    let payAt = world.now;
    while (world.now < until && !this.#isAtRest()) {
      if (world.now >= payAt) {
        payAt = world.now + 300;
        this.#payDebts();
      }
      if (!(await world.advance(Math.min(until, payAt)))) world.now = Math.min(until, payAt);
    }
  }

  #payDebts(): void {
    for (const debt of this.debts) {
      const process = this.#anyProcess();
      if (process) void process.work('invalidates again', () => payDebt(this, process, debt));
    }
  }

  #isAtRest(): boolean {
    const { store } = this.server;
    return (
      this.world.now >= this.#healedAt &&
      this.open.size === 0 &&
      this.debts.size === 0 &&
      this.database.outbox.size === 0 &&
      this.living.length >= this.settings.processes &&
      this.living.every(({ cache }) => cache.state().unsettled === 0 && cache.state().breaker === 'closed') &&
      store.names().every((name) => !isHeld(store.text(name)))
    );
  }
}

/** Is it a lease or a mark? */
export function isHeld(slot: Buffer | null): boolean {
  return slot !== null && slot.length >= 17 && (slot[0] === 0x4c || slot[0] === 0x4d);
}
