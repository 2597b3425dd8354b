/**
 * The Redis port over a cluster: one `RedisServer` per master, each with its own epoch, heartbeat and clock.
 *
 * - Up means that every master is up: a cache that is half there is treated as away.
 * - A batch is split by master and, where Redis demands it, by hash slot. The parts run side by side; the engine's
 *   order of steps (lease before load, stamps before load, late stamps before the fill, all DELs before return) does
 *   not depend on any order within one batch.
 * - A redirect means that the layout is out of date: the batch counts as unknown, and the layout is read again.
 * - All stamps share one slot, and so one clock: ages are told by the clock of the master that holds it.
 */
import type { Cluster } from 'ioredis';
import { within } from '../deadline.ts';
import { AwayError, TimeLimitError } from '../errors.ts';
import type {
  Answer,
  ClockPort,
  Command,
  Connection,
  RedisListener,
  RedisPort,
  ScanPage,
  SweepFrom,
  SweptPage,
  TimerHandle,
  TimerPort,
} from '../ports.ts';
import { nameOf, parseAddress } from './addresses.ts';
import { isSameLayout, type Layout, readLayout, slotOf } from './layout.ts';
import { RedisServer, type ServerAddress } from './server.ts';
import { groupBy, type Part, split } from './split.ts';
import { sweepInTwoSteps } from './two-steps.ts';
import { sendCommands } from './wire.ts';

const SCAN_MS = 1000;
const LAYOUT_MS = 500;
const RETRY_MS = 100;
const REDIRECTS = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN)/;

export interface ClusterPorts {
  clock: ClockPort;
  timers: TimerPort;
  timeoutMs: number;
  /** A key of the slot that holds all stamps. */
  stampKey: string;
  onLayout: (masters: readonly ServerAddress[]) => void;
}

export class ClusterRedis implements RedisPort {
  readonly #seeds: readonly ServerAddress[];
  readonly #ports: ClusterPorts;
  readonly #servers = new Map<string, RedisServer>();
  #listener: RedisListener = { up: () => undefined, down: () => undefined };
  #layout: Layout | null = null;
  #connection: Connection | null = null;
  #connecting: Promise<void> | null = null;
  #isReading = false;
  #retry: TimerHandle | null = null;
  #closed = false;
  #adopted: Cluster | null = null;

  constructor(nodes: readonly string[], ports: ClusterPorts) {
    this.#seeds = nodes.map(parseAddress);
    this.#ports = ports;
  }

  listen(listener: RedisListener): void {
    this.#listener = listener;
  }

  connect(): Promise<void> {
    this.#connecting ??= this.#readLayout();
    return this.#connecting;
  }

  connection(): Connection | null {
    return this.#connection;
  }

  layout(): unknown {
    return this.#layout;
  }

