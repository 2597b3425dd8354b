/** Views counted behind by several clients while worker processes and both Redis servers are killed at random. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { freshDatabase, freshPrefix } from '../../support/services.ts';
import type { ViewerHandlers } from '../programs/viewer.ts';
import { type Program, startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';

type Viewer = Program<ViewerHandlers>;

export interface ViewFigures {
  acknowledged: number;
  /** By the rows of the database. */
  counted: number;
  /** By a process that reads them through the cache. */
  read: number;
  /** Calls that were handed in again, with the same id, because no answer came. */
  again: number;
  killed: { processes: number; queueRedis: number; cacheRedis: number };
  seconds: number;
}

export interface ViewOptions {
  views: number;
  clients?: number;
  processes?: number;
  /** Mean time between two kills, in ms. */
  killEveryMs?: number;
  onProgress?: (acknowledged: number) => void;
}

const ITEMS = 20;
/** Around the commit of a batch, where a random kill hardly ever falls. */
const DEATHS = ['before-commit', 'committing', 'committed'];
const DEATH_SHARE = 0.1;

/** Environment that has a process strike itself dead in one of its next batches. */
function aDeath(): Record<string, string> {
  const point = DEATHS[Math.floor(Math.random() * DEATHS.length)];
  return { LARDER_FAILPOINT: `${point}:${DEATH_SHARE}` };
}

export async function countViews(options: ViewOptions): Promise<ViewFigures> {
  const { views, clients = 8, processes = 3, killEveryMs = 600, onProgress } = options;
  const database = await freshDatabase();
  const cacheRedis = await startRedis();
  const queueRedis = await startRedis({ use: 'queue', lines: ['appendfsync always'] });
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: cacheRedis.url,
    QUEUE_REDIS_URL: queueRedis.url,
    CACHE_PREFIX: freshPrefix(),
  };
  const start = (more = {}): Promise<Viewer> =>
    startProgram<ViewerHandlers>('viewer.ts', { ...env, ...more });
  const viewers = await Promise.all(Array.from({ length: processes }, () => start(aDeath())));
  let left = views;
  let acknowledged = 0;
  let again = 0;

  async function client(): Promise<void> {
    while (left > 0) {
      left--;
      await untilAcknowledged({ id: 1 + Math.floor(Math.random() * ITEMS), viewId: randomUUID() });
      acknowledged++;
      onProgress?.(acknowledged);
    }
  }

  async function untilAcknowledged(view: { id: number; viewId: string }): Promise<void> {
    for (;;) {
      const viewer = viewers[Math.floor(Math.random() * viewers.length)];
      const done = await viewer?.call('view', view).then(
        () => true,
        () => false,
      );
      if (done) return;
      again++;
      await sleep(20);
    }
  }

  const startedAt = performance.now();
  const mortal = () => start(aDeath());
  const killing = killNowAndThen({ viewers, start: mortal, cacheRedis, queueRedis, everyMs: killEveryMs });
  try {
    await Promise.all(Array.from({ length: clients }, client));
    const killed = await killing.end();
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    await Promise.all(viewers.map((viewer) => viewer.kill()));
    const reader = await start();
    viewers.push(reader);
    await reader.call('stop');
    const counted = await countedIn(database.url);
    const ids = Array.from({ length: ITEMS }, (_, index) => index + 1);
    const read = await Promise.all(ids.map((id) => reader.call('views', id)));
    return { acknowledged, counted, read: read.reduce((sum, n) => sum + n, 0), again, killed, seconds };
  } finally {
    await killing.end();
    await Promise.all(viewers.map((viewer) => viewer.kill()));
    await Promise.all([cacheRedis.stop(), queueRedis.stop()]);
    await database.drop();
  }
}

async function countedIn(databaseUrl: string): Promise<number> {
  const connection = await createConnection(databaseUrl);
  const [[row]] = await connection.query<RowDataPacket[]>('SELECT sum(views) AS n FROM item_views');
  await connection.end();
  return Number(row?.n);
}

interface Victims {
  viewers: Viewer[];
  start(): Promise<Viewer>;
  cacheRedis: TestRedis;
  queueRedis: TestRedis;
  everyMs: number;
}

/** One victim at a time, which is back before the next is chosen; whoever dies by itself is replaced as well. */
function killNowAndThen(victims: Victims): { end(): Promise<ViewFigures['killed']> } {
  const killed = { processes: 0, queueRedis: 0, cacheRedis: 0 };
  const { viewers, start, cacheRedis, queueRedis, everyMs } = victims;
  let isOver = false;
  let end = (): void => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });

  async function killSomebody(): Promise<void> {
    const dice = Math.random();
    if (dice < 0.4) {
      const place = Math.floor(Math.random() * viewers.length);
      await viewers[place]?.kill();
      await until('the place to be taken again', () => viewers[place]?.isAlive === true);
    } else if (dice < 0.7) {
      await queueRedis.kill();
      await sleep(Math.random() * 300);
      await queueRedis.restart();
      killed.queueRedis++;
    } else {
      await cacheRedis.kill();
      await sleep(Math.random() * 300);
      await cacheRedis.restart();
      killed.cacheRedis++;
    }
  }

  async function replace(place: number): Promise<void> {
    while (!isOver) {
      await Promise.race([viewers[place]?.ended, over]);
      if (isOver) return;
      viewers[place] = await start();
      killed.processes++;
    }
  }

  const replacing = viewers.map((_, place) => replace(place));
  const loop = (async () => {
    while (!isOver) {
      await sleep(Math.random() * 2 * everyMs);
      if (!isOver) await killSomebody();
    }
  })();
  return {
    async end() {
      isOver = true;
      end();
      await Promise.all([loop, ...replacing]);
      return killed;
    },
  };
}
