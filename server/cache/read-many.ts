/**
 * Many keys at once: L1, then one MGET for the rest, then the ordinary read for what is still missing. Those reads
 * run side by side, so their leases travel in one batch, and a gathering turns their loads into one call of the loader
 * for exactly the missing arguments.
 */
import type { Engine } from './engine.ts';
import { type Look, see } from './look.ts';
import type { Plan, Source } from './plan.ts';
import { answerFresh, loadAfterFailure, NO_HIT, read, readMemory, readOn, readWithMore } from './read.ts';
import type { ReadDefinition } from './types.ts';

/** Answers in the order of asking. The same key twice is one look and, being two reads, two in the numbers. */
export async function readMany(engine: Engine, plans: readonly Plan[]): Promise<unknown[]> {
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  if (engine.bypass() || !engine.gate.isOpen || plans.some(({ call }) => call.fresh))
    return Promise.all(plans.map((plan) => read(engine, plan)));
  const answers: unknown[] = plans.map((plan) => readMemory(engine, plan));
  const places = [...plans.keys()].filter((place) => answers[place] === null);
  if (places.length === 0) return Promise.all(answers);
  const isComplete = await lookAtAll(engine, { plans, places, answers });
  return isComplete && places.length === plans.length ? answers : Promise.all(answers);
}

interface Bulk {
  plans: readonly Plan[];
  /** Which of them are asked of Redis. */
  places: readonly number[];
  answers: unknown[];
}

/** Puts a value, or the promise of one, in every place. True: values only. */
async function lookAtAll(engine: Engine, { plans, places, answers }: Bulk): Promise<boolean> {
  const tick = engine.reads.tick();
  tick.watch.hold();
  for (const place of places) tick.askAll((plans[place] as Plan).stamps);
  const first = tick.askEach(places.map((place) => (plans[place] as Plan).slot));
  const failure = await tick.done.catch((error: unknown) => ({ error }));
  let isComplete = true;
  for (let at = 0; at < places.length; at++) {
    const place = places[at] as number;
    const plan = plans[place] as Plan;
    const asked = { tick, place: first + at };
    const seen = failure ? null : see(engine, plan, asked);
    const hit = seen?.kind === 'good' ? answerFresh(engine, plan, seen, 0) : NO_HIT;
    // What is missing is loaded by one call, for which all of it must have its leases at the same instant.
    if (isComplete && hit === NO_HIT) engine.reads.tick().keepWhole();
    isComplete &&= hit !== NO_HIT;
    if (hit !== NO_HIT) answers[place] = hit;
    else if (failure) answers[place] = loadAfterFailure(engine, plan, failure.error);
    else if (seen) answers[place] = readOn(engine, plan, seen);
    else answers[place] = goOn(engine, plan, asked);
  }
  tick.watch.release();
  return isComplete;
}

/** With what only the header told of. */
function goOn(engine: Engine, plan: Plan, asked: Look): Promise<unknown> {
  asked.tick.watch.hold();
  return readWithMore(engine, plan, asked);
}

type Gatherable<A, T> = Pick<ReadDefinition<A, T>, 'load' | 'loadMany' | 'tags'>;

/** A read's tags, asked once more when its value is known. */
export function lateTagsOf<A, T>({ tags }: Pick<ReadDefinition<A, T>, 'tags'>): Source<A>['lateTags'] {
  return tags ? (arg, value) => tags(arg, value as T) : null;
}

/** The loads that one bulk read needs, gathered in one tick for one call of the loader. */
export class Gathering<A, T> implements Source<A> {
  readonly lateTags: Source<A>['lateTags'];
  readonly #engine: Engine;
  readonly #definition: Gatherable<A, T>;
  #waiting: { arg: A; resolve: (value: T | PromiseLike<T>) => void }[] = [];

  constructor(engine: Engine, definition: Gatherable<A, T>) {
    this.#engine = engine;
    this.#definition = definition;
    this.lateTags = lateTagsOf(definition);
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
