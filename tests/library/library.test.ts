import { randomUUID } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { HOUR_MS, openShop, type Shop } from '../catalog/support/shop.ts';
import type { Person } from '../support/api.ts';

let shop: Shop;
let admin: Person;
let member: Person;
let other: Person;

beforeAll(async () => {
  shop = await openShop();
  admin = await shop.person('admin');
});
afterAll(() => shop.close());

beforeEach(async () => {
  member = await shop.person();
  other = await shop.person();
});

const held = async (what: string, person = member) =>
  (await shop.query(`library.${what}`, undefined, person)).data as { id: number }[];
const act = (name: string, input: object, person = member) => shop.mutate(`library.${name}`, input, person);
const idOf = (answer: { data: unknown }) => (answer.data as { id: number }).id;

describe('a library', () => {
  test('shows what its member holds, with the titles, and nothing of others', async () => {
    const [course, product, event] = [await shop.course(), await shop.product(), await shop.event()];
    await act('enroll', { courseId: course.id });
    await act('purchase', { productId: product.id });
    await act('book', { eventId: event.id });
    expect(await held('enrollments')).toMatchObject([
      { course: { id: course.id, title: course.title, available: true } },
    ]);
    expect(await held('purchases')).toMatchObject([
      { priceCents: 1900, currency: 'EUR', product: { id: product.id, title: product.title, type: 'pdf' } },
    ]);
    expect(await held('bookings')).toMatchObject([
      { event: { id: event.id, title: event.title, startsAt: event.startsAt, zone: 'Europe/Berlin' } },
    ]);
    for (const what of ['enrollments', 'purchases', 'bookings']) expect(await held(what, other)).toEqual([]);
  });

  test('is one hit for each kind the second time', async () => {
    const course = await shop.course();
    await act('enroll', { courseId: course.id });
    await shop.warm(() => held('enrollments'));
    const { hits, misses } = await shop.listen(() => held('enrollments'));
    expect(misses).toEqual([]);
    expect(hits).toContain(`user:${member.id}:enrollments`);
  });

  test('follows a change of title at once, and leaves libraries without the item alone', async () => {
    const course = await shop.course();
    await act('enroll', { courseId: course.id });
    await shop.warm(() => Promise.all([held('enrollments'), held('enrollments', other)]));
    await shop.mutate('catalog.courses.update', { id: course.id, version: 1, title: 'A new title' }, admin);
    const { value, misses } = await shop.listen(async () => [
      await held('enrollments'),
      await held('enrollments', other),
    ]);
    expect(value).toMatchObject([[{ course: { title: 'A new title' } }], []]);
    expect(misses).toEqual([`user:${member.id}:enrollments`]);
  });

  test('keeps what was removed from the shop, marked as no longer available', async () => {
    const product = await shop.product();
    await act('purchase', { productId: product.id });
    await held('purchases');
    await shop.mutate('catalog.products.remove', { id: product.id }, admin);
    expect(await held('purchases')).toMatchObject([{ product: { title: product.title, available: false } }]);
  });

  test('is for members alone', async () => {
    for (const what of ['enrollments', 'purchases', 'bookings'])
      expect((await shop.query(`library.${what}`)).status).toBe(401);
    expect((await shop.mutate('library.enroll', { courseId: 1 })).status).toBe(401);
  });
});

describe('enrolling, buying and booking', () => {
  const acts = [
    ['enroll', 'courseId', 'course', 'enrollment', 'enrollments'],
    ['purchase', 'productId', 'product', 'purchase', 'purchases'],
    ['book', 'eventId', 'event', 'booking', 'bookings'],
  ] as const;

  test.each(acts)('%s twice is a conflict that says so', async (name, field, kind, _, list) => {
    const item = await shop[kind]();
    expect((await act(name, { [field]: item.id })).status).toBe(200);
    const again = await act(name, { [field]: item.id });
    expect(again.status).toBe(409);
    expect(again.error?.message).toContain('already');
    expect(await held(list)).toHaveLength(1);
  });

  test.each(acts)('%s of a draft, a removed one or nothing is 404', async (name, field, kind) => {
    const draft = await shop[kind]({ published: false });
    const gone = await shop[kind]();
    await shop.mutate(`catalog.${kind}s.remove`, { id: gone.id }, admin);
    for (const id of [draft.id, gone.id, 999_999])
      expect((await act(name, { [field]: id })).status).toBe(404);
  });

  test.each(acts)(
    '%s, cancel, %s again: allowed, and cancelling twice is cancelling once',
    async (name, field, kind, what, list) => {
      const item = await shop[kind]();
      const id = idOf(await act(name, { [field]: item.id }));
      for (let i = 0; i < 2; i++) expect((await act('cancel', { kind: what, id })).status).toBe(200);
      expect(await held(list)).toEqual([]);
      expect((await act(name, { [field]: item.id })).status).toBe(200);
      expect(await held(list)).toHaveLength(1);
    },
  );

  test.each(acts)(
    'what another holds by %s can be neither seen nor cancelled',
    async (name, field, kind, what, list) => {
      const item = await shop[kind]();
      const id = idOf(await act(name, { [field]: item.id }));
      expect((await act('cancel', { kind: what, id }, other)).status).toBe(404);
      expect(await held(list)).toHaveLength(1);
    },
  );
});

