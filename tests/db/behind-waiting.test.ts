/** What the database does not take now: it waits, or stands aside until somebody hands it in again. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eq } from 'drizzle-orm';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { notes, openWorld, type World } from './support/behind-world.ts';

const run = promisify(execFile);

let world: World;
let entities: Awaited<ReturnType<typeof declare>>;

beforeAll(async () => {
  world = await openWorld();
  entities = await declare();
});
beforeEach(async () => {
  world.begin();
  await world.db.write((tx) => tx.delete(notes, undefined));
});
afterAll(() => world.close());

async function declare() {
  const { itemViews } = await import('../../drizzle/schema.ts');
  const { declareEntity } = world.db;
  return {
    note: declareEntity({ name: 'note', table: notes, key: ['id'] }),
    views: declareEntity({ name: 'views', table: itemViews, key: ['kind', 'itemId'] }),
    viewsOf: async (kind: string) => {
      const [row] = await world.db.getDb().select().from(itemViews).where(eq(itemViews.kind, kind));
      return row?.views;
    },
  };
}

const starsOf = async (id: number) => {
  const [row] = await world.db.getDb().select({ stars: notes.stars }).from(notes).where(eq(notes.id, id));
  return row?.stars;
};

describe('an operation', () => {
  it('adds to a row that stands although its table requires columns that were not given', async () => {
    await world.db.write((tx) => tx.insert(notes, { id: 1, title: 't', stars: 5 }));
    const behind = world.open();
    await behind.increment(entities.note, { id: 1 }, { stars: 2, hearts: 3 });
    await behind.put(entities.note, { id: 1 }, { code: 'c' });
    expect(await behind.flush()).toBe(2);
    const [row] = await world.db.getDb().select().from(notes);
    expect(row).toEqual({ id: 1, title: 't', stars: 7, hearts: 3, code: 'c' });
    expect(world.errors).toEqual([]);
  });

  it('makes one row of many increments that several processes and direct writes bring at once', async () => {
    const away = world.redis.duplicate({
      lazyConnect: true,
      host: '127.0.0.1',
      port: 1,
      retryStrategy: null,
    });
    away.on('error', () => {});
    const processes = [world.open(), world.open(), world.open({ redis: away })];
    const item = { kind: 'event', itemId: 1 };
    await Promise.all(
      Array.from({ length: 90 }, async (_, i) => {
        const behind = processes[i % 3];
        await behind?.increment(entities.views, item, { views: 1 });
        if (i % 20 < 2) await behind?.flush();
      }),
    );
    await Promise.all(processes.map((behind) => behind.flush()));
    expect(await entities.viewsOf('event')).toBe(90);
    expect(await world.length('refused')).toBe(0);
  });

  it('waits while its row is locked, holds up no other entity, and counts once', {
    timeout: 60_000,
  }, async () => {
    await world.db.write((tx) => tx.insert(notes, { id: 1, title: 't' }));
    const behind = world.open();
    const locker = await createConnection(world.url);
    await locker.query('begin');
    await locker.query('update notes set stars = stars where id = 1');
    await behind.increment(entities.note, { id: 1 }, { stars: 1 });
    await behind.increment(entities.note, { id: 2 }, { stars: 1 });
    await behind.increment(entities.views, { kind: 'course', itemId: 1 }, { views: 1 });
    const flushing = behind.flush();
    await expect.poll(() => entities.viewsOf('course'), { timeout: 5000 }).toBe(1);
    expect(await flushing).toBe(1);
    expect(await world.length('note')).toBe(2);
    expect(await world.length('refused')).toBe(0);
    expect(world.errors.map(String)).toEqual([expect.stringMatching(/:note waits; it is tried again/)]);
    await locker.query('rollback');
    await locker.end();
    await behind.increment(entities.note, { id: 1 }, { stars: 1 });
    await behind.flush();
    expect(await starsOf(1)).toBe(2);
    expect(await world.length('note')).toBe(0);
  });

  it('stays for a process that knows its entity, and holds up no other', async () => {
    const { encodeOperation } = await import('../../server/db/behind/operations.ts');
    const { postVotes, users, posts } = await import('../../drizzle/schema.ts');
    const person = { id: 1, username: 'u', email: 'u@example.com', passwordHash: '!' };
    await world.db.write((tx) => tx.insert(users, person));
    await world.db.write((tx) => tx.insert(posts, { id: 1, userId: 1, title: 't', text: 't' }));
    const vote = {
      id: 'v',
      entity: 'vote',
      kind: 'create',
      key: { postId: 1, userId: 1 },
      values: {},
    } as const;
    await world.redis.xadd(`${world.stream()}:vote`, '*', 'op', encodeOperation(vote));
    const behind = world.open();
    await behind.increment(entities.views, { kind: 'post', itemId: 1 }, { views: 1 });
    expect(await behind.flush()).toBe(1);
    expect(await entities.viewsOf('post')).toBe(1);
    expect(await world.length('vote')).toBe(1);
    expect(world.errors).toEqual([]);
    world.db.declareEntity({ name: 'vote', table: postVotes, key: ['postId', 'userId'] });
    expect(await behind.flush()).toBe(1);
    expect(await world.db.getDb().select().from(postVotes)).toHaveLength(1);
  });

  it('that this program cannot read stays, with those after it', async () => {
    await world.redis.xadd(`${world.stream()}:note`, '*', 'op', '{"kind":"append"}');
    const behind = world.open();
    await behind.create(entities.note, { id: 1, title: 't' });
    expect(await behind.flush()).toBe(0);
    expect(await world.length('note')).toBe(2);
    expect(await world.length('refused')).toBe(0);
    expect(world.errors).toHaveLength(1);
  });

  it('never changes more than the row of its whole key, whoever put it into the stream', async () => {
    const { encodeOperation } = await import('../../server/db/behind/operations.ts');
    await world.db.write((tx) => tx.insert(notes, { id: 1, title: 't' }));
    const everything = { id: 'd', entity: 'note', kind: 'delete', key: {}, values: {} } as const;
    await world.redis.xadd(`${world.stream()}:note`, '*', 'op', encodeOperation(everything));
    expect(await world.open().flush()).toBe(0);
    expect(await world.db.getDb().select().from(notes)).toHaveLength(1);
  });
});

describe('a refused operation', () => {
  it('stands aside with the reason, is told, and applied once when it is handed in again', async () => {
    const { handInAgain, listRefused } = await import('../../server/db/behind/refused.ts');
    const streams = { redis: world.redis, stream: world.stream() };
    await world.db.write((tx) => tx.insert(notes, { id: 1, title: 't', code: 'taken' }));
    const [behind, other] = [world.open(), world.open()];
    await behind.create(entities.note, { id: 2, title: 't' });
    await behind.update(entities.note, { id: 2 }, { code: 'taken', stars: 1 }, { id: 'my-own' });
    await behind.increment(entities.note, { id: 1 }, { stars: 1 });
    await Promise.all([behind.flush(), other.flush()]);
    expect(await starsOf(1)).toBe(1);
    expect(await behind.backlog()).toMatchObject({ waiting: { note: 0 }, refused: 1 });
    const [refused, ...more] = await listRefused(streams);
    expect(more).toEqual([]);
    expect(refused).toMatchObject({ operation: { id: 'my-own', kind: 'update', key: { id: 2 } } });
    expect(refused?.reason).toMatch(/Duplicate entry 'taken'/);
    expect(world.errors.map(String)).toEqual([
      expect.stringMatching(/the database refused the update of note with the id my-own; it stands aside/),
    ]);

    expect(await handInAgain(streams)).toBe(1);
    await behind.flush();
    expect(await behind.backlog()).toMatchObject({ waiting: { note: 0 }, refused: 1 });
    await world.db.write((tx) => tx.update(notes, { code: 'free' }, eq(notes.id, 1)));
    expect(await handInAgain(streams)).toBe(1);
    expect(await behind.flush()).toBe(1);
    expect(await starsOf(2)).toBe(1);
    expect(await behind.backlog()).toMatchObject({ waiting: { note: 0 }, refused: 0 });
  });

  it('is shown and handed in again by the script, also when it came from a program that is older or newer', async () => {
    const { encodeOperation } = await import('../../server/db/behind/operations.ts');
    const stream = `behind:${world.prefix.replace(/:$/, '')}`;
    const values = { happenedAt: new Date(0) };
    const op = encodeOperation({ id: 'again-1', entity: 'rating', kind: 'update', key: { id: 7 }, values });
    await world.redis.xadd(`${stream}:refused`, '*', 'op', op, 'reason', "Unknown column 'happened_at'");
    const script = (...args: string[]) =>
      run(process.execPath, ['--import', 'tsx', 'scripts/write-behind.ts', ...args]);
    const shown = await script();
    expect(shown.stdout).toMatch(/update of rating .*"again-1".*"id":7.*: Unknown column 'happened_at'/);
    expect(await world.redis.xlen(`${stream}:refused`)).toBe(1);
    expect((await script('--again')).stdout).toMatch(/1 were handed in again/);
    expect(await world.redis.xlen(`${stream}:refused`)).toBe(0);
    const [entry] = await world.redis.xrange(`${stream}:rating`, '-', '+');
    expect(entry?.[1]).toEqual(['op', op]);
  });
});
