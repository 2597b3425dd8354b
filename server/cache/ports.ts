/**
 * What the engine needs of the world, as small ports. `redis/` implements them over ioredis; the race simulator
 * implements them over an in-memory Redis with yield points, so that the very same engine runs under a seeded scheduler.
 *
 *   RedisPort   a batch of commands in, one reply per command out; says when its connection comes and goes
 *   FeedPort    what changed in Redis, in order, and until when that news can be trusted
 *   BreakerPort may Redis be asked at all, and what counts as its failure
 *   ClockPort   monotonic milliseconds, never the wall's
 *   TimerPort   later, and "after everything that is ready now" (one batch per tick hangs on it)
 *   RandomPort  ids that are never used twice, and dice
 *
 * Names in commands are whole Redis keys. Values are Buffers. Replies that Redis itself refused (WRONGTYPE, OOM) come
 * as `Error`s in their place of the batch; a batch whose outcome is unknown (time-out, closed connection) rejects whole.
 */

/** One connection's reign. Two answers belong together only if they carry the very same object. */
export interface Connection {
  /** `run_id/master_replid` of the server that holds the key; a value from another epoch is from another history. */
  epochOf(key: string): string;
}

export type Command =
  /** -> (Buffer | null)[]; a key of a wrong type reads as null */
  | { op: 'mget'; keys: readonly string[] }
  /** SET key lease NX GET PX -> null: the slot is mine; Buffer: what stands there */
  | { op: 'take'; key: string; lease: Buffer; px: number }
  /** if the slot begins with `expect`, then SET PX (DEL when `value` is null) -> boolean */
  | {
      op: 'cas';
      key: string;
      expect: Buffer;
      value: Buffer | null;
      px: number;
      /** For an entry that stands apart: where, in hex digits. `expect` empty: whatever stands in the slot. */
      apart?: string;
    }
  /** bytes of a text, both ends included -> Buffer; empty where there is none */
  | { op: 'range'; key: string; from: number; to: number }
  /** cacheSet's unconditional write -> 'OK' */
  | { op: 'set'; key: string; value: Buffer; px: number }
  /** reads stamps, creating the missing ones with numbers of the counter, in one step -> StampsReply */
  | { op: 'stamps'; counter: string; era: string; keys: readonly string[]; id: string; px: number }
  /** new soft half for stamps that exist -> number of them */
  | { op: 'soften'; counter: string; keys: readonly string[]; id: string }
  /** empties slots -> number of values (leases and marks are not counted) */
  | { op: 'drop'; keys: readonly string[] }
  /** DEL of stamps, and of the era in the same command -> number */
  | { op: 'del'; keys: readonly string[] }
  /** adds my token to the set of marks in each slot or stamp -> 'OK' */
  | { op: 'mark'; keys: readonly string[]; token: string; px: number }
  /** removes my token; empties what is no mark (protocol, section 7) -> number of values */
  | { op: 'unmark'; keys: readonly string[]; token: string }
  /** -> milliseconds left, -1 without expiry, -2 when missing */
  | { op: 'pttl'; key: string }
  /** SET key '' NX PX -> boolean: I am the one who refreshes */
  | { op: 'claim'; key: string; px: number }
  | { op: 'hset'; key: string; field: string; value: Buffer }
  /** -> Map<string, Buffer> */
  | { op: 'hgetall'; key: string }
  /** if the field `into` holds `stands` (null: nothing) and all `fields` hold what is said: `into` = value, without the fields -> boolean */
  | {
      op: 'fold';
      key: string;
      into: string;
      stands: Buffer | null;
      value: Buffer;
      fields: readonly (readonly [string, Buffer])[];
    }
  | { op: 'publish'; channel: string; message: string }
  | { op: 'info'; sections: readonly string[] };

export interface StampsReply {
  texts: string[];
  /** Created by this very command. */
  missing: boolean[];
  /** The counter as it stands after the command: identity and number. */
  counter: { id: string; n: number };
  /** A random text that every rotation of any stamp deletes: the same before and after means that none was rotated. */
  era: string;
  /** Redis' clock, ms. */
  now: number;
}

