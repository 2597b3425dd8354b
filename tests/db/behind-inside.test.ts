/** Write-behind within a `write`: what was acknowledged does not hang on how that write ends. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { labels, openWorld, type World } from './support/behind-world.ts';

const entity = { name: 'labels', table: labels, key: ['name'] } as const;
let world: World;

beforeAll(async () => {
  world = await openWorld();
  world.db.declareEntity(entity);
});
beforeEach(() => world.begin());
afterAll(() => world.close());

const uses = async (name: string) =>
  (await world.db.getDb().select().from(labels).where(eq(labels.name, name)))[0]?.uses;

it('an operation is refused within the work of a write, which may be rolled back or run again, and taken behind its commit', async () => {
  const behind = world.open();
  const count = () => behind.increment(entity, { name: 'inside' }, { uses: 1 });
  await expect(world.db.write(count)).rejects.toThrow('expected it behind the commit');
  expect(await world.length('labels')).toBe(0);
  await world.db.write(async (tx) => tx.afterCommit(count));
  await behind.flush();
  expect(await uses('inside')).toBe(1);
});

it('operations that are flushed within a write stay applied when that one is rolled back', async () => {
  const behind = world.open();
  await behind.increment(entity, { name: 'flushed' }, { uses: 3 });
  const failing = world.db.write(async () => {
    expect(await behind.flush()).toBe(1);
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  await behind.flush();
  expect(await uses('flushed')).toBe(3);
});