describe('stock and seats', () => {
  const stockOf = async (id: number) =>
    ((await shop.query('catalog.products.byId', { id })).data as { stock: number }).stock;

  test('are counted down and up again, and shown at once', async () => {
    const product = await shop.product({ stock: 1 });
    expect(await stockOf(product.id)).toBe(1);
    const id = idOf(await act('purchase', { productId: product.id }));
    expect(await stockOf(product.id)).toBe(0);
    const late = await act('purchase', { productId: product.id }, other);
    expect(late).toMatchObject({ status: 409, error: { message: 'This product is sold out' } });
    await act('cancel', { kind: 'purchase', id });
    expect(await stockOf(product.id)).toBe(1);
    expect((await act('purchase', { productId: product.id }, other)).status).toBe(200);
  });

  test('a full event takes nobody until somebody gives a seat back', async () => {
    const event = await shop.event({ seats: 1 });
    const id = idOf(await act('book', { eventId: event.id }));
    expect((await act('book', { eventId: event.id }, other)).error?.message).toBe('All 1 seats are taken');
    await act('cancel', { kind: 'booking', id });
    expect((await act('book', { eventId: event.id }, other)).status).toBe(200);
    const { data } = await shop.query('catalog.events.byId', { id: event.id });
    expect(data).toMatchObject({ seats: 1, seatsTaken: 1 });
  });

  test('seats that are taken cannot be taken away', async () => {
    const event = await shop.event({ seats: 2 });
    await act('book', { eventId: event.id });
    const fewer = await shop.mutate('catalog.events.update', { id: event.id, version: 1, seats: 0 }, admin);
    expect(fewer.error?.data).toMatchObject({ code: 'CONFLICT', field: 'seats', expected: 'at least 1' });
  });

  test('an event that has begun can be neither booked nor cancelled', async () => {
    const event = await shop.event();
    const id = idOf(await act('book', { eventId: event.id }));
    const past = { startsAt: new Date(Date.now() - HOUR_MS) };
    await shop.mutate('catalog.events.update', { id: event.id, version: 1, ...past }, admin);
    expect((await act('book', { eventId: event.id }, other)).error?.message).toContain('has begun');
    expect((await act('cancel', { kind: 'booking', id })).status).toBe(409);
  });

  test('sales are no edits: an admin who edits meanwhile is not refused', async () => {
    const product = await shop.product({ stock: 5 });
    await act('purchase', { productId: product.id });
    const edit = { id: product.id, version: product.version, title: 'Still mine to edit' };
    const { data } = await shop.mutate('catalog.products.update', edit, admin);
    expect(data).toMatchObject({ title: 'Still mine to edit', stock: 4, version: 2 });
  });
});

describe('an idempotency key', () => {
  test('repeated buys nothing twice and answers the same purchase', async () => {
    const product = await shop.product({ stock: 10 });
    const order = { productId: product.id, idempotencyKey: randomUUID() };
    const answers = await Promise.all(Array.from({ length: 5 }, () => act('purchase', order)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(await held('purchases')).toHaveLength(1);
    const { data } = await shop.query('catalog.products.byId', { id: product.id });
    expect(data).toMatchObject({ stock: 9 });
  });

  test('used for another product is a conflict, also when both come at once', async () => {
    const [one, two] = [await shop.product(), await shop.product()];
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(
      [one, two].map(({ id }) => act('purchase', { productId: id, idempotencyKey })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await held('purchases')).toHaveLength(1);
  });

  test('belongs to its member: another may use the same', async () => {
    const product = await shop.product();
    const order = { productId: product.id, idempotencyKey: 'mine' };
    const mine = idOf(await act('purchase', order));
    const theirs = idOf(await act('purchase', order, other));
    expect(theirs).not.toBe(mine);
  });

  test('that is no key is refused', async () => {
    for (const idempotencyKey of ['', 'x'.repeat(65), 'with blank', 'ü']) {
      const { error } = await act('purchase', { productId: 1, idempotencyKey });
      expect(error?.data).toMatchObject({ code: 'BAD_REQUEST', field: 'idempotencyKey' });
    }
  });
});

describe('at log-in', () => {
  const logIn = () => shop.mutate('auth.login', { email: member.email, password: member.password });

  test('a library is loaded before its member asks for it', async () => {
    const course = await shop.course();
    await act('enroll', { courseId: course.id });
    await logIn();
    const { cacheExists } = await import('../../server/_core/cache.ts');
    for (const what of ['enrollments', 'purchases', 'bookings'])
      await vi.waitFor(async () => expect(await cacheExists(`user:${member.id}:${what}`)).toBe(true));
  });

  test('neither a slow library nor a broken one keeps the answer back', async () => {
    const connection = await createConnection(shop.environment.url);
    await connection.query('LOCK TABLES enrollments WRITE');
    expect((await logIn()).error).toBeUndefined();
    await connection.query('UNLOCK TABLES');
    await connection.query('RENAME TABLE enrollments TO enrollments_away');
    expect((await logIn()).error).toBeUndefined();
    await connection.query('RENAME TABLE enrollments_away TO enrollments');
    await connection.end();
  });
});
