/**
 * Leases of running loads. All that this process holds are renewed together, at a third of their life, in one batch: a bulk
 * load of a thousand keys costs one packet each third of a second. A lease is held no longer than its load may
 * live, for the load's own limit ends it.
 */
import type { TimerPort } from './ports.ts';

export interface HeldLease {
  readonly slot: string;
  readonly ticket: Buffer;
}

export class Renewals {
  readonly #intervalMs: number;
  readonly #timers: TimerPort;
  readonly #renew: (lease: HeldLease) => void;
  readonly #held = new Set<HeldLease>();
  #isArmed = false;

  constructor(leaseMs: number, { timers, renew }: { timers: TimerPort; renew: (lease: HeldLease) => void }) {
    this.#intervalMs = leaseMs / 3;
    this.#timers = timers;
    this.#renew = renew;
  }

  begin(lease: HeldLease): void {
    this.#held.add(lease);
    if (!this.#isArmed) this.#arm();
  }

  end(lease: HeldLease): void {
    this.#held.delete(lease);
  }

  #arm(): void {
    this.#isArmed = true;
    this.#timers.after(this.#intervalMs, () => this.#ring(), true);
  }

  #ring(): void {
    this.#isArmed = false;
    for (const lease of this.#held) this.#renew(lease);
    if (this.#held.size > 0) this.#arm();
  }
}
