/**
 * Many keys at once: L1, then one MGET for the rest, then the ordinary read for what is still missing. Those reads
 * run side by side, so their leases travel in one batch, and a gathering turns their loads into one call of the loader
 * for exactly the missing arguments.
 */
import type { Engine } from './engine.ts';
import { ask, judge } from './look.ts';
import type { Plan } from './plan.ts';
import { answerFresh, read, readMemory, readThroughRedis, reasonToGoAlone } from './read.ts';
import { remember } from './remember.ts';
import type { ReadDefinition } from './types.ts';

/** Answers in the order of asking. The same key twice is one look and, being two reads, two in the numbers. */
export async function readMany(engine: Engine, plans: readonly Plan[]): Promise<unknown[]> {
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  if (engine.bypass() || !engine.gate.isOpen || plans.some(({ call }) => call.fresh))
    return Promise.all(plans.map((plan) => read(engine, plan)));
  const answers: unknown[] = plans.map((plan) => readMemory(engine, plan));
  const places = [...plans.keys()].filter((place) => answers[place] === null);
  if (places.length > 0) await lookAtAll(engine, { plans, places, answers });
  return Promise.all(answers);
}

/** Puts a value, or the promise of one, in every place. */
async function lookAtAll(
  engine: Engine,
  { plans, places, answers }: { plans: readonly Plan[]; places: readonly number[]; answers: unknown[] },
): Promise<void> {
  const startedAt = engine.ports.clock.now();
  const tick = engine.reads.tick();
  for (const place of places) ask(tick, plans[place] as Plan);
  tick.watch.hold();
  const isAnswered = await tick.done.then(
    () => true,
    () => false,
  );
  for (const place of places) {
    const plan = plans[place] as Plan;
    const seen = isAnswered && !reasonToGoAlone(engine, plan) ? judge(engine, plan, tick) : null;
    if (seen?.kind === 'good') remember(engine, plan, seen, tick);
    const hit = seen?.kind === 'good' ? answerFresh(engine, plan, seen, { startedAt, waits: 0 }) : null;
    answers[place] = hit ? hit.value : readThroughRedis(engine, plan, seen ?? undefined);
  }
  tick.watch.release();
}

/** The loads that one bulk read needs, gathered in one tick for one call of the loader. */
export class Gathering<A, T> {
  readonly #engine: Engine;
  readonly #definition: Pick<ReadDefinition<A, T>, 'load' | 'loadMany'>;
  #waiting: { arg: A; resolve: (value: T | PromiseLike<T>) => void }[] = [];

  constructor(engine: Engine, definition: Pick<ReadDefinition<A, T>, 'load' | 'loadMany'>) {
    this.#engine = engine;
    this.#definition = definition;
  }

  load(arg: A): Promise<T> {
    if (!this.#definition.loadMany) return this.#definition.load(arg);
    if (this.#waiting.length === 0) this.#engine.ports.timers.soon(() => this.#run());
    return new Promise<T>((resolve) => {
      this.#waiting.push({ arg, resolve });
    });
  }

  /** What the loader does not mention is absent: null. */
  #run(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const loading = this.#loadMany(waiting.map(({ arg }) => arg));
    for (const { arg, resolve } of waiting) resolve(loading.then((found) => (found.get(arg) ?? null) as T));
  }

  async #loadMany(args: readonly A[]): Promise<Map<A, T>> {
    return (await this.#definition.loadMany?.(args)) ?? new Map<A, T>();
  }
}
