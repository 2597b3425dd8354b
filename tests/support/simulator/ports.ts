/** The engine's ports of one simulated process: its two connections to Redis. */
import type {
  Answer,
  Command,
  Connection,
  FeedListener,
  FeedPort,
  RedisListener,
  RedisPort,
  ScanPage,
  SweepFrom,
  SweptPage,
  TimerPort,
} from '../../../server/cache/index.ts';
import { sweepInTwoSteps } from '../../../server/cache/redis/two-steps.ts';
import type { Link, RedisServer } from './redis-server.ts';
import type { RedisStore } from './redis-store.ts';
import type { World } from './world.ts';

const SILENT_MS = 35;
const HANDSHAKE_MS = 100;
const SCAN_MS = 1000;
const PAGE = 3;
const PING_MS = 10;
const ALIVE_MS = 30;
const HOPELESS_PING_MS = 400;

/** What a process is to its ports. */
export interface Host {
  name: string;
  world: World;
  server: RedisServer;
  timers: TimerPort;
  now: () => number;
  /** Is something going on that an L1 could serve? Then pings are worth their steps. */
  isBusy: () => boolean;
  /** How the next batch fares: `late` and `lost` are never answered. */
  fateOf: (commands: readonly Command[]) => 'sent' | 'late' | 'lost';
  /** Until when nothing of this process passes. */
  cutUntil: () => number;
}

abstract class Line {
  protected readonly host: Host;
  protected link: Link | null = null;
  #retry: (() => void) | null = null;

  constructor(host: Host) {
    this.host = host;
  }

  protected dial(): Link {
    const { world, server, name } = this.host;
    const link = server.open(name, () => this.hangUp('the connection was closed'));
    this.link = link;
    if (this.host.cutUntil() > world.now) this.stall(this.host.cutUntil() - world.now);
    this.host.timers.after(HANDSHAKE_MS, () => {
      if (this.link === link && !this.isUp()) this.drop('no answer to the greeting');
    });
    return link;
  }

  /** Nothing passes for so long, in both directions. */
  stall(ms: number): void {
    const { link } = this;
    if (!link) return;
    const { world } = this.host;
    link.stalledSince = world.now;
    link.requests.stall(world.now + ms);
    link.replies.stall(world.now + ms);
    world.schedule({ actor: 'net', label: '', ms, plain: true }, () => {
      link.stalledSince = null;
    });
  }

  /** What was asked is done, but the answers take so long. */
  delayAnswers(ms: number): void {
    this.link?.replies.stall(this.host.world.now + ms);
  }

  /** The client's own end of it. */
  drop(why: string): void {
    if (!this.link) return;
    this.host.server.abandon(this.link, this.host.world.dice.chance(0.5));
    this.hangUp(why);
  }

  /** All pipes towards this process that may hold what has arrived. */
  get arrivals(): Link['replies'] | null {
    return this.link?.replies ?? null;
  }

  protected hangUp(why: string): void {
    this.link = null;
    this.host.world.log(this.host.name, () => `${this.constructor.name}: ${why}`);
    this.fall();
    this.redial();
  }

  protected redial(): void {
    if (this.#retry) return;
    const handle = this.host.timers.after(this.host.world.dice.between(3, 40), () => {
      this.#retry = null;
      if (!this.link) this.begin();
    });
    this.#retry = () => handle.cancel();
  }

  protected abstract isUp(): boolean;
  protected abstract begin(): void;
  protected abstract fall(): void;
}

export class SimulatedRedis extends Line implements RedisPort {
  #listener: RedisListener = { up: () => undefined, down: () => undefined };
  #connection: Connection | null = null;
  #first: { promise: Promise<void>; end: () => void } | null = null;
  #offset = 0;
  readonly #pending = new Set<(error: Error) => void>();

  connect(): Promise<void> {
    if (this.#first) return this.#first.promise;
    let end = (): void => undefined;
    const promise = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#first = { promise, end };
    this.begin();
    return promise;
  }

  listen(listener: RedisListener): void {
    this.#listener = listener;
  }

  connection(): Connection | null {
    return this.#connection;
  }

  layout(): unknown {
    return this.host.server;
  }

  silent(): boolean {
    const { world, server } = this.host;
    const since = this.link?.stalledSince ?? server.frozenSince;
    return this.#connection !== null && since !== null && world.now - since > SILENT_MS;
  }

  send(commands: readonly Command[]): Promise<Answer> {
    const { link } = this;
    const from = this.#connection;
    if (!link || !from) return Promise.reject(new Error('there is no connection'));
    const { host } = this;
    const fate = host.fateOf(commands);
    if (fate === 'late') host.server.sendLate(host.name, commands, host.world.dice.between(20, 250));
    if (fate !== 'sent') return new Promise(() => undefined);
    return this.#exchange<Answer>((resolve) => {
      host.server.send(link, commands, (replies) => resolve({ replies, from }));
    });
  }

