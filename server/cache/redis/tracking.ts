/**
 * The feed: one RESP2 connection per server that Redis itself tells what changed (client tracking, broadcast mode,
 * redirected to itself; ioredis 6 drops these pushes on RESP3).
 *
 * Order on every connect: epoch, tracking on, subscribe, first answered ping; only then "up". Tracking is lost
 * silently with the connection, so a new one starts from nothing. No NOLOOP: a late command of our own must be heard.
 * Alive: 30 ms from the *send* time of the last answered ping. An answered ping also proves that every push that Redis
 * made before it has been read, for both come on one connection in order.
 */
import { Redis } from 'ioredis';
import { within } from '../deadline.ts';
import { TimeLimitError } from '../errors.ts';
import {
  ALIVE_MS,
  type ClockPort,
  type FeedListener,
  type FeedPort,
  type TimerHandle,
  type TimerPort,
} from '../ports.ts';
import { epochOf } from './epoch.ts';
import { Line, type Words } from './line.ts';
import type { Reply } from './resp.ts';
import type { ServerAddress } from './server.ts';

const HANDSHAKE_MS = 500;
const TICK_MS = 10;
const HOPELESS_MS = 400;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 250;
const INVALIDATE = '__redis__:invalidate';

export interface TrackingOptions {
  address: ServerAddress | string;
  prefix: string;
  /** Intake channel, or null where another connection listens to it. */
  channel: string | null;
  clock: ClockPort;
  timers: TimerPort;
}

export class TrackingFeed implements FeedPort {
  readonly #options: TrackingOptions;
  readonly #client: Redis;
  readonly #line: Line;
  #listener: FeedListener | null = null;
  #isUp = false;
  #closed = false;
  #retryMs = FIRST_RETRY_MS;
  #retry: TimerHandle | null = null;
  #heartbeat: ReturnType<typeof setInterval> | null = null;
  #pingSentAt: number | null = null;

  constructor(options: TrackingOptions) {
    this.#options = options;
    const settings = {
      lazyConnect: true,
      protocol: 2 as const,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      retryStrategy: () => null,
      connectTimeout: HANDSHAKE_MS,
      // ioredis arms this timer even on a socket that is closed already; it must not outlive the pause between tries.
      disconnectTimeout: 100,
      disableClientInfo: true,
    };
    const { address } = options;
    this.#client =
      typeof address === 'string' ? new Redis(address, settings) : new Redis({ ...address, ...settings });
    this.#client.on('error', () => undefined);
    this.#client.on('close', () => this.#fall());
    this.#line = new Line(this.#client, (channel, payload) => this.#hear(channel, payload));
  }

  connect(listener: FeedListener): void {
    this.#listener = listener;
    void this.#connect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#fall();
    this.#client.disconnect();
  }

  async #connect(): Promise<void> {
    try {
      await this.#client.connect();
      const { stream } = this.#client as unknown as { stream?: { unref?: () => void } };
      stream?.unref?.();
      const error = () => new TimeLimitError(HANDSHAKE_MS);
      const epoch = await within(this.#track(), { ms: HANDSHAKE_MS, timers: this.#options.timers, error });
      this.#rise(epoch);
    } catch {
      this.#client.disconnect();
      this.#retryLater();
    }
  }

  async #track(): Promise<string> {
    const { prefix, channel } = this.#options;
    const [id, server, replication] = await Promise.all([
      this.#client.client('ID'),
      this.#client.info('server'),
      this.#client.info('replication'),
    ]);
    await this.#client.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id, 'BCAST', 'PREFIX', prefix);
    const channels = channel ? [INVALIDATE, channel] : [INVALIDATE];
    await this.#ask(channels.map((name) => ['subscribe', name]));
    return epochOf(server, replication);
  }

  #rise(epoch: string): void {
    if (this.#closed) return;
    this.#isUp = true;
    this.#retryMs = FIRST_RETRY_MS;
    this.#pingSentAt = null;
    this.#heartbeat = setInterval(() => this.#tick(), TICK_MS);
    this.#heartbeat.unref();
    this.#listener?.up(new Set([epoch]));
    this.#ping();
  }

  #fall(): void {
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#listener?.down();
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closed || this.#retry) return;
    this.#retry = this.#options.timers.after(
      this.#retryMs,
      () => {
        this.#retry = null;
        void this.#connect();
      },
      true,
    );
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  #tick(): void {
    if (this.#pingSentAt === null) this.#ping();
    else if (this.#options.clock.now() - this.#pingSentAt > HOPELESS_MS) this.#hangUp();
  }

  /** Once: a socket whose server is gone takes a while to close, and each call would leave a listener on it. */
  #hangUp(): void {
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    this.#client.disconnect();
  }

  #ping(): void {
    const sentAt = this.#options.clock.now();
    this.#pingSentAt = sentAt;
    const answered = () => {
      this.#pingSentAt = null;
      if (this.#isUp) this.#listener?.alive(sentAt + ALIVE_MS);
    };
    this.#ask([['ping']]).then(answered, () => undefined);
  }

  #ask(commands: readonly Words[]): Promise<Reply[]> {
    return new Promise((answer, fail) => this.#line.exchange(commands, { answer, fail }));
  }

  #hear(channel: string, payload: Reply): void {
    if (channel !== INVALIDATE) this.#listener?.message(String(payload));
    else if (Array.isArray(payload)) this.#listener?.changed(payload.map(String));
    else this.#listener?.changed(null);
  }
}
