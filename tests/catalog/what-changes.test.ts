/**
 * Every mutation of the shop, the libraries and the post board against a hand-written table of what it makes old. Before
 * each one, all reads of three people are hits. After it, exactly the entries in the table are gone, and what
 * the cache answers to the actor, another member and an admin is what the database says.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CatalogEvent, Course, Product } from '../../server/catalog/catalog-kinds.ts';
import type { Role } from '../../server/trpc/context.ts';
import { HOUR_MS, openShop, type Shop } from './support/shop.ts';

let shop: Shop;
interface Somebody {
  id: number;
  role: Role;
}

let people: { actor: Somebody; other: Somebody; admin: Somebody };
let rounds = 0;
/** The next event to begin, of all worlds so far. */
let firstStart: Date | undefined;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** What every case starts from. Names in braces in the table stand for these ids, `{a}` for the slug of `{A}`. */
interface World {
  A: Course;
  B: Course;
  D: Course;
  P: Product;
  Q: Product;
  E: CatalogEvent;
  F: CatalogEvent;
  X: number;
  Y: number;
  enrollment: number;
  purchase: number;
  booking: number;
}

async function somebody(role: Role): Promise<Somebody> {
  const { write } = await import('../../server/db/index.ts');
  const { users } = await import('../../drizzle/schema.ts');
  const person = { username: 'Somebody', email: `${Math.random()}@example.org`, passwordHash: '!', role };
  const [id] = await write((tx) => tx.insert(users, person));
  return { id: id as number, role };
}

async function newWorld(): Promise<World> {
  const word = `alpha${++rounds}`;
  people = {
    actor: await somebody('member'),
    other: await somebody('member'),
    admin: await somebody('admin'),
  };
  const { actor, other } = people;
  const act = async (path: string, input: object, person: Somebody) => {
    const answer = await shop.ask(path, input, person);
    if (typeof answer === 'string') throw new Error(`${path}: ${answer}`);
    return (answer as { id: number }).id;
  };
  const soon = { startsAt: new Date(Date.now() + 24 * HOUR_MS), seats: 5 };
  const later = { startsAt: new Date(Date.now() + 48 * HOUR_MS) };
  const world = {
    A: await shop.course({ title: `${word} one`, level: 'beginner' }),
    B: await shop.course({ level: 'advanced' }),
    D: await shop.course({ published: false }),
    P: await shop.product({ type: 'pdf', category: 'books', stock: 5 }),
    Q: await shop.product({ type: 'video', category: 'films' }),
    E: await shop.event(soon),
    F: await shop.event(later),
    X: await act('posts.create', { title: 'X', text: 'x' }, actor),
    Y: await act('posts.create', { title: 'Y', text: 'y' }, other),
  };
  await act('posts.upvote', { id: world.X }, other);
  await act('follows.follow', { userId: other.id }, actor);
  await act('follows.follow', { userId: actor.id }, other);
  await act('library.enroll', { courseId: world.B.id }, other);
  firstStart ??= world.E.startsAt;
  return {
    ...world,
    enrollment: await act('library.enroll', { courseId: world.A.id }, actor),
    purchase: await act('library.purchase', { productId: world.P.id }, actor),
    booking: await act('library.book', { eventId: world.E.id }, actor),
  };
}

