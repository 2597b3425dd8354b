/** Views, presence and the activity log, through the API and the write-behind. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, openApi } from '../support/api.ts';

const SOON = { timeout: 15_000 };

let api: Api;
let flush: () => Promise<number>;

beforeAll(async () => {
  api = await openApi();
  const { behind } = await import('../../server/db/index.ts');
  flush = () => behind().flush();
});

afterAll(() => api.close());

const views = async (id: number) => (await api.query('activity.views', { kind: 'course', id })).data;

describe('a view', () => {
  it('is acknowledged at once and counted within seconds, by everybody', async () => {
    expect(await views(1)).toBe(0);
    const answers = await Promise.all(
      [1, 2, 3].map(() => api.mutate('activity.view', { kind: 'course', id: 1 })),
    );
    expect(answers.map(({ data }) => data)).toEqual(Array(3).fill({ acknowledged: true }));
    await flush();
    expect(await views(1)).toBe(3);
  });

  it('counts once when it is sent again after a lost answer', async () => {
    const view = { kind: 'course', id: 2, viewId: 'a-view-of-mine' };
    await api.mutate('activity.view', view);
    await flush();
    await api.mutate('activity.view', view);
    await flush();
    expect(await views(2)).toBe(1);
  });

  it('counts once under each name of 60 to 64 characters, though the names begin alike or differ in case alone', async () => {
    const names = ['a', 'b', 'A'].map((last) => `${'view-of-mine'.repeat(5)}abc${last}`);
    for (const viewId of [...names, ...names, names[0]?.slice(0, 60)])
      await api.mutate('activity.view', { kind: 'course', id: 3, viewId });
    await flush();
    for (const viewId of names) await api.mutate('activity.view', { kind: 'course', id: 3, viewId });
    await flush();
    expect(await views(3)).toBe(4);
  });

  it('counts for each item that it is of, though the caller names all of them alike', async () => {
    for (const id of [4, 5, 4, 5])
      await api.mutate('activity.view', { kind: 'course', id, viewId: 'one-for-all' });
    await flush();
    expect([await views(4), await views(5)]).toEqual([1, 1]);
  });

  it('of a kind that there is not is refused, with what was expected', async () => {
    const { status, error } = await api.mutate('activity.view', { kind: 'member', id: 1 });
    expect(status).toBe(400);
    expect(error?.data.field).toBe('kind');
  });
});

describe('a member', () => {
  it('finds when they were last here and what they did', async () => {
    const { token } = await api.person('member');
    await api.mutate('posts.create', { title: 'Hello', text: 'World' }, { token });
    const mine = async () =>
      (await api.query('activity.mine', undefined, { token })).data as {
        lastSeenAt: Date | null;
        newest: { action: string; subject: string }[];
      };
    await expect
      .poll(async () => {
        await flush();
        return (await mine()).newest;
      }, SOON)
      .toMatchObject([{ action: 'post', subject: 'Hello' }]);
    expect((await mine()).lastSeenAt).toBeInstanceOf(Date);
  });

  it('leaves no trace of an act that was refused', async () => {
    const { token } = await api.person('member');
    await api.mutate('library.purchase', { productId: 999_999 }, { token });
    await flush();
    const { data } = await api.query('activity.mine', undefined, { token });
    expect(data).toMatchObject({ newest: [] });
  });
});
