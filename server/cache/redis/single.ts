/** The Redis port over one server. */
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
  TimerPort,
} from '../ports.ts';
import { RedisServer } from './server.ts';
import { sendCommands, sweepByScript } from './wire.ts';

/** A slice is short, but a hostile pattern on long keys may take its time. */
const SCAN_MS = 1000;

export class SingleRedis implements RedisPort {
  readonly server: RedisServer;
  readonly setsApart = true;
  readonly #apart: string;
  #connection: Connection | null = null;
  readonly #timers: TimerPort;
  #connecting: Promise<void> | null = null;

  /** `apart`: what the names of large entries begin with. */
  constructor(url: string, ports: { clock: ClockPort; timers: TimerPort; timeoutMs: number; apart: string }) {
    this.#apart = ports.apart;
    this.#timers = ports.timers;
    this.server = new RedisServer(url, ports);
  }

  listen(listener: RedisListener): void {
    this.server.listen({
      up: () => {
        const epoch = this.server.epoch as string;
        this.#connection = { epochOf: () => epoch };
        listener.up(this.#connection);
      },
      down: () => {
        this.#connection = null;
        listener.down();
      },
    });
  }

  connect(): Promise<void> {
    this.#connecting ??= this.server.connect();
    return this.#connecting;
  }

  connection(): Connection | null {
    return this.#connection;
  }

  layout(): unknown {
    return this.server;
  }

  silent(): boolean {
    return this.server.isSilent;
  }

  send(commands: readonly Command[]): Promise<Answer> {
    const from = this.#connection;
    if (!from) return Promise.reject(new AwayError('there is no connection'));
    return new Promise((resolve, reject) => {
      const answer = (replies: unknown[]): void => {
        if (this.#connection === from) resolve({ replies, from });
        else reject(new AwayError('the connection changed under the question'));
      };
      sendCommands(this.server.line, commands, { apart: this.#apart, answer, fail: reject });
    });
  }

  async scanPage(
    pattern: string,
    { cursor, count }: { cursor: string | null; count: number },
  ): Promise<ScanPage> {
    if (!this.#connection) throw new AwayError('there is no connection');
    const scanning = this.server.client.scan(cursor ?? '0', 'MATCH', pattern, 'COUNT', count);
    const error = () => new TimeLimitError(SCAN_MS);
    const [next, names] = await within(scanning, { ms: SCAN_MS, timers: this.#timers, error });
    return { names, cursor: next === '0' ? null : next };
  }

  /** In one step: the names need not travel here and back. */
  async sweepPage(from: SweepFrom): Promise<SweptPage> {
    if (!this.#connection) throw new AwayError('there is no connection');
    const sweeping = sweepByScript(this.server.line, from, this.#apart);
    const error = () => new TimeLimitError(SCAN_MS);
    return within(sweeping, { ms: SCAN_MS, timers: this.#timers, error });
  }

  redisNow(): number {
    return this.server.redisNow();
  }

  close(): Promise<void> {
    return this.server.close();
  }
}
