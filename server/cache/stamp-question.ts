/**
 * The stamps that loads need, with the counter and the era as they stood at the same instant.
 *
 * Mostly all of them stand, and then they come with the tick's one MGET (all are in one hash slot, so one MGET is one
 * instant). Where one is missing, or its life was not looked after for an hour, the script creates or prolongs it: one
 * question for all that the tick needs. Sharing an answer is safe: whoever joined the question before it was sent has not
 * begun to load, and a stamp that the script creates is created for all of them.
 */
import type { Tick } from './batch.ts';
import type { Engine } from './engine.ts';
import type { Command, Connection, StampsReply } from './ports.ts';
import { isAscii } from './slot.ts';

/** A script's length grows with its keys: above this many, another question begins. */
const MOST_NAMES = 256;
const LOOKED_AFTER_MS = 3600_000;
const MOST_LOOKED_AFTER = 10_000;

const STAMP = /^\w+:\d+;/;
const COUNTER = /^(\w+):(\d+)$/;

const ID_BYTES = 8;

/** For what numbers stamps; it stands in every entry, so it is no longer than it must be. */
export function stampId({ ports }: Engine): string {
  return ports.random.id().toString('hex', 0, ID_BYTES);
}

/** In the order of the names that were asked. */
export interface Stamps {
  texts: string[];
  /** Created by this very question. */
  missing: boolean[];
  counter: StampsReply['counter'];
  era: string;
  /** The connection that they came on. */
  from: Connection;
}

/** Rejects when Redis did not answer. `px`: the least ms that the stamps must live on. */
export async function askStamps(engine: Engine, names: readonly string[], px: number): Promise<Stamps> {
  if (!engine.stampCare.knows(names)) return createStamps(engine, names, px);
  const { counter, era } = engine.names;
  const tick = engine.reads.tick();
  tick.askAll(names);
  tick.ask(counter);
  tick.ask(era);
  await tick.done;
  return standing(engine, tick, names) ?? createStamps(engine, names, px);
}

/** Null when one of them is missing or strange. */
function standing(engine: Engine, tick: Tick, names: readonly string[]): Stamps | null {
  const textOf = (name: string): string => engine.stampCare.textOf(name, tick.value(name));
  const counter = COUNTER.exec(textOf(engine.names.counter));
  const era = textOf(engine.names.era);
  const texts = names.map(textOf);
  if (!counter || era === '' || !texts.every((text) => STAMP.test(text))) return null;
  return {
    texts,
    missing: texts.map(() => false),
    counter: { id: counter[1] as string, n: Number(counter[2]) },
    era,
    from: tick.from,
  };
}

function createStamps(engine: Engine, names: readonly string[], px: number): Promise<Stamps> {
  const tick = engine.reads.tick();
  if (!tick.stamps?.hasRoom) tick.stamps = new StampQuestion(engine, tick);
  return tick.stamps.ask(names, px);
}

/** The script's question of one tick, to which names may be added until it is sent. */
export class StampQuestion {
  readonly #engine: Engine;
  readonly #tick: Tick;
  readonly #command: Extract<Command, { op: 'stamps' }>;
  readonly #keys: string[] = [];
  readonly #places = new Map<string, number>();
  readonly #reply: Promise<StampsReply>;

  constructor(engine: Engine, tick: Tick) {
    const { counter, era } = engine.names;
    const id = stampId(engine);
    this.#engine = engine;
    this.#tick = tick;
    this.#command = { op: 'stamps', counter, era, keys: this.#keys, id, px: 0 };
    this.#reply = engine.reads.run<StampsReply>(this.#command);
  }

  get hasRoom(): boolean {
    return this.#keys.length < MOST_NAMES;
  }

  async ask(names: readonly string[], px: number): Promise<Stamps> {
    this.#command.px = Math.max(this.#command.px, px);
    const places = names.map((name) => this.#placeOf(name));
    const { texts, missing, counter, era } = await this.#reply;
    this.#engine.stampCare.remember(names);
    return {
      texts: places.map((place) => texts[place] as string),
      missing: places.map((place) => missing[place] as boolean),
      counter,
      era,
      from: this.#tick.from,
    };
  }

  #placeOf(name: string): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#places.set(name, this.#keys.length);
    return this.#keys.push(name) - 1;
  }
}

/** Stamps as this process met them: whose life the script has looked after lately (it makes them live for weeks on), and their texts. */
export class StampCare {
  readonly #clock: { now(): number };
  /** Forgetting costs no more than one question by the script, so at its limit it forgets everything. */
  readonly #lookedAfterAt = new Map<string, number>();
  readonly #texts = new Map<string, string>();

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  knows(names: readonly string[]): boolean {
    const since = this.#clock.now() - LOOKED_AFTER_MS;
    return names.every((name) => (this.#lookedAfterAt.get(name) ?? Number.NEGATIVE_INFINITY) > since);
  }

  remember(names: readonly string[]): void {
    const now = this.#clock.now();
    if (this.#lookedAfterAt.size > MOST_LOOKED_AFTER) this.#lookedAfterAt.clear();
    for (const name of names) this.#lookedAfterAt.set(name, now);
  }

  /** What was read under a name: mostly what it was the last time, which spares making a text of it. Empty for nothing. */
  textOf(name: string, bytes: Buffer | null): string {
    if (bytes === null) return '';
    const last = this.#texts.get(name);
    if (last !== undefined && isAscii(bytes, 0, bytes.length, last)) return last;
    const text = bytes.toString();
    if (this.#texts.size > MOST_LOOKED_AFTER) this.#texts.clear();
    this.#texts.set(name, text);
    return text;
  }
}
