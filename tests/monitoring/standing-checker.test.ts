/** The standing checker, over a real cache and a real database that is changed behind the cache's back. */
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createStandingChecker, type StandingChecker } from '../../server/monitoring/standing-checker.ts';
import { type FreshDatabase, freshEnvironment } from '../support/services.ts';

let environment: FreshDatabase;
let app: typeof import('../../server/app-cache.ts');
let db: typeof import('../../server/db/index.ts');
let userById: typeof import('../../server/users/users-reads.ts').userById;
let users: typeof import('../../drizzle/schema.ts').users;
let other: Connection;
let checker: StandingChecker;

beforeAll(async () => {
  environment = await freshEnvironment();
  app = await import('../../server/app-cache.ts');
  db = await import('../../server/db/index.ts');
  ({ users } = await import('../../drizzle/schema.ts'));
  ({ userById } = await import('../../server/users/users-reads.ts'));
  other = await mysql.createConnection(environment.url);
});

function observeAnew(): void {
  checker = createStandingChecker({ share: 1 });
  app.observeReads(checker.offer);
}

beforeEach(observeAnew);

afterAll(async () => {
  app.observeReads(undefined);
  await other.end();
  await db.flushOutbox();
  await app.cache.close();
  await db.closeDb();
  await environment.drop();
});

async function newUser(username: string): Promise<number> {
  const row = { username, email: `${username}${Math.random()}@example.com`, passwordHash: '!' };
  const [id = 0] = await db.write((tx) => tx.insert(users, row));
  return id;
}

describe('the standing checker', () => {
  it('compares sampled reads with the database and finds right answers right', async () => {
    const id = await newUser('right');
    for (let i = 0; i < 5; i++) await userById.get(id);
    await expect.poll(() => checker.counts().checked, { timeout: 10_000 }).toBe(5);
    expect(checker.counts().wrong).toEqual({});
    expect(checker.wrongPerMillion()).toBe(0);
  });

  it('counts an answer that stays wrong under its namespace, at the last age at which it disagreed', async () => {
    const id = await newUser('before');
    await userById.get(id);
    await other.query('UPDATE users SET username = "after" WHERE id = ?', [id]);
    await userById.get(id);
    await expect
      .poll(() => checker.counts().wrong.user?.[1000]?.redis, { timeout: 10_000 })
      .toBeGreaterThan(0);
    expect(checker.wrongPerMillion()).toBeGreaterThan(0);
  });

  it('is offered one answer of every list, with its own argument', async () => {
    const ids = [await newUser('first'), await newUser('second'), await newUser('third')];
    await userById.getMany(ids);
    await expect.poll(() => checker.counts().checked, { timeout: 10_000 }).toBe(1);
    await other.query('UPDATE users SET username = "behind" WHERE id IN (?)', [ids]);
    await userById.getMany(ids);
    await expect
      .poll(() => checker.counts().wrong.user?.[1000]?.redis, { timeout: 10_000 })
      .toBeGreaterThan(0);
    await userById.getMany([]);
    expect(checker.counts().checked).toBe(2);
  });

  it('blames nobody for an event that begins, and still sees one that another program made', async () => {
    const { startsToCome } = await import('../../server/catalog/events-reads.ts');
    const { events } = await import('../../drizzle/schema.ts');
    const [soon, late] = [new Date(Date.now() + 700), new Date(Date.now() + 3_600_000)];
    const event = (slug: string, startsAt: Date) =>
      ({
        slug,
        title: slug,
        description: '',
        priceCents: 0,
        published: true,
        startsAt,
        endsAt: late,
        zone: 'UTC',
        venue: '',
      }) as never;
    await db.write((tx) => tx.insert(events, [event('soon', soon), event('late', late)]));
    expect(await startsToCome()).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(await startsToCome()).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(checker.counts()).toEqual({ checked: 2, raced: 0, wrong: {} });
    observeAnew();
    await other.query('UPDATE events SET published = 0 WHERE slug = "late"');
    await startsToCome();
    await expect.poll(() => checker.counts().wrong.events?.[1000], { timeout: 10_000 }).toBeDefined();
  });

  it('blames nobody for a session that ends, and still sees one that another program revoked', async () => {
    const { sessionByTokenHash } = await import('../../server/sessions/sessions-reads.ts');
    const { sessions } = await import('../../drizzle/schema.ts');
    const userId = await newUser('visitor');
    const session = (tokenHash: string, ms: number) => ({
      userId,
      tokenHash,
      expiresAt: new Date(Date.now() + ms),
    });
    await db.write((tx) => tx.insert(sessions, [session('short', 700), session('long', 60_000)]));
    await sessionByTokenHash.get('short');
    await new Promise((resolve) => setTimeout(resolve, 800));
    await sessionByTokenHash.get('short');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(checker.counts()).toEqual({ checked: 2, raced: 0, wrong: {} });
    await sessionByTokenHash.get('long');
    await other.query('DELETE FROM sessions WHERE token_hash = "long"');
    await sessionByTokenHash.get('long');
    await expect.poll(() => checker.counts().wrong.session?.[1000], { timeout: 10_000 }).toBeDefined();
  });

  it('blames nobody for a write that came between the read and the comparison', async () => {
    const id = await newUser('racing');
    await userById.get(id);
    const answer = userById.get(id);
    await db.write((tx) => tx.update(users, { username: 'raced' }, undefined));
    await answer;
    await checker.stop();
    expect(checker.counts().wrong).toEqual({});
  });
});
