/**
 * One direction of a connection: what is put in comes out in order, each after a delay of its own or right behind the
 * one before. A stalled pipe keeps everything until it flows again; a cut one loses what it still holds.
 */
import type { World } from './world.ts';

interface Parcel {
  label: string;
  deliver: () => void;
  readyAt: number;
}

export interface PipeOptions {
  /** Who does something when a parcel arrives. */
  actor: string;
  /** Does arriving set off no promises of a process? */
  plain: boolean;
  delay: () => number;
}

export class Pipe {
  readonly #world: World;
  readonly #options: PipeOptions;
  #waiting: Parcel[] = [];
  #stalledUntil = 0;
  #takeBack: (() => void) | null = null;
  delivered = 0;
  /** Nothing more will come out. */
  isDead = false;

  constructor(world: World, options: PipeOptions) {
    this.#world = world;
    this.#options = options;
  }

  put(label: string, deliver: () => void): void {
    this.#waiting.push({ label, deliver, readyAt: this.#world.now + this.#options.delay() });
    this.#arm();
  }

  stall(untilMs: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, untilMs);
    this.#rearm();
  }

  flow(): void {
    this.#stalledUntil = 0;
    this.#rearm();
  }

  get isStalled(): boolean {
    return this.#stalledUntil > this.#world.now;
  }

  /** Nothing more comes out; answers how much was lost. */
  cut(): number {
    this.#takeBack?.();
    this.#takeBack = null;
    this.isDead = true;
    return this.#waiting.splice(0).length;
  }

  /** How many will have been delivered once all that has arrived by now is read. */
  get arrived(): number {
    if (this.isStalled) return this.delivered;
    let count = 0;
    while (count < this.#waiting.length && (this.#waiting[count] as Parcel).readyAt <= this.#world.now)
      count++;
    return this.delivered + count;
  }

  #rearm(): void {
    this.#takeBack?.();
    this.#takeBack = null;
    this.#arm();
  }

  #arm(): void {
    const [first] = this.#waiting;
    if (!first || this.#takeBack) return;
    const ms = Math.max(0, first.readyAt - this.#world.now, this.#stalledUntil - this.#world.now);
    const { actor, plain } = this.#options;
    this.#takeBack = this.#world.schedule({ actor, label: first.label, ms, plain }, () => {
      this.#takeBack = null;
      this.#waiting.shift();
      this.delivered++;
      this.#arm();
      first.deliver();
    });
  }
}
