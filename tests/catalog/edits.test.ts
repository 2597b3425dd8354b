import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../support/api.ts';
import { HOUR_MS, openShop, type Shop } from './support/shop.ts';

let shop: Shop;
let admin: Person;
let member: Person;

beforeAll(async () => {
  shop = await openShop();
  [admin, member] = [await shop.person('admin'), await shop.person()];
});
afterAll(() => shop.close());

describe('slugs', () => {
  test.each([
    ['Größe & Übung: Teil 2', 'grosse-ubung-teil-2'],
    ['日本語入門', '日本語入門'],
    ['हिन्दी सीखें', 'हिन्दी-सीखें'],
    ['Привет, мир', 'привет-мир'],
    ["Don't Panic", 'dont-panic'],
    ['x'.repeat(200), 'x'.repeat(120)],
  ])('%s becomes %s and is found by it', async (title, slug) => {
    const course = await shop.course({ title });
    expect(course.slug).toBe(slug);
    const found = await shop.query('catalog.courses.bySlug', { slug: slug.toUpperCase().normalize('NFD') });
    expect(found.data).toMatchObject({ id: course.id, title });
  });

  test('a slug with a space behind it finds the same course, and none when the slug has changed', async () => {
    const { getCachedCourseBySlug } = await import('../../server/_core/catalogDataAccess.ts');
    const course = await shop.course({ title: 'Padded', slug: 'padded' });
    expect(await getCachedCourseBySlug('padded ')).toMatchObject({ id: course.id });
    const change = { id: course.id, version: course.version, slug: 'not-padded' };
    expect((await shop.mutate('catalog.courses.update', change, admin)).status).toBe(200);
    expect(await getCachedCourseBySlug('padded ')).toBe(null);
  });

  test('a title without letters needs a slug of its own', async () => {
    const bare = await shop.mutate('catalog.courses.create', { title: '🎉🎉', priceCents: 0 }, admin);
    expect(bare.status).toBe(400);
    expect(bare.error?.data.field).toBe('slug');
    const given = await shop.mutate(
      'catalog.courses.create',
      { title: '🎉🎉', slug: 'party', priceCents: 0 },
      admin,
    );
    expect(given.data).toMatchObject({ title: '🎉🎉', slug: 'party' });
  });

  test('a taken slug is a conflict that proposes another, for creating and editing alike', async () => {
    await shop.course({ slug: 'taken' });
    const other = await shop.course({ slug: 'free' });
    const create = { title: 'Taken', priceCents: 0 };
    const edit = { id: other.id, version: other.version, slug: 'taken' };
    for (const answer of [
      await shop.mutate('catalog.courses.create', create, admin),
      await shop.mutate('catalog.courses.update', edit, admin),
    ]) {
      expect(answer.status).toBe(409);
      expect(answer.error?.data).toMatchObject({ code: 'CONFLICT', field: 'slug', got: '"taken"' });
      expect(answer.error?.data.expected).toContain('"taken-2"');
    }
  });

  test('a removed item leaves its slug to others', async () => {
    const old = await shop.course({ slug: 'comes-back' });
    await shop.mutate('catalog.courses.remove', { id: old.id }, admin);
    const again = await shop.course({ slug: 'comes-back' });
    const found = await shop.query('catalog.courses.bySlug', { slug: 'comes-back' });
    expect(found.data).toMatchObject({ id: again.id });
  });
});

