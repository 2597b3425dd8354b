/** What each change of the catalogue ends, written by hand. */
import { HOUR_MS } from '../../catalog/support/shop.ts';
import { type Case, DASHBOARD } from './case.ts';
import type { World } from './world.ts';

const PAGE = 'page:limit=24';
const COURSE_PAGES = [
  `courses:${PAGE}&sort=newest`,
  `courses:${PAGE}&sort=price`,
  `courses:${PAGE}&sort=title`,
  'courses:page:limit=24&search={word}&sort=newest',
];
const BEGINNERS = ['courses:page:level=beginner&limit=24&sort=newest', 'courses:count:level=beginner'];
export const COURSE_LISTS = ['courses:list:published', 'courses:count', ...COURSE_PAGES, ...BEGINNERS];
export const ALL_COURSES = ['courses:list:all', 'courses:admin:count', `courses:admin:${PAGE}&sort=newest`];
export const DRAFTS = 'courses:admin:page:limit=24&published=false&sort=newest';
const courseA = ['courses:{A}', 'courses:admin:{A}'];
const ofProduct = (id: string) => [`products:${id}`, `products:admin:${id}`];
const ofEvent = (id: string) => [`events:${id}`, `events:admin:${id}`];
const EVENTS_BY_START = [
  'events:list:upcoming',
  'events:page:limit=24&sort=soonest',
  'events:page:limit=24&sort=soonest&toComeFrom={start}',
  'events:count:toComeFrom={start}',
];

const EVENT_LISTS = [...EVENTS_BY_START, 'events:list:published', 'events:count'];
const ALL_EVENTS = ['events:admin:page:limit=24&sort=soonest'];
const PRODUCT_LISTS = [
  'products:count',
  'products:categories',
  `products:${PAGE}&sort=newest`,
  `products:${PAGE}&sort=price`,
  `products:admin:${PAGE}&sort=newest`,
];
const pagesOf = (category: string, type: string) => [
  `products:category:${category}`,
  `products:page:category=${category}&limit=24&sort=newest`,
  `products:page:limit=24&sort=newest&type=${type}`,
];

const edit = (path: 'courses' | 'products' | 'events', patch: (world: World) => object) => ({
  path: `catalog.${path}.update`,
  by: 'admin' as const,
  input: (world: World) => ({ version: 1, ...patch(world) }),
});

export const CATALOG_TABLE: readonly Case[] = [
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
    input: ({ round }) => ({ title: `Created ${round}`, priceCents: 0, published: true }),
    gone: [...COURSE_LISTS, ...ALL_COURSES, DRAFTS, DASHBOARD],
  },
  {
    does: 'a new draft',
    path: 'catalog.courses.create',
    by: 'admin',
    input: ({ round }) => ({ title: `Drafted ${round}`, priceCents: 0 }),
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
    does: 'another slug of a product',
    ...edit('products', ({ P }) => ({ id: P.id, slug: `renamed-${P.id}` })),
    gone: [
      ...ofProduct('{P}'),
      'products:slug:{p}',
      'products:admin:slug:{p}',
      'products:slug:renamed-{P}',
      'products:admin:slug:renamed-{P}',
      'user:{actor}:purchases',
    ],
  },
  {
    does: 'a new product',
    path: 'catalog.products.create',
    by: 'admin',
    input: ({ round }) => ({
      title: `Product ${round}`,
      priceCents: 0,
      type: 'video',
      category: 'films',
      published: true,
    }),
    gone: [...PRODUCT_LISTS, 'products:list:video', ...pagesOf('films', 'video'), DASHBOARD],
  },
  {
    does: 'removing a product',
    path: 'catalog.products.remove',
    by: 'admin',
    input: ({ P }) => ({ id: P.id }),
    gone: [
      ...ofProduct('{P}'),
      'products:slug:{p}',
      'products:admin:slug:{p}',
      ...PRODUCT_LISTS,
      'products:list:pdf',
      ...pagesOf('books', 'pdf'),
      'user:{actor}:purchases',
      DASHBOARD,
    ],
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
    gone: [...ofEvent('{E}'), ...EVENTS_BY_START, ...ALL_EVENTS, 'user:{actor}:bookings'],
  },
  {
    does: 'a new event',
    path: 'catalog.events.create',
    by: 'admin',
    input: ({ round }) => ({
      title: `Event created ${round}`,
      priceCents: 0,
      published: true,
      startsAt: new Date(Date.now() + 99 * HOUR_MS),
      endsAt: new Date(Date.now() + 100 * HOUR_MS),
      zone: 'UTC',
      venue: 'Online',
    }),
    gone: [...EVENT_LISTS, ...ALL_EVENTS, DASHBOARD],
  },
  {
    does: 'taking an event out of the shop',
    ...edit('events', ({ E }) => ({ id: E.id, published: false })),
    gone: [...ofEvent('{E}'), 'events:slug:{e}', ...EVENT_LISTS, 'user:{actor}:bookings', DASHBOARD],
  },
  {
    does: 'removing an event',
    path: 'catalog.events.remove',
    by: 'admin',
    input: ({ E }) => ({ id: E.id }),
    gone: [
      ...ofEvent('{E}'),
      'events:slug:{e}',
      'events:admin:slug:{e}',
      ...EVENT_LISTS,
      ...ALL_EVENTS,
      'user:{actor}:bookings',
      DASHBOARD,
    ],
  },
];
