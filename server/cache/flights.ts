/**
 * Single flight: the one load of a key that this process has under way under a lease.
 *
 * Whoever joined before the load began may have its value in any case. Who joined later may have it only if its fill
 * was accepted: an accepted fill proves that nothing was invalidated since the lease was granted (the joiners' rule).
 */
import type { Parcel } from './parcel.ts';

export type Landing =
  /** The load ran; `accepted`: its fill stands in Redis. */
  | { kind: 'loaded'; parcel: Parcel; accepted: boolean }
  /** Somebody else holds the slot: look again. `held`: by a lease or a mark. */
  | { kind: 'taken' };

export class Flight {
  readonly landing: Promise<Landing>;
  hasBegun = false;

  constructor(run: (flight: Flight) => Promise<Landing>) {
    this.landing = run(this);
    this.landing.catch(() => undefined);
  }
}

export class Flights {
  readonly #flights = new Map<string, Flight>();

  find(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  start(key: string, run: (flight: Flight) => Promise<Landing>): Flight {
    const flight = new Flight(run);
    this.#flights.set(key, flight);
    const end = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    flight.landing.then(end, end);
    return flight;
  }

  /** An own write: nobody may join what began before it. */
  detach(key: string): void {
    this.#flights.delete(key);
  }

  detachAll(): void {
    this.#flights.clear();
  }

  get size(): number {
    return this.#flights.size;
  }
}
