/**
 * What this process is asked for: a sample of the asks of every recorded read, counted in bounded memory until it is
 * taken away. An ask costs a decrement, and a sampled one a look-up and a JSON text.
 */
import type { CachedRead } from '../cache/index.ts';
import { HeavyHitters } from './heavy-hitters.ts';

/** Any read, for looking it up. */
type AnyRead = CachedRead<never, unknown>;

/** Arguments of one read that are kept between two takings. */
const ROOM = 2500;
/** Longer ones are not worth their room. Characters. */
const MAX_MEMBER = 300;
/** After so many samples, some 20 ms of work, only every second ask is sampled until the next taking, then every fourth, … */
const SAMPLES_BEFORE_HALVING = 50_000;

export type AskedFor = Map<AnyRead, [member: string, weight: number][]>;

export class Asks {
  readonly #sketches: Map<AnyRead, HeavyHitters>;
  readonly #random: () => number;
  /** One in so many is sampled, and weighs that much. */
  #every = 1;
  #samples = 0;
  /** The next sample is the so-many-th ask from now. */
  #until = 1;

  constructor(reads: Iterable<AnyRead>, random: () => number = Math.random) {
    this.#sketches = new Map(Array.from(reads, (read) => [read, new HeavyHitters(ROOM)]));
    this.#random = random;
  }

  /** Hears of one ask. */
  one(read: AnyRead, arg: unknown): void {
    if (--this.#until > 0) return;
    this.#sample(read, arg);
    this.#until = this.#gap();
  }

  /** Hears of a bulk read, which is one ask for each argument. */
  many(read: AnyRead, args: readonly unknown[]): void {
    let at = this.#until - 1;
    for (; at < args.length; at += this.#gap()) this.#sample(read, args[at]);
    this.#until = at - args.length + 1;
  }

  /** Everything since the last taking, as JSON texts of the arguments with their estimated numbers of asks. */
  take(): AskedFor {
    this.#every = 1;
    this.#samples = 0;
    this.#until = 1;
    return new Map(Array.from(this.#sketches, ([read, sketch]) => [read, sketch.drain()]));
  }

  #sample(read: AnyRead, arg: unknown): void {
    const sketch = this.#sketches.get(read);
    if (!sketch) return;
    const member = JSON.stringify(arg);
    if (member === undefined || member.length > MAX_MEMBER) return;
    sketch.add(member, this.#every);
    if (++this.#samples % SAMPLES_BEFORE_HALVING === 0) this.#every *= 2;
  }

  /** Geometric: every ask has the same chance whatever comes before it, so no rhythm of the load can hide from it. */
  #gap(): number {
    if (this.#every === 1) return 1;
    return 1 + Math.floor(Math.log(1 - this.#random()) / Math.log(1 - 1 / this.#every));
  }
}
