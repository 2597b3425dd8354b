/**
 * One connection to one Redis server that is only "up" while the server's epoch is known, and that notices silence.
 *
 * down -> connecting -> handshake (INFO: epoch and role, TIME, scripts) -> up -> down …
 *
 * - Nothing queues and nothing is sent again: no offline queue, no retries (a command that was resent could land
 *   after the caller gave it up). Reconnecting is done here, because ioredis' own timer would keep a script alive.
 * - Sockets and timers are unreferenced: a program ends when its work is done. Callers' own time limits hold it.
 * - Silence: a ping each 10 ms unless one is unanswered. Three ticks of ours (for a time limit of 50 ms) that came on
 *   time without an answer make the server "silent"; ticks that came late are not counted, for then it is this process that was slow.
 *   It is silent until a ping is answered in time: a server that is merely slow answers every ping, late. For the same
 *   reason a connection is not up before a ping on it was answered within a batch's time limit.
 *   A server that stays silent is disconnected: the connection may be half-open.
 */
import type { Redis } from 'ioredis';
import { within } from '../deadline.ts';
import { AwayError, TimeLimitError } from '../errors.ts';
import type { ClockPort, TimerHandle, TimerPort } from '../ports.ts';
import { epochOf, field } from './epoch.ts';
import { Line } from './line.ts';
import { SCRIPTS } from './scripts.ts';
import { SharedClient } from './shared-client.ts';

export interface ServerAddress {
  host: string;
  port: number;
  username?: string;
  password?: string;
  db?: number;
  tls?: object;
}

export interface ServerListener {
  up(): void;
  down(): void;
}

const HANDSHAKE_MS = 500;
const TICK_MS = 10;
const LATE_MS = 8;
/** Of the time limit of a batch: with 50 ms, a frozen server is known after 30 to 45 ms. */
const SILENT_SHARE = 0.6;
const HOPELESS_FACTOR = 8;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 250;

export class RedisServer {
  /** For a program's own commands. */
  readonly client: Redis;
  /** For the engine's, on the same connection. */
  readonly line: Line;
  #listener: ServerListener = { up: () => undefined, down: () => undefined };
  #clock: ClockPort;
  #timers: TimerPort;
  #epoch: string | null = null;
  #closed = false;
  #retryMs = FIRST_RETRY_MS;
  #retry: TimerHandle | null = null;
  #heartbeat: ReturnType<typeof setInterval> | null = null;
  #tickedAt = 0;
  #isPingOpen = false;
  /** Of the ping that is open. */
  #silentTicks = 0;
  #isSilent = false;
  readonly #silentAfter: number;
  readonly #promptMs: number;
  /** Redis' ms less monotonic ms, by the reading's send time: never behind the true one. */
  #clockOffset = 0;

  constructor(
    address: ServerAddress | string,
    ports: { clock: ClockPort; timers: TimerPort; timeoutMs: number },
  ) {
    this.#silentAfter = Math.max(2, Math.round((SILENT_SHARE * ports.timeoutMs) / TICK_MS));
    this.#promptMs = ports.timeoutMs;
    this.#clock = ports.clock;
    this.#timers = ports.timers;
    const options = {
      lazyConnect: true,
      protocol: 2 as const,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => null,
      connectTimeout: HANDSHAKE_MS,
      // ioredis arms this timer even on a socket that is closed already; it must not outlive the pause between tries.
      disconnectTimeout: 100,
      disableClientInfo: true,
    };
    this.client =
      typeof address === 'string'
        ? new SharedClient(address, options)
        : new SharedClient({ ...address, ...options });
    this.line = new Line(this.client);
    this.client.on('error', () => undefined);
    this.client.on('close', () => this.#fall());
  }

  listen(listener: ServerListener): void {
    this.#listener = listener;
  }

  get epoch(): string | null {
    return this.#epoch;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  redisNow(): number {
    return this.#clock.now() + this.#clockOffset;
  }

  /** Resolves when this attempt has ended, either way. */
  async connect(): Promise<void> {
    if (this.#closed || this.#epoch !== null) return;
    try {
      await this.client.connect();
      this.#unref();
      await this.#shakeHands();
    } catch {
      this.client.disconnect();
      this.#retryLater();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#fall();
    this.client.disconnect();
  }

  async #shakeHands(): Promise<void> {
    const sentAt = this.#clock.now();
    const pipeline = this.client.pipeline().info('server').info('replication').time();
    for (const { text } of SCRIPTS) pipeline.call('SCRIPT', 'LOAD', text);
    const error = () => new TimeLimitError(HANDSHAKE_MS);
    const replies = await within(pipeline.exec(), { ms: HANDSHAKE_MS, timers: this.#timers, error });
    const [server, replication, time] = (replies ?? []).map(([failure, reply]) => {
      if (failure) throw failure;
      return reply;
    });
    if (field(String(replication), 'role') !== 'master') throw new AwayError('the server is no master');
    const [seconds, micros] = time as [string, string];
    this.#clockOffset = Number(seconds) * 1000 + Math.ceil(Number(micros) / 1000) - sentAt;
    await this.#provePromptness();
    this.#rise(epochOf(String(server), String(replication)));
  }

  async #provePromptness(): Promise<void> {
    const ms = this.#promptMs;
    await within(this.client.ping(), { ms, timers: this.#timers, error: () => new TimeLimitError(ms) });
  }

  #rise(epoch: string): void {
    if (this.#closed) return;
    this.#epoch = epoch;
    this.#retryMs = FIRST_RETRY_MS;
    this.#silentTicks = 0;
    this.#isSilent = false;
    this.#isPingOpen = false;
    this.#tickedAt = this.#clock.now();
    this.#heartbeat = setInterval(() => this.#tick(), TICK_MS);
    this.#heartbeat.unref();
    this.#listener.up();
  }

  /** The epoch is forgotten in the same step as the connection. */
  #fall(): void {
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    const wasUp = this.#epoch !== null;
    this.#epoch = null;
    if (wasUp) {
      this.#listener.down();
      this.#retryLater();
    }
  }

  #retryLater(): void {
    if (this.#closed || this.#retry) return;
    this.#retry = this.#timers.after(
      this.#retryMs,
      () => {
        this.#retry = null;
        void this.connect();
      },
      true,
    );
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  #tick(): void {
    const now = this.#clock.now();
    const isOnTime = now - this.#tickedAt < TICK_MS + LATE_MS;
    this.#tickedAt = now;
    if (!this.#isPingOpen) this.#ping();
    else if (isOnTime) this.#timers.afterArrivals(() => this.#countSilence());
  }

  #countSilence(): void {
    if (!this.#isPingOpen) return;
    this.#silentTicks++;
    if (this.#silentTicks === this.#silentAfter) this.#isSilent = true;
    if (this.#silentTicks === HOPELESS_FACTOR * this.#silentAfter) this.client.disconnect();
  }

  #ping(): void {
    this.#isPingOpen = true;
    this.#silentTicks = 0;
    const answered = () => {
      this.#isPingOpen = false;
      if (this.#silentTicks < this.#silentAfter) this.#isSilent = false;
    };
    this.client.ping().then(answered, () => undefined);
  }

  #unref(): void {
    const { stream } = this.client as unknown as { stream?: { unref?: () => void } };
    stream?.unref?.();
  }
}