export interface Answer {
  replies: unknown[];
  from: Connection;
}

export interface ScanPage {
  names: string[];
  cursor: string | null;
}

export interface RedisListener {
  up(connection: Connection): void;
  /** Synchronously with the loss. */
  down(): void;
}

export interface SweepFrom {
  pattern: string;
  cursor: string | null;
  count: number;
  /** Names that begin so stay. */
  except: string;
}

export interface SweptPage {
  /** Names that were removed. */
  found: number;
  /** How many of them held values; leases and marks are not counted. */
  values: number;
  /** One of them. */
  first: string | null;
  cursor: string | null;
}

export interface RedisPort {
  /** Begins to connect; later calls do nothing. Resolves when the first attempt has ended, either way. */
  connect(): Promise<void>;
  listen(listener: RedisListener): void;
  /** Can it put a slot and what stands apart in place in one step? */
  readonly setsApart?: boolean;
  /** The connection whose epoch is known, or null. */
  connection(): Connection | null;
  /** Another object when keys may have moved between servers; a sweep across such a move may have missed some. */
  layout(): unknown;
  /** True while an up connection owes an answer for longer than the limit. */
  silent(): boolean;
  /** Rejects when the outcome is unknown. The caller sets the time limit. */
  send(commands: readonly Command[]): Promise<Answer>;
  /** One slice of the keys that match, `count` looked at; `cursor` null begins, and null ends. */
  scanPage(pattern: string, from: { cursor: string | null; count: number }): Promise<ScanPage>;
  /** Removes what matches in one such slice. */
  sweepPage(from: SweepFrom): Promise<SweptPage>;
  /** Redis' clock now, ms, by the last reading; never behind the true one by more than a round trip. */
  redisNow(): number;
  close(): Promise<void>;
}

/** How long after the send of its last answered ping a feed's news are trusted, in ms. */
export const ALIVE_MS = 30;

export interface FeedListener {
  /** Tracking is on at these servers; what was kept before is worthless. */
  up(epochs: ReadonlySet<string>): void;
  down(): void;
  /** Keys that changed, or null: everything. */
  changed(keys: readonly string[] | null): void;
  /** Nothing that Redis did before this instant (monotonic ms, plus the limit) is unknown here. */
  alive(until: number): void;
  /** A message of the intake channel. */
  message(text: string): void;
}

export interface FeedPort {
  connect(listener: FeedListener): void;
  close(): Promise<void>;
}

export interface BreakerPort {
  /** False: ask nothing of Redis. */
  readonly closed: boolean;
  readonly state: 'open' | 'half-open' | 'closed';
  fire<T>(action: () => Promise<T>): Promise<T>;
  trip(): void;
  /** Called when it may close: resolves if it did. */
  close(): void;
  listen(listener: (state: 'open' | 'half-open' | 'closed') => void): void;
  shutdown(): void;
}

export interface ClockPort {
  /** Monotonic ms with fractions. */
  now(): number;
}

export interface TimerHandle {
  cancel(): void;
}

export interface TimerPort {
  /** `idle` timers do not keep the process alive. */
  after(ms: number, run: () => void, idle?: boolean): TimerHandle;
  /**
   * After all that can run now has run, before waiting for anything. `isBusy`: more is likely to come in this turn of the
   * loop, from other sockets, and may be gathered.
   */
  soon(run: () => void, isBusy?: boolean): void;
  /** After the replies that have already arrived were read: a late timer must not beat a reply that lies in the buffer. */
  afterArrivals(run: () => void): void;
}

export interface RandomPort {
  /** 0 <= x < 1 */
  next(): number;
  /** 16 bytes that nobody ever used. */
  id(): Buffer;
}

export interface Ports {
  redis: RedisPort;
  feed: FeedPort | null;
  breaker: BreakerPort;
  clock: ClockPort;
  timers: TimerPort;
  random: RandomPort;
}