  silent(): boolean {
    for (const server of this.#servers.values()) if (server.isSilent) return true;
    return false;
  }

  async send(commands: readonly Command[]): Promise<Answer> {
    const from = this.#connection;
    if (!from) throw new AwayError('a master is down');
    const { parts, finish } = split(commands, this.#ports.stampKey);
    const byServer = groupBy(parts, (part) => this.#ownerOf(part.key));
    await Promise.all([...byServer].map(([server, own]) => this.#sendParts(server, own)));
    if (this.#connection !== from) throw new AwayError('a connection changed under the question');
    return { replies: finish(), from };
  }

  async #sendParts(server: RedisServer, parts: readonly Part[]): Promise<void> {
    const commands = parts.map(({ command }) => command);
    const replies = await new Promise<unknown[]>((answer, fail) =>
      sendCommands(server.line, commands, { apart: null, answer, fail }),
    );
    for (const [at, part] of parts.entries()) {
      const reply = replies[at];
      if (reply instanceof Error && REDIRECTS.test(reply.message)) {
        void this.#readLayout();
        throw new AwayError(`the cluster's layout changed (${reply.message})`);
      }
      part.put(reply);
    }
  }

  #ownerOf(key: string): RedisServer {
    const owner = this.#layout?.owners[slotOf(key)];
    const server = owner === undefined ? undefined : this.#servers.get(owner);
    if (!server) throw new AwayError(`no master serves the slot of "${key}"`);
    return server;
  }

  /** A cursor is the master's place in the list, a colon, and its own cursor. */
  async scanPage(
    pattern: string,
    { cursor, count }: { cursor: string | null; count: number },
  ): Promise<ScanPage> {
    if (!this.#connection) throw new AwayError('a master is down');
    const [place = 0, own = '0'] =
      cursor === null ? [] : [Number(cursor.split(':')[0]), cursor.split(':')[1]];
    const servers = [...this.#servers.keys()].sort();
    const server = this.#servers.get(servers[place] ?? '');
    if (!server) return { names: [], cursor: null };
    const scanning = server.client.scan(own, 'MATCH', pattern, 'COUNT', count);
    const error = () => new TimeLimitError(SCAN_MS);
    const [next, names] = await within(scanning, { ms: SCAN_MS, timers: this.#ports.timers, error });
    if (next !== '0') return { names, cursor: `${place}:${next}` };
    return { names, cursor: place + 1 < servers.length ? `${place + 1}:0` : null };
  }

  sweepPage(from: SweepFrom): Promise<SweptPage> {
    return sweepInTwoSteps(this, from, (names) => this.#empty(names));
  }

  async #empty(keys: readonly string[]): Promise<number> {
    const error = () => new TimeLimitError(SCAN_MS);
    const sweeping = this.send([{ op: 'drop', keys }]);
    const { replies } = await within(sweeping, { ms: SCAN_MS, timers: this.#ports.timers, error });
    if (replies[0] instanceof Error) throw replies[0];
    return replies[0] as number;
  }

  redisNow(): number {
    return this.#ownerOf(this.#ports.stampKey).redisNow();
  }

  /** A client for the program's own operations, that ends with this one. */
  adopt(client: Cluster): Cluster {
    client.on('error', () => undefined);
    this.#adopted = client;
    return client;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#adopted?.disconnect();
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }

  /** Asks whoever answers first in the list of the known masters and the seeds. */
  async #readLayout(): Promise<void> {
    if (this.#isReading || this.#closed) return;
    this.#isReading = true;
    try {
      for (const seed of [...(this.#layout?.masters.values() ?? []), ...this.#seeds]) {
        const server = this.#serverAt(seed);
        if (server.epoch === null) await server.connect();
        const layout = server.epoch === null ? null : await this.#layoutOf(server, seed);
        if (layout) return await this.#follow(layout);
      }
      this.#readAgainLater();
    } finally {
      this.#isReading = false;
    }
  }

  async #layoutOf(server: RedisServer, seed: ServerAddress): Promise<Layout | null> {
    const error = () => new TimeLimitError(LAYOUT_MS);
    const reading = readLayout(server.client, seed);
    return within(reading, { ms: LAYOUT_MS, timers: this.#ports.timers, error }).catch(() => null);
  }

  async #follow(layout: Layout): Promise<void> {
    if (layout.owners.includes(undefined)) return this.#readAgainLater();
    const isNew = !this.#layout || !isSameLayout(this.#layout, layout);
    if (isNew) {
      this.#layout = layout;
      this.#ports.onLayout([...layout.masters.values()]);
    }
    for (const [name, server] of this.#servers)
      if (!layout.masters.has(name)) {
        this.#servers.delete(name);
        void server.close();
      }
    await Promise.all([...layout.masters.values()].map((address) => this.#serverAt(address).connect()));
    this.#review(isNew);
  }

  #readAgainLater(): void {
    this.#retry?.cancel();
    this.#retry = this.#ports.timers.after(RETRY_MS, () => void this.#readLayout(), true);
  }

  #serverAt(address: ServerAddress): RedisServer {
    const name = nameOf(address);
    const known = this.#servers.get(name);
    if (known) return known;
    const server = new RedisServer(address, this.#ports);
    this.#servers.set(name, server);
    server.listen({
      up: () => this.#review(true),
      down: () => {
        this.#review(true);
        this.#readAgainLater();
      },
    });
    return server;
  }

  /** Any change of any master makes another connection: answers from before and after never mix. */
  #review(hasChanged: boolean): void {
    if (!hasChanged && this.#connection) return;
    const wasUp = this.#connection !== null;
    this.#connection = this.#snapshot();
    if (wasUp) this.#listener.down();
    if (this.#connection) this.#listener.up(this.#connection);
  }

  #snapshot(): Connection | null {
    const layout = this.#layout;
    if (!layout) return null;
    const epochs = new Map<string, string>();
    for (const name of layout.masters.keys()) {
      const epoch = this.#servers.get(name)?.epoch;
      if (!epoch) return null;
      epochs.set(name, epoch);
    }
    return { epochOf: (key) => epochs.get(layout.owners[slotOf(key)] as string) as string };
  }
}
