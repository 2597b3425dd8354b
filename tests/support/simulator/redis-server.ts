/**
 * A simulated Redis server: links of processes, commands as single steps, and news of every change.
 *
 * As in Redis, news leaves at the end of a round of its loop and before the answers of that round, but the answer to
 * a ping of the same round may leave before it. A restart loses all links and whatever had not been executed; it
 * comes back under another epoch, empty or with what a snapshot of some moment held.
 */
import type { Command, StampsReply } from '../../../server/cache/index.ts';
import { Pipe } from './pipe.ts';
import { RedisStore, type Snapshot } from './redis-store.ts';
import type { World } from './world.ts';

const SERVER = 'redis';
/** Redis' clock is none of the processes' clocks. */
const EPOCH_MS = 1_750_000_000_000;
const SHORT_LIFE_MS = 4000;
const ROUND_MS = 0.1;
const SNAPSHOTS = 4;

/** One connection of one process. */
export class Link {
  readonly requests: Pipe;
  readonly replies: Pipe;
  readonly process: string;
  /** Since when nothing passes, or null. */
  stalledSince: number | null = null;
  isOpen = true;

  constructor(world: World, process: string) {
    this.process = process;
    const delay = (): number => world.dice.between(0.02, 0.3) ** 2 * 10;
    this.requests = new Pipe(world, { actor: SERVER, plain: true, delay });
    this.replies = new Pipe(world, { actor: process, plain: false, delay });
  }
}

export interface Watcher {
  executed(process: string, command: Command, reply: unknown): void;
}

interface Follower {
  changed: (keys: readonly string[]) => void;
  message: (text: string) => void;
}

export class RedisServer {
  readonly store: RedisStore;
  epoch: string;
  /** Another number after every restart. */
  life = 0;
  readonly snapshots: Snapshot[] = [];
  readonly links = new Set<Link>();
  readonly #world: World;
  readonly #watcher: Watcher;
  readonly #followers = new Map<Link, Follower>();
  readonly #closers = new Map<Link, () => void>();
  #news = new Set<string>();
  #backAt = 0;
  #frozen: { since: number; until: number } = { since: 0, until: 0 };

  constructor(world: World, watcher: Watcher) {
    this.#world = world;
    this.#watcher = watcher;
    this.epoch = this.#freshEpoch();
    this.store = new RedisStore(
      () => this.now(),
      (key) => this.#note(key),
    );
  }

