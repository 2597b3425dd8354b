/**
 * opossum around every batch of cache commands.
 *
 * Its defaults are dangerous at our rates (a failure sorts the whole latency window: 10 ms of blocked loop), hence no
 * percentiles, no snapshots. Errors that prove Redis alive never come here: they are replies. It is tripped at once
 * when the connection is lost, and closed by the engine's own rule; `half-open` only asks the engine to look again.
 */
import CircuitBreaker from 'opossum';
import type { BreakerPort } from '../ports.ts';

type State = 'open' | 'half-open' | 'closed';

const LOOK_AGAIN_MS = 500;

export class OpossumBreaker implements BreakerPort {
  readonly #circuit: CircuitBreaker<[() => Promise<unknown>], unknown>;

  constructor() {
    this.#circuit = new CircuitBreaker((action: () => Promise<unknown>) => action(), {
      timeout: false,
      errorThresholdPercentage: 50,
      volumeThreshold: 20,
      rollingCountTimeout: 2000,
      rollingCountBuckets: 10,
      resetTimeout: LOOK_AGAIN_MS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      capacity: 100_000,
    });
  }

  get closed(): boolean {
    return !this.#circuit.opened && !this.#circuit.halfOpen;
  }

  get state(): State {
    if (this.#circuit.halfOpen) return 'half-open';
    return this.#circuit.opened ? 'open' : 'closed';
  }

  fire<T>(action: () => Promise<T>): Promise<T> {
    return this.#circuit.fire(action) as Promise<T>;
  }

  trip(): void {
    if (this.#circuit.opened) return;
    this.#circuit.open();
  }

  close(): void {
    this.#circuit.close();
  }

  listen(listener: (state: State) => void): void {
    this.#circuit.on('open', () => listener('open'));
    this.#circuit.on('halfOpen', () => listener('half-open'));
    this.#circuit.on('close', () => listener('closed'));
  }

  shutdown(): void {
    this.#circuit.shutdown();
  }
}
