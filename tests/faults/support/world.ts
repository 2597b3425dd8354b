/** Several worker processes over one database and one Redis, each behind a proxy of its own that can be cut. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { freshDatabase, freshPrefix } from '../../support/services.ts';
import { type TcpProxy, tcpProxy } from '../../support/tcp-proxy.ts';
import type { Load, WorkerHandlers } from '../programs/worker.ts';
import { type Checks, sumOfChecks } from './checks.ts';
import { createItems } from './items.ts';
import { type LogRecord, RECORD_BYTES, readLogs } from './log.ts';
import { type Program, startProgram } from './program.ts';

export type Worker = Program<WorkerHandlers>;

export interface WorldOptions {
  processes: number;
  items: number;
  /** Lines for the configuration of the world's own Redis. */
  redisLines?: string[];
  /** Other servers than one of its own: environment for the workers. */
  redisEnv?: Record<string, string>;
  env?: Record<string, string>;
}

export interface World {
  readonly workers: Worker[];
  readonly redis: TestRedis;
  /** Of the worker at the same place. */
  readonly proxies: TcpProxy[];
  readonly prefix: string;
  readonly databaseUrl: string;
  /** The number under which the worker in that place makes its notes. */
  numberAt(place: number): number;
  /** Starts a further worker, in that place, with a number of its own. */
  spawn(place: number, env?: Record<string, string>): Promise<Worker>;
  start(load: Load): Promise<void>;
  stopLoad(): Promise<void>;
  /** Everything that was noted so far, by the living and the dead. */
  records(): LogRecord[];
  /** What the standing checkers of the living found. */
  checks(): Promise<Checks>;
  /** How many records there are. */
  noted(): number;
  close(): Promise<void>;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'larder-faults-'));
  const database = await freshDatabase();
  await createItems(database.url, options.items);
  const redis = await startRedis({ lines: options.redisLines });
  const places = Array.from({ length: options.processes }, (_, place) => place);
  const proxies = await Promise.all(places.map(() => tcpProxy(redis.url)));
  const prefix = freshPrefix();
  const workers: Worker[] = [];
  const everybody: Worker[] = [];
  const numbers = new Map<Worker, number>();
  let last = 0;

  async function spawn(place: number, env: Record<string, string> = {}): Promise<Worker> {
    const number = ++last;
    const own = {
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: '12',
      REDIS_URL: proxies[place]?.url ?? redis.url,
      CACHE_PREFIX: prefix,
      LOG_FOLDER: folder,
      WHO: String(number),
    };
    const given = { ...own, ...options.redisEnv, ...options.env, ...env };
    const worker = await startProgram<WorkerHandlers>('worker.ts', given, { bundled: true });
    everybody.push(worker);
    numbers.set(worker, number);
    return worker;
  }

  workers.push(...(await Promise.all(places.map((place) => spawn(place)))));
  return {
    workers,
    redis,
    proxies,
    prefix,
    databaseUrl: database.url,
    numberAt: (place) => numbers.get(workers[place] as Worker) ?? 0,
    spawn,
    start: async (load) => void (await Promise.all(workers.map((worker) => worker.call('start', load)))),
    stopLoad: async () => void (await Promise.all(workers.map((worker) => worker.call('stop')))),
    records: () => readLogs(folder),
    checks: async () => sumOfChecks(await Promise.all(workers.map((worker) => worker.call('checks')))),
    noted: () =>
      readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / RECORD_BYTES,
    async close() {
      await Promise.all(everybody.map((worker) => worker.kill()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await redis.stop();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
