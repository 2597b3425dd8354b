/** The parts of one cache instance. Created by `createCache`; handed to the steps of reading and writing. */
import type { Batcher } from './batch.ts';
import type { CounterBook } from './counters.ts';
import type { DeadlineBook } from './deadline.ts';
import type { EventHub } from './events.ts';
import type { Flights } from './flights.ts';
import type { Gate } from './gate.ts';
import type { Guard } from './guard.ts';
import type { Memory } from './memory.ts';
import type { NameBook } from './names.ts';
import type { PlanBook } from './plan.ts';
import type { Popularity } from './popularity.ts';
import type { Ports } from './ports.ts';
import type { Renewals } from './renewals.ts';
import type { LoadLimit, SoloLoads } from './solo.ts';
import type { StampCare } from './stamp-question.ts';
import type { CacheState } from './types.ts';
import type { TouchedNames, Unsettled } from './unsettled.ts';
import type { Waiters } from './waiters.ts';

export interface EngineLimits {
  commandTimeoutMs: number;
  leaseMs: number;
  compressAboveBytes: number;
  maxEntryBytes: number;
}

export interface Engine {
  readonly ports: Ports;
  readonly limits: EngineLimits;
  readonly names: NameBook;
  readonly plans: PlanBook;
  readonly counters: CounterBook;
  readonly events: EventHub;
  readonly gate: Gate;
  /** Through the breaker. */
  readonly reads: Batcher;
  /** Past an open breaker: settling. */
  readonly writes: Batcher;
  /** Null when L1 is switched off. */
  readonly memory: Memory | null;
  readonly guard: Guard;
  readonly feed: FeedState;
  readonly flights: Flights;
  readonly solo: SoloLoads;
  readonly loadLimit: LoadLimit;
  readonly popularity: Popularity;
  readonly stampCare: StampCare;
  readonly renewals: Renewals;
  readonly loadTimes: DeadlineBook;
  readonly waiters: Waiters;
  readonly unsettled: Unsettled;
  readonly bypass: () => boolean;
  isClosed(): boolean;
  /** Drops names from L1, flags reads in flight, detaches flights: one synchronous step. */
  forget(names: TouchedNames): void;
  forgetAll(): void;
  state(): CacheState;
  close(): void;
}

export interface FeedState {
  isUp: boolean;
  /** Servers whose changes this process hears. */
  epochs: ReadonlySet<string>;
}
