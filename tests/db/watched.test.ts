/** What other programs' writes end where rows cannot be named, by the program's own declarations. */
import { beforeAll, describe, expect, it } from 'vitest';
import { freshEnvironment } from '../support/services.ts';

let watched: typeof import('../../server/db/foreign/watched.ts');

beforeAll(async () => {
  const environment = await freshEnvironment();
  await import('../../server/root-router.ts');
  watched = await import('../../server/db/foreign/watched.ts');
  const { closeDb } = await import('../../server/db/index.ts');
  const { cache } = await import('../../server/app-cache.ts');
  return async () => {
    await cache.close();
    await closeDb();
    await environment.drop();
  };
});

describe('a write to a whole table', () => {
  it('ends the namespaces that show it or what goes with it, and no other', () => {
    const ended = watched.namespacesOfTable('users');
    expect(ended).toEqual(expect.arrayContaining(['user', 'session', 'job', 'posts', 'feed', 'analytics']));
    for (const other of ['courses', 'products', 'events', 'views']) expect(ended).not.toContain(other);
  });

  it('ends nothing where no cached read shows the table', () => {
    expect(watched.namespacesOfTable('outbox')).toEqual([]);
  });
});
