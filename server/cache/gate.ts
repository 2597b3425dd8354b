/**
 * May Redis be asked now? Looked at before anything is sent, so that an ill Redis costs nothing (P3).
 *
 * closed breaker, a connection whose epoch is known, and a server that answers its pings: ask. Otherwise not.
 * The very first callers wait for the first attempt to connect, shortly; nobody waits for any later one.
 *
 * Recovery (protocol, section 10): the breaker closes when Redis answers, its epoch is known, L1 is empty, and no
 * outbox row older than Redis' return is left.
 */
import { AwayError } from './errors.ts';
import type { BreakerPort, RedisPort, TimerHandle, TimerPort } from './ports.ts';

const LOOK_AGAIN_MS = 50;
const FIRST_CONNECT_MS = 250;

export interface GateOptions {
  redis: RedisPort;
  breaker: BreakerPort;
  timers: TimerPort;
  isDrained: (since: Date) => Promise<boolean>;
  /** Called once, when the first caller comes. */
  begin: () => void;
  /** Empties L1, for nothing in it may be trusted across an outage. */
  forget: () => void;
}

export class Gate {
  readonly #options: GateOptions;
  #first: Promise<void> | null = null;
  #isFirstOver = false;
  #returnedAt: Date | null = null;
  #look: TimerHandle | null = null;

  constructor(options: GateOptions) {
    this.#options = options;
    options.breaker.listen((state) => {
      if (state === 'half-open') this.#returned();
    });
  }

  /** May reads and fills use Redis? */
  get isOpen(): boolean {
    const { redis, breaker } = this.#options;
    return breaker.closed && redis.connection() !== null && !redis.silent();
  }

  /** May what must pass an open breaker (settling, recovering) be sent? */
  get isReachable(): boolean {
    const { redis } = this.#options;
    return redis.connection() !== null && !redis.silent();
  }

  /** Has the first attempt to connect ended, so that there is nothing to wait for? */
  get hasArrived(): boolean {
    return this.#isFirstOver;
  }

  arrive(): Promise<void> {
    this.#first ??= this.#connectFirst();
    return this.#first;
  }

  up(): void {
    if (!this.#options.breaker.closed) this.#returned();
  }

  down(): void {
    this.#options.breaker.trip();
  }

  shutdown(): void {
    this.#look?.cancel();
    this.#isFirstOver = true;
  }

  fire<T>(action: () => Promise<T>): Promise<T> {
    if (!this.isOpen) return Promise.reject(new AwayError('the breaker is open or the connection is down'));
    return this.#options.breaker.fire(action);
  }

  /** How it went with a batch that was sent; while the breaker is open it wants to hear nothing. */
  hear(outcome: Promise<void>): void {
    const { breaker } = this.#options;
    if (breaker.closed) breaker.fire(() => outcome).catch(ignore);
    else outcome.catch(ignore);
  }

  async #connectFirst(): Promise<void> {
    const { redis, timers, breaker, begin } = this.#options;
    begin();
    await new Promise<void>((resolve) => {
      const timer = timers.after(FIRST_CONNECT_MS, () => timers.afterArrivals(resolve));
      void redis.connect().then(() => {
        timer.cancel();
        resolve();
      });
    });
    this.#isFirstOver = true;
    if (!redis.connection()) breaker.trip();
  }

  #returned(): void {
    this.#returnedAt ??= new Date();
    this.#options.forget();
    this.#look?.cancel();
    this.#look = null;
    void this.#tryToClose();
  }

  async #tryToClose(): Promise<void> {
    const since = this.#returnedAt;
    if (!since) return;
    const isDrained = this.isReachable && (await this.#isDrained(since));
    if (this.#returnedAt !== since || this.#look) return;
    if (isDrained && this.isReachable) {
      this.#returnedAt = null;
      this.#options.forget();
      this.#options.breaker.close();
    } else if (this.#options.redis.connection()) {
      this.#look = this.#options.timers.after(LOOK_AGAIN_MS, () => this.#lookAgain(), true);
    } else {
      this.#returnedAt = null;
      this.#options.breaker.trip();
    }
  }

  #lookAgain(): void {
    this.#look = null;
    void this.#tryToClose();
  }

  async #isDrained(since: Date): Promise<boolean> {
    try {
      return await this.#options.isDrained(since);
    } catch {
      return false;
    }
  }
}

function ignore(): void {}