describe('edits', () => {
  test('of an older version are refused, and change nothing', async () => {
    const course = await shop.course();
    const first = { id: course.id, version: course.version, title: 'First edit' };
    expect((await shop.mutate('catalog.courses.update', first, admin)).data).toMatchObject({ version: 2 });
    const late = await shop.mutate('catalog.courses.update', { ...first, title: 'Late edit' }, admin);
    expect(late.status).toBe(409);
    expect(late.error?.data).toMatchObject({ field: 'version', expected: '2', got: '1' });
    expect((await shop.query('catalog.courses.byId', { id: course.id })).data).toMatchObject({
      title: 'First edit',
    });
  });

  test('of two at the same time one wins and the other is told', async () => {
    const course = await shop.course();
    const edits = ['one', 'two', 'three'].map((title) =>
      shop.mutate('catalog.courses.update', { id: course.id, version: 1, title }, admin),
    );
    const statuses = (await Promise.all(edits)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 409, 409]);
  });

  test('that change nothing keep the version', async () => {
    const course = await shop.course({ curriculum: [{ title: 'A', lessons: [{ title: 'b', minutes: 3 }] }] });
    const same = { id: course.id, version: 1, title: course.title, curriculum: course.curriculum };
    expect((await shop.mutate('catalog.courses.update', same, admin)).data).toMatchObject({ version: 1 });
  });

  test('of what is not there answer 404', async () => {
    for (const act of ['update', 'remove']) {
      const input = { id: 999_999, version: 1, title: 'x' };
      expect((await shop.mutate(`catalog.courses.${act}`, input, admin)).status).toBe(404);
    }
  });

  test('stock is counted from what is there, and never below nothing', async () => {
    const product = await shop.product({ stock: 5 });
    const change = (by: number) =>
      shop.mutate('catalog.products.updateInventory', { id: product.id, by }, admin);
    await Promise.all([change(3), change(-2), change(10)]);
    expect((await shop.query('catalog.products.byId', { id: product.id })).data).toMatchObject({ stock: 16 });
    const tooMany = await change(-17);
    expect(tooMany.error?.data).toMatchObject({
      code: 'CONFLICT',
      field: 'by',
      expected: 'at least -16',
      got: '-17',
    });
    const unlimited = await shop.product();
    expect(
      (await shop.mutate('catalog.products.updateInventory', { id: unlimited.id, by: 1 }, admin)).status,
    ).toBe(409);
  });

  const course = { title: 'A', priceCents: 0 };
  const start = new Date(Date.now() + HOUR_MS);
  const event = {
    title: 'E',
    priceCents: 0,
    startsAt: start,
    endsAt: new Date(+start + 1),
    zone: 'UTC',
    venue: 'V',
  };
  test.each([
    ['courses', { ...course, priceCents: 19.99 }, 'priceCents'],
    ['courses', { ...course, priceCents: -1 }, 'priceCents'],
    ['courses', { ...course, priceCents: '5' }, 'priceCents'],
    ['courses', { ...course, currency: 'XYZ1' }, 'currency'],
    ['courses', { ...course, title: '   ' }, 'title'],
    ['courses', { ...course, title: 'x'.repeat(201) }, 'title'],
    ['courses', { ...course, slug: 'a--b' }, 'slug'],
    ['courses', { ...course, slug: 'a/b' }, 'slug'],
    ['courses', { ...course, imageUrl: 'javascript:alert(1)' }, 'imageUrl'],
    [
      'courses',
      { ...course, curriculum: [{ title: 'A', lessons: [{ title: 'x', minutes: -1 }] }] },
      'curriculum.0.lessons.0.minutes',
    ],
    ['products', { ...course, type: 'all' }, 'type'],
    ['products', { ...course, type: 'pdf', stock: -1 }, 'stock'],
    ['events', { ...event, zone: 'Mars/Olympus' }, 'zone'],
    ['events', { ...event, zone: '+02:00' }, 'zone'],
    ['events', { ...event, endsAt: start }, 'endsAt'],
    ['events', { ...event, startsAt: 'tomorrow' }, 'startsAt'],
    ['events', { ...event, startsAt: new Date(8e15) }, 'startsAt'],
    ['events', { ...event, seats: 1.5 }, 'seats'],
  ])('%s refuses %j and names the field', async (kind, input, field) => {
    const { status, error } = await shop.mutate(`catalog.${kind}.create`, input, admin);
    expect(status).toBe(400);
    expect(error?.data).toMatchObject({ code: 'BAD_REQUEST', field });
    expect(error?.data.expected).toBeTruthy();
  });

  test('are for admins alone', async () => {
    const operator = await shop.person('operator');
    for (const kind of ['courses', 'products', 'events']) {
      for (const act of ['create', 'update', 'remove']) {
        expect((await shop.mutate(`catalog.${kind}.${act}`, course)).status).toBe(401);
        for (const person of [member, operator])
          expect((await shop.mutate(`catalog.${kind}.${act}`, course, person)).status).toBe(403);
      }
    }
  });
});