  /** Redis' clock, whole ms. */
  now(): number {
    return EPOCH_MS + Math.floor(this.#world.now);
  }

  get isAway(): boolean {
    return this.#backAt > this.#world.now;
  }

  get frozenSince(): number | null {
    return this.#frozen.until > this.#world.now ? this.#frozen.since : null;
  }

  /** `closed` is called when the process learns of the end of the link. */
  open(process: string, closed: () => void): Link {
    const link = new Link(this.#world, process);
    this.links.add(link);
    this.#closers.set(link, closed);
    return link;
  }

  /** The process gives the link up; what it sent may still arrive. */
  abandon(link: Link, isLost: boolean): void {
    link.isOpen = false;
    link.replies.cut();
    if (isLost) link.requests.cut();
    this.#followers.delete(link);
    this.links.delete(link);
  }

  /** The server's side ends: the process reads what was answered before, then the end. */
  hangUp(link: Link): void {
    link.requests.cut();
    this.#followers.delete(link);
    this.links.delete(link);
    const closed = this.#closers.get(link);
    link.replies.put('reads the end of a connection', () => {
      if (!link.isOpen) return;
      link.isOpen = false;
      closed?.();
    });
  }

  /** Asks who the server is; null when nobody answers the door. */
  greet(link: Link, answer: (who: { epoch: string; now: number } | null) => void): void {
    link.requests.put('says who it is', () => {
      const who = this.isAway ? null : { epoch: this.epoch, now: this.now() };
      link.replies.put('learns who Redis is', () => answer(who));
    });
  }

  send(link: Link, commands: readonly Command[], answer: (replies: unknown[]) => void): void {
    const replies: unknown[] = [];
    for (const command of commands)
      link.requests.put('', () => {
        replies.push(this.#execute(link.process, command));
        if (replies.length < commands.length) return;
        this.tellNews();
        link.replies.put(`reads ${commands.map(({ op }) => op).join(', ')}`, () => answer(replies));
      });
  }

  /** The same, but on a road of its own: late, and nobody hears the answer. */
  sendLate(process: string, commands: readonly Command[], ms: number): void {
    const { life } = this;
    this.#world.schedule({ actor: SERVER, label: 'gets a late batch', ms, plain: true }, () => {
      if (this.life !== life) return;
      for (const command of commands) this.#execute(process, command);
      this.tellNews();
    });
  }

  /** One page of a scan, as one step. */
  ask<T>(link: Link, label: string, question: () => T, answer: (reply: T) => void): void {
    link.requests.put(`answers ${label}`, () => {
      const reply = question();
      this.tellNews();
      link.replies.put(`reads ${label}`, () => answer(reply));
    });
  }

  follow(link: Link, follower: Follower & { began: (epoch: string | null) => void }): void {
    link.requests.put(`tracks for ${link.process}`, () => {
      const epoch = this.isAway ? null : this.epoch;
      if (epoch !== null) this.#followers.set(link, follower);
      link.replies.put('learns that it is told news', () => follower.began(epoch));
    });
  }

  ping(link: Link, pong: () => void): void {
    link.requests.put('', () => {
      if (this.#world.dice.chance(0.5)) this.tellNews();
      link.replies.put('', pong);
    });
  }

  tellNews(): void {
    if (this.#news.size === 0) return;
    const keys = [...this.#news];
    this.#news.clear();
    for (const [link, { changed }] of this.#followers)
      link.replies.put(this.#world.trace ? `hears of ${keys.join(', ')}` : 'news', () => changed(keys));
  }

  /** Something beside the processes changes the keys: an eviction, a foreign program. */
  meddle(change: (store: RedisStore) => void): void {
    change(this.store);
    this.tellNews();
  }

  freeze(ms: number): void {
    this.#frozen = { since: this.#world.now, until: this.#world.now + ms };
    this.#world.block(SERVER, this.#frozen.until);
  }

  takeSnapshot(): void {
    this.snapshots.push(this.store.snapshot());
    if (this.snapshots.length > SNAPSHOTS) this.snapshots.shift();
  }

  restart(snapshot: Snapshot | null, awayMs: number): void {
    this.life++;
    this.epoch = this.#freshEpoch();
    this.#news.clear();
    this.store.restore(snapshot);
    this.#backAt = this.#world.now + awayMs;
    for (const link of [...this.links]) this.hangUp(link);
  }

  #execute(process: string, command: Command): unknown {
    let reply: unknown;
    try {
      reply = this.store.execute(command);
    } catch (error) {
      reply = error;
    }
    if (command.op === 'publish')
      for (const [link, { message }] of this.#followers)
        link.replies.put('hears a message', () => message(command.message));
    this.#watcher.executed(process, command, reply);
    if ('px' in command && command.px < SHORT_LIFE_MS) this.#expireAfter(command.px);
    return reply;
  }

  #expireAfter(px: number): void {
    const ms = px + this.#world.dice.between(0, 15);
    this.#world.schedule({ actor: SERVER, label: '', ms, plain: true }, () => {
      for (const key of this.store.expire()) this.#world.log(SERVER, `forgets ${key}, whose time is over`);
      this.tellNews();
    });
  }

  #note(key: string): void {
    if (this.#news.size === 0)
      this.#world.schedule({ actor: SERVER, label: '', ms: ROUND_MS, plain: true }, () => this.tellNews());
    this.#news.add(key);
  }

  #freshEpoch(): string {
    return `${this.#world.dice.id().toString('hex', 0, 4)}/${this.life}`;
  }
}

/** `take`, `cas` … in words, for the trace. */
export function describeReply(reply: unknown): string {
  if (reply instanceof Error) return reply.message;
  if (Buffer.isBuffer(reply)) return describeSlot(reply);
  if (Array.isArray(reply)) return `[${reply.map(describeReply).join(' ')}]`;
  if (isStampsReply(reply)) return `${reply.texts.join(' ')} (counter ${reply.counter.n})`;
  return String(reply);
}

export function describeSlot(slot: Buffer): string {
  const kind = { 86: 'entry', 76: 'lease', 77: 'mark' }[slot[0] ?? 0];
  return kind && slot.length >= 17 ? `${kind} ${slot.toString('hex', 1, 4)}` : slot.toString('latin1', 0, 24);
}

function isStampsReply(reply: unknown): reply is StampsReply {
  return typeof reply === 'object' && reply !== null && 'texts' in reply;
}
