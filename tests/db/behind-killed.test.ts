/** A process that dies after the commit of what it applied, and before it took that out of the stream. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { queueRedisUrl } from '../support/services.ts';
import { openWorld, type World } from './support/behind-world.ts';

let world: World;
let itemViews: typeof import('../../drizzle/schema.ts').itemViews;

beforeAll(async () => {
  world = await openWorld();
  ({ itemViews } = await import('../../drizzle/schema.ts'));
});
afterAll(() => world.close());

/** Answers how the process ended. */
async function applyAndDie(): Promise<string | null> {
  const env = { ...process.env, QUEUE_REDIS_URL: queueRedisUrl(), STREAM: world.stream() };
  const program = new URL('./support/dying-flusher.ts', import.meta.url);
  const child = fork(program, { env, execArgv: ['--import', 'tsx'] });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal;
}

it('leaves each operation applied once, and so do two of its kind, one after the other', {
  timeout: 60_000,
}, async () => {
  world.begin();
  const entity = world.db.declareEntity({ name: 'views', table: itemViews, key: ['kind', 'itemId'] });
  const behind = world.open();
  const count = async (from: number, to: number) => {
    for (let i = from; i < to; i++)
      await behind.increment(entity, { kind: 'killed', itemId: i % 3 }, { views: 1 }, { id: `view-${i}` });
  };
  const counted = async () => {
    const rows = await world.db.getDb().select().from(itemViews);
    return rows.map(({ views }) => views);
  };
  await count(0, 30);
  expect(await applyAndDie()).toBe('SIGKILL');
  expect(await counted()).toEqual([10, 10, 10]);
  expect(await world.length('views')).toBe(30);
  await count(30, 60);
  expect(await applyAndDie()).toBe('SIGKILL');
  expect(await world.length('views')).toBe(60);
  expect(await behind.flush()).toBe(0);
  expect(await counted()).toEqual([20, 20, 20]);
  expect(await world.length('views')).toBe(0);
  await count(0, 60);
  expect(await behind.flush()).toBe(0);
  expect(await counted()).toEqual([20, 20, 20]);
  expect(world.errors).toEqual([]);
});