  scanPage(pattern: string, { cursor }: { cursor: string | null; count: number }): Promise<ScanPage> {
    return this.#ask('a page of names', (store) => store.scan(pattern, { cursor, count: PAGE }));
  }

  sweepPage(from: SweepFrom): Promise<SweptPage> {
    return sweepInTwoSteps(this, from, async (keys) => {
      const { replies } = await this.#within(this.send([{ op: 'drop', keys }]));
      return replies[0] as number;
    });
  }

  redisNow(): number {
    return this.host.now() + this.#offset;
  }

  async close(): Promise<void> {
    this.drop('closed');
  }

  #ask<T>(label: string, question: (store: RedisStore) => T): Promise<T> {
    const { link } = this;
    const { server } = this.host;
    if (!link || !this.#connection) return Promise.reject(new Error('there is no connection'));
    return this.#within(
      this.#exchange<T>((resolve) => {
        server.ask(link, label, () => question(server.store), resolve);
      }),
    );
  }

  #within<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.host.timers.after(SCAN_MS, () => reject(new Error('no answer in time')));
      answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /** Rejects when the connection ends before the answer. */
  #exchange<T>(ask: (resolve: (answer: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      ask((answer) => {
        this.#pending.delete(reject);
        resolve(answer);
      });
    });
  }

  protected isUp(): boolean {
    return this.#connection !== null;
  }

  protected begin(): void {
    const link = this.dial();
    const sentAt = this.host.now();
    this.host.server.greet(link, (who) => {
      if (this.link !== link) return;
      if (!who) return this.drop('refused');
      this.#offset = who.now + 1 - sentAt;
      this.#connection = { epochOf: () => who.epoch };
      this.#listener.up(this.#connection);
      this.#first?.end();
    });
  }

  protected fall(): void {
    const wasUp = this.#connection !== null;
    this.#connection = null;
    this.#first?.end();
    for (const reject of this.#pending) reject(new Error('the connection was closed'));
    this.#pending.clear();
    if (wasUp) this.#listener.down();
  }
}

export class SimulatedFeed extends Line implements FeedPort {
  #listener: FeedListener | null = null;
  #isUp = false;
  #pingSentAt: number | null = null;
  #isBeating = false;

  connect(listener: FeedListener): void {
    this.#listener = listener;
    this.begin();
  }

  async close(): Promise<void> {
    this.drop('closed');
  }

  /** A ping each 10 ms for as long as the process has something to do. */
  beat(): void {
    if (this.#isBeating || !this.#isUp || !this.host.isBusy()) return;
    this.#isBeating = true;
    this.#ping();
    this.host.timers.after(PING_MS, () => {
      this.#isBeating = false;
      this.beat();
    });
  }

  protected isUp(): boolean {
    return this.#isUp;
  }

  protected begin(): void {
    const link = this.dial();
    const { server } = this.host;
    server.follow(link, {
      began: (epoch) => {
        if (this.link !== link) return;
        if (epoch === null) return this.drop('refused');
        this.#isUp = true;
        this.#pingSentAt = null;
        this.#listener?.up(new Set([epoch]));
        this.beat();
      },
      changed: (keys) => {
        if (this.link === link) this.#listener?.changed(keys);
      },
      message: (text) => {
        if (this.link === link) this.#listener?.message(text);
      },
    });
  }

  protected fall(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#listener?.down();
  }

  #ping(): void {
    const { link } = this;
    if (!link) return;
    if (this.#pingSentAt !== null) {
      if (this.host.now() - this.#pingSentAt > HOPELESS_PING_MS) this.drop('no answer to a ping');
      return;
    }
    const sentAt = this.host.now();
    this.#pingSentAt = sentAt;
    this.host.server.ping(link, () => {
      if (this.link !== link) return;
      this.#pingSentAt = null;
      this.#listener?.alive(sentAt + ALIVE_MS);
    });
  }
}