/** Every read of the three slices, as the actor, another member and an admin; by person and question. */
async function askEverything({ A, B, D, P, Q, E, F, X, Y }: World): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  const word = A.title.split(' ')[0];
  for (const [name, person] of Object.entries(people)) {
    const ask = async (path: string, input?: object) => {
      answers[`${name}: ${path} ${JSON.stringify(input)}`] = await shop.ask(path, input, person);
    };
    for (const kind of ['courses', 'products', 'events']) await ask(`catalog.${kind}.count`);
    for (const input of [
      {},
      { sort: 'price' },
      { sort: 'title' },
      { level: 'beginner' },
      { level: 'advanced' },
      { search: word },
    ])
      await ask('catalog.courses.list', input);
    for (const id of [A.id, B.id, D.id]) await ask('catalog.courses.byId', { id });
    for (const slug of [A.slug, D.slug, `renamed-${A.id}`]) await ask('catalog.courses.bySlug', { slug });
    await ask('catalog.courses.count', { level: 'beginner' });
    for (const input of [
      {},
      { sort: 'price' },
      { type: 'pdf' },
      { type: 'video' },
      { category: 'books' },
      { category: 'films' },
    ])
      await ask('catalog.products.list', input);
    for (const id of [P.id, Q.id]) await ask('catalog.products.byId', { id });
    await ask('catalog.products.categories');
    for (const when of ['upcoming', 'all']) await ask('catalog.events.list', { when });
    await ask('catalog.events.count', { when: 'upcoming' });
    for (const id of [E.id, F.id]) await ask('catalog.events.byId', { id });
    for (const held of ['enrollments', 'purchases', 'bookings']) await ask(`library.${held}`);
    await ask('posts.list');
    await ask('posts.top');
    await ask('posts.feed');
    await ask('posts.byUser', { userId: people.actor.id });
    for (const id of [X, Y]) await ask('posts.byId', { id });
    await ask('follows.following');
    await ask('follows.followers', { userId: people.other.id });
  }
  const asAdmin = async (path: string, input?: object) => {
    answers[`admin: ${path} ${JSON.stringify(input)}`] = await shop.ask(path, input, people.admin);
  };
  for (const state of ['all', 'draft']) await asAdmin('catalog.courses.list', { state });
  await asAdmin('catalog.courses.count', { state: 'all' });
  await asAdmin('analytics.dashboard');
  const access = await import('../../server/_core/cachedDataAccess.ts');
  answers.guides = [
    await access.getCachedCourses(),
    await access.getCachedPublishedCourses(),
    await access.getCachedProductsByType('pdf'),
    await access.getCachedProductsByType('video'),
    await access.getCachedProductsByCategory('books'),
    await access.getCachedProductsByCategory('films'),
    await access.getCachedPublishedEvents(),
    await access.getCachedUpcomingEvents(),
  ];
  return answers;
}

const PAGE = 'page:limit=24';
const COURSE_PAGES = [
  `courses:${PAGE}&sort=newest`,
  `courses:${PAGE}&sort=price`,
  `courses:${PAGE}&sort=title`,
  'courses:page:limit=24&search={word}&sort=newest',
];
const BEGINNERS = ['courses:page:level=beginner&limit=24&sort=newest', 'courses:count:level=beginner'];
const COURSE_LISTS = ['courses:list:published', 'courses:count', ...COURSE_PAGES, ...BEGINNERS];
const ALL_COURSES = ['courses:list:all', 'courses:admin:count', `courses:admin:${PAGE}&sort=newest`];
const DRAFTS = 'courses:admin:page:limit=24&published=false&sort=newest';
const DASHBOARD = 'analytics:dashboard';
const courseA = ['courses:{A}', 'courses:admin:{A}'];
const ofProduct = (id: string) => [`products:${id}`, `products:admin:${id}`];
const ofEvent = (id: string) => [`events:${id}`, `events:admin:${id}`];
const EVENTS_BY_START = [
  'events:list:upcoming',
  'events:page:limit=24&sort=soonest',
  'events:page:limit=24&sort=soonest&toComeFrom={start}',
  'events:count:toComeFrom={start}',
];

interface Case {
  does: string;
  path: string;
  by: 'actor' | 'other' | 'admin';
  input: (world: World) => object;
  /** Everything that is gone afterwards. */
  gone: string[];
}

const edit = (path: 'courses' | 'products' | 'events', patch: (world: World) => object) => ({
  path: `catalog.${path}.update`,
  by: 'admin' as const,
  input: (world: World) => ({ version: 1, ...patch(world) }),
});

