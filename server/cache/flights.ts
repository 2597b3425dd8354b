/**
 * Single flight: the one load of a key that this process has under way under a lease.
 *
 * The joiners' rule. Whoever joined before the load began may have its value in any case. Who joined later may have it
 * only if its fill was accepted, which proves that the key was not invalidated since the lease was granted, and if a
 * look at its stamps that went out with the fill found them current: a lease does not notice that a tag was rotated.
 * Who joins when the fill is on its way can be shown neither, and looks for himself.
 */
import type { Parcel } from './parcel.ts';

/** The load ran. `accepted`: its fill stands in Redis, and was good when it was sent. */
interface Landed {
  kind: 'loaded';
  parcel: Parcel;
  accepted: boolean;
}

/** Or somebody else holds the slot: look again. */
export type Landing = Landed | { kind: 'taken' };

type MayHave = (landing: Landing) => landing is Landed;

export class Flight {
  readonly landing: Promise<Landing>;
  hasBegun = false;
  #hasLateJoiners = false;
  #isFilling = false;

  constructor(run: (flight: Flight) => Promise<Landing>) {
    this.landing = run(this);
  }

  /** Joining now: may the landing be had? */
  join(): MayHave {
    if (!this.hasBegun) return isLoaded;
    if (this.#isFilling) return isNothing;
    this.#hasLateJoiners = true;
    return isAccepted;
  }

  /** The fill goes out; answers whether anybody waits for the proof that its stamps are current. */
  beginFill(): boolean {
    this.#isFilling = true;
    return this.#hasLateJoiners;
  }
}

function isLoaded(landing: Landing): landing is Landed {
  return landing.kind === 'loaded';
}

function isAccepted(landing: Landing): landing is Landed {
  return landing.kind === 'loaded' && landing.accepted;
}

function isNothing(_: Landing): _ is Landed {
  return false;
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
