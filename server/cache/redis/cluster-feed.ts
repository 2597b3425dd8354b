/** The feed of a cluster: one tracking connection per master. Up while all are, alive while the slowest is. */
import type { ClockPort, FeedListener, FeedPort, TimerPort } from '../ports.ts';
import { nameOf } from './addresses.ts';
import type { ServerAddress } from './server.ts';
import { TrackingFeed } from './tracking.ts';

interface Member {
  feed: TrackingFeed;
  epochs: ReadonlySet<string> | null;
  aliveUntil: number;
}

export interface ClusterFeedOptions {
  prefix: string;
  channel: string;
  clock: ClockPort;
  timers: TimerPort;
}

export class ClusterFeed implements FeedPort {
  readonly #options: ClusterFeedOptions;
  readonly #members = new Map<string, Member>();
  #masters: readonly ServerAddress[] = [];
  #listener: FeedListener | null = null;
  #isUp = false;

  constructor(options: ClusterFeedOptions) {
    this.#options = options;
  }

  connect(listener: FeedListener): void {
    this.#listener = listener;
    this.#follow();
  }

  /** Another layout: masters may have come and gone. */
  setMasters(masters: readonly ServerAddress[]): void {
    this.#masters = masters;
    if (this.#listener) this.#follow();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ feed }) => feed.close()));
  }

  #follow(): void {
    const names = new Set(this.#masters.map(nameOf));
    for (const [name, { feed }] of this.#members)
      if (!names.has(name)) {
        this.#members.delete(name);
        void feed.close();
      }
    for (const address of this.#masters) if (!this.#members.has(nameOf(address))) this.#join(address);
    this.#review();
  }

  /** What is published is heard at every node, so one member listens to the channel. */
  #join(address: ServerAddress): void {
    const { prefix, channel, clock, timers } = this.#options;
    const isFirst = this.#members.size === 0;
    const feed = new TrackingFeed({ address, prefix, channel: isFirst ? channel : null, clock, timers });
    const member: Member = { feed, epochs: null, aliveUntil: 0 };
    this.#members.set(nameOf(address), member);
    feed.connect({
      up: (epochs) => {
        member.epochs = epochs;
        this.#review();
      },
      down: () => {
        member.epochs = null;
        member.aliveUntil = 0;
        this.#review();
      },
      changed: (keys) => this.#listener?.changed(keys),
      alive: (until) => {
        member.aliveUntil = until;
        const all = [...this.#members.values()].map(({ aliveUntil }) => aliveUntil);
        if (this.#isUp && !all.includes(0)) this.#listener?.alive(Math.min(...all));
      },
      message: (text) => this.#listener?.message(text),
    });
  }

  #review(): void {
    const members = [...this.#members.values()];
    const isUp = members.length > 0 && members.every(({ epochs }) => epochs !== null);
    const wasUp = this.#isUp;
    this.#isUp = isUp;
    if (wasUp) this.#listener?.down();
    if (isUp) this.#listener?.up(new Set(members.flatMap(({ epochs }) => [...(epochs ?? [])])));
  }
}