const TABLE: Case[] = [
  {
    does: 'a new price of a course',
    ...edit('courses', ({ A }) => ({ id: A.id, priceCents: 1 })),
    gone: [...courseA, `courses:${PAGE}&sort=price`],
  },
  {
    does: 'a new title of a course',
    ...edit('courses', ({ A }) => ({ id: A.id, title: 'New title' })),
    gone: [
      ...courseA,
      `courses:${PAGE}&sort=title`,
      'courses:page:limit=24&search={word}&sort=newest',
      'user:{actor}:enrollments',
    ],
  },
  {
    does: 'a new description of a course',
    ...edit('courses', ({ A }) => ({ id: A.id, description: 'Words' })),
    gone: [...courseA, 'courses:page:limit=24&search={word}&sort=newest'],
  },
  {
    does: 'a new curriculum, which no list shows',
    ...edit('courses', ({ A }) => ({ id: A.id, curriculum: [{ title: 'One', lessons: [] }] })),
    gone: courseA,
  },
  {
    does: 'another level of a course',
    ...edit('courses', ({ A }) => ({ id: A.id, level: 'advanced' })),
    gone: [
      ...courseA,
      ...BEGINNERS,
      'courses:page:level=advanced&limit=24&sort=newest',
      'user:{actor}:enrollments',
    ],
  },
  {
    does: 'another slug of a course',
    ...edit('courses', ({ A }) => ({ id: A.id, slug: `renamed-${A.id}` })),
    gone: [
      ...courseA,
      'courses:slug:{a}',
      'courses:admin:slug:{a}',
      'courses:slug:renamed-{A}',
      'courses:admin:slug:renamed-{A}',
      'user:{actor}:enrollments',
    ],
  },
  {
    does: 'taking a course out of the shop',
    ...edit('courses', ({ A }) => ({ id: A.id, published: false })),
    gone: [...courseA, 'courses:slug:{a}', ...COURSE_LISTS, DRAFTS, 'user:{actor}:enrollments', DASHBOARD],
  },
  {
    does: 'publishing a draft',
    ...edit('courses', ({ D }) => ({ id: D.id, published: true })),
    gone: ['courses:{D}', 'courses:admin:{D}', 'courses:slug:{d}', ...COURSE_LISTS, DRAFTS, DASHBOARD],
  },
  {
    does: 'an edit of a draft',
    ...edit('courses', ({ D }) => ({ id: D.id, title: 'Still a draft', priceCents: 5 })),
    gone: ['courses:admin:{D}'],
  },
  {
    does: 'an edit that changes nothing',
    ...edit('courses', ({ A }) => ({ id: A.id, title: A.title })),
    gone: [],
  },
  {
    does: 'an edit that is refused',
    ...edit('courses', ({ A }) => ({ id: A.id, title: 'Too late', version: 7 })),
    gone: [],
  },
  {
    does: 'a new course',
    path: 'catalog.courses.create',
    by: 'admin',
    input: () => ({ title: `Created ${rounds}`, priceCents: 0, published: true }),
    gone: [...COURSE_LISTS, ...ALL_COURSES, DRAFTS, DASHBOARD],
  },
  {
    does: 'a new draft',
    path: 'catalog.courses.create',
    by: 'admin',
    input: () => ({ title: `Drafted ${rounds}`, priceCents: 0 }),
    gone: [...ALL_COURSES, DRAFTS, DASHBOARD],
  },
  {
    does: 'removing a course',
    path: 'catalog.courses.remove',
    by: 'admin',
    input: ({ A }) => ({ id: A.id }),
    gone: [
      ...courseA,
      'courses:slug:{a}',
      'courses:admin:slug:{a}',
      ...COURSE_LISTS,
      ...ALL_COURSES,
      DRAFTS,
      'user:{actor}:enrollments',
      DASHBOARD,
    ],
  },
  {
    does: 'a new price of a product',
    ...edit('products', ({ P }) => ({ id: P.id, priceCents: 1 })),
    gone: [...ofProduct('{P}'), `products:${PAGE}&sort=price`],
  },
  {
    does: 'another category of a product',
    ...edit('products', ({ P }) => ({ id: P.id, category: 'films' })),
    gone: [
      ...ofProduct('{P}'),
      'products:category:books',
      'products:category:films',
      'products:categories',
      'products:page:category=books&limit=24&sort=newest',
      'products:page:category=films&limit=24&sort=newest',
    ],
  },
  {
    does: 'another type of a product',
    ...edit('products', ({ P }) => ({ id: P.id, type: 'video' })),
    gone: [
      ...ofProduct('{P}'),
      'products:list:pdf',
      'products:list:video',
      'products:page:limit=24&sort=newest&type=pdf',
      'products:page:limit=24&sort=newest&type=video',
      'user:{actor}:purchases',
    ],
  },
  {
    does: 'a change of stock',
    path: 'catalog.products.updateInventory',
    by: 'admin',
    input: ({ P }) => ({ id: P.id, by: 10 }),
    gone: ofProduct('{P}'),
  },
  {
    does: 'a new title of an event',
    ...edit('events', ({ E }) => ({ id: E.id, title: 'New title' })),
    gone: [...ofEvent('{E}'), 'user:{actor}:bookings'],
  },
  {
    does: 'another start of an event',
    ...edit('events', ({ E }) => ({
      id: E.id,
      startsAt: new Date(E.startsAt.getTime() + 1000),
    })),
    gone: [...ofEvent('{E}'), ...EVENTS_BY_START, 'user:{actor}:bookings'],
  },
  {
    does: 'a new event',
    path: 'catalog.events.create',
    by: 'admin',
    input: () => ({
      title: `Event created ${rounds}`,
      priceCents: 0,
      published: true,
      startsAt: new Date(Date.now() + 99 * HOUR_MS),
      endsAt: new Date(Date.now() + 100 * HOUR_MS),
      zone: 'UTC',
      venue: 'Online',
    }),
    gone: [...EVENTS_BY_START, 'events:list:published', 'events:count', DASHBOARD],
  },
  {
    does: 'an enrolment',
    path: 'library.enroll',
    by: 'other',
    input: ({ A }) => ({ courseId: A.id }),
    gone: ['user:{other}:enrollments', DASHBOARD],
  },
  {
    does: 'a cancelled enrolment',
    path: 'library.cancel',
    by: 'actor',
    input: ({ enrollment }) => ({ kind: 'enrollment', id: enrollment }),
    gone: ['user:{actor}:enrollments', DASHBOARD],
  },
  {
    does: 'a purchase of what is counted',
    path: 'library.purchase',
    by: 'other',
    input: ({ P }) => ({ productId: P.id }),
    gone: [...ofProduct('{P}'), 'user:{other}:purchases', DASHBOARD],
  },
  {
    does: 'a purchase of what is without limit',
    path: 'library.purchase',
    by: 'other',
    input: ({ Q }) => ({ productId: Q.id }),
    gone: ['user:{other}:purchases', DASHBOARD],
  },
  {
    does: 'a purchase that is refused',
    path: 'library.purchase',
    by: 'actor',
    input: ({ P }) => ({ productId: P.id }),
    gone: [],
  },
  {
    does: 'a cancelled purchase',
    path: 'library.cancel',
    by: 'actor',
    input: ({ purchase }) => ({ kind: 'purchase', id: purchase }),
    gone: [...ofProduct('{P}'), 'user:{actor}:purchases', DASHBOARD],
  },
  {
    does: 'a booking',
    path: 'library.book',
    by: 'other',
    input: ({ E }) => ({ eventId: E.id }),
    gone: [...ofEvent('{E}'), 'user:{other}:bookings', DASHBOARD],
  },
  {
    does: 'a cancelled booking',
    path: 'library.cancel',
    by: 'actor',
    input: ({ booking }) => ({ kind: 'booking', id: booking }),
    gone: [...ofEvent('{E}'), 'user:{actor}:bookings', DASHBOARD],
  },
  {
    does: 'a new post',
    path: 'posts.create',
    by: 'actor',
    input: () => ({ title: 'New', text: 'New' }),
    gone: ['posts:all', 'posts:user:{actor}', 'posts:top:10', 'feed:{other}', DASHBOARD],
  },
  {
    does: 'an edit of a post',
    path: 'posts.update',
    by: 'actor',
    input: ({ X }) => ({ id: X, title: 'Edited' }),
    // The post's own entry is ended, and filled again by the answer to the edit.
    gone: [],
  },
  {
    does: 'removing a post',
    path: 'posts.remove',
    by: 'actor',
    input: ({ X }) => ({ id: X }),
    gone: [
      'posts:{X}',
      'posts:all',
      'posts:user:{actor}',
      'posts:top:10',
      'feed:{other}',
      'user:{other}:upvotes',
      DASHBOARD,
    ],
  },
  {
    does: 'a vote',
    path: 'posts.upvote',
    by: 'actor',
    input: ({ Y }) => ({ id: Y }),
    gone: ['posts:{Y}', 'posts:top:10', 'user:{actor}:upvotes', DASHBOARD],
  },
  {
    does: 'a vote for the second time',
    path: 'posts.upvote',
    by: 'other',
    input: ({ X }) => ({ id: X }),
    gone: [],
  },
  {
    does: 'a vote taken back',
    path: 'posts.unvote',
    by: 'other',
    input: ({ X }) => ({ id: X }),
    gone: ['posts:{X}', 'posts:top:10', 'user:{other}:upvotes', DASHBOARD],
  },
  {
    does: 'leaving somebody',
    path: 'follows.unfollow',
    by: 'actor',
    input: () => ({ userId: people.other.id }),
    gone: ['feed:{actor}', 'user:{actor}:following', 'user:{other}:followers'],
  },
  {
    does: 'following somebody',
    path: 'follows.follow',
    by: 'admin',
    input: () => ({ userId: people.other.id }),
    gone: ['feed:{admin}', 'user:{admin}:following', 'user:{other}:followers'],
  },
  {
    does: 'following for the second time',
    path: 'follows.follow',
    by: 'actor',
    input: () => ({ userId: people.other.id }),
    gone: [],
  },
];

test.each(TABLE)(
  '$does ends exactly what shows it',
  async ({ path, by, input, gone }) => {
    const { cache } = await import('../../server/app-cache.ts');
    const world = await newWorld();
    await cache.clear();
    const { hits } = await shop.warm(() => askEverything(world));
    const standing = [...new Set(hits)];

    await shop.ask(path, input(world), people[by]);

    const left = await Promise.all(standing.map((key) => cache.has(key)));
    const ended = standing.filter((_, i) => !left[i]);
    expect(ended.sort()).toEqual([...new Set(gone.map((key) => nameIn(world, key)))].sort());

    const cached = await askEverything(world);
    await cache.clear();
    expect(cached).toEqual(await askEverything(world));
  },
  120_000,
);

function nameIn(world: World, key: string): string {
  const { A, D } = world;
  const texts: Record<string, string> = {
    a: A.slug,
    d: D.slug,
    word: A.title.split(' ')[0] ?? '',
    // A page's key is made of an encoded text, whose percent signs are encoded once more.
    start: encodeURIComponent((firstStart as Date).toISOString()).replaceAll('%', '%25'),
    ...Object.fromEntries(Object.entries(people).map(([name, { id }]) => [name, String(id)])),
  };
  return key.replace(/\{(\w+)\}/g, (_, name: string) => {
    const item = world[name as keyof World];
    return texts[name] ?? String(typeof item === 'object' ? item.id : item);
  });
}
