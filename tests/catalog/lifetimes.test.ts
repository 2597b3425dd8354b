/** How long the entries of the shop, the libraries and the post board live, in seconds, by the names of the guides. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from '../support/api.ts';
import { openShop, type Shop } from './support/shop.ts';

/** Items, their slugs and lists stay that much longer in Redis, to stand in while the database is away. */
const GRACE_S = 3600;
const hasGrace = (key: string) => /^(courses|products|events):(\d+|slug:.*|list:published|count)$/.test(key);

let shop: Shop;
let member: Person;
let admin: Person;

beforeAll(async () => {
  shop = await openShop();
  [member, admin] = [await shop.person(), await shop.person('admin')];
});
afterAll(() => shop.close());

test('each entry lives as long as its kind, less up to a tenth', async () => {
  const { cache } = await import('../../server/app-cache.ts');
  const access = await import('../../server/_core/cachedDataAccess.ts');
  const [course, product, event] = [
    await shop.course(),
    await shop.product({ category: 'arts' }),
    await shop.event(),
  ];
  const { data: post } = await shop.mutate('posts.create', { title: 'A', text: 'a' }, member);
  await shop.warm(async () => {
    await access.getCachedCourseBySlug(course.slug);
    await access.getCachedCourseCount();
    await access.getCachedPublishedCourses();
    await access.getCachedProductsByType('pdf');
    await access.getCachedProductsByCategory('arts');
    await access.getCachedUpcomingEvents();
    for (const held of ['enrollments', 'purchases', 'bookings'])
      await shop.query(`library.${held}`, undefined, member);
    for (const read of ['list', 'top', 'feed']) await shop.query(`posts.${read}`, undefined, member);
    await shop.query('posts.byUser', { userId: member.id }, member);
    await shop.query('analytics.dashboard', undefined, admin);
  });
  const lifetimes = {
    [`courses:${course.id}`]: 600,
    [`courses:slug:${course.slug}`]: 600,
    'courses:count': 3600,
    'courses:list:published': 600,
    [`products:${product.id}`]: 300,
    'products:list:pdf': 300,
    'products:category:arts': 1800,
    [`events:${event.id}`]: 600,
    'events:list:upcoming': 600,
    [`user:${member.id}:enrollments`]: 900,
    [`user:${member.id}:purchases`]: 900,
    [`user:${member.id}:bookings`]: 900,
    'posts:all': 300,
    'posts:top:10': 300,
    [`posts:user:${member.id}`]: 300,
    [`posts:${(post as { id: number }).id}`]: 300,
    [`feed:${member.id}`]: 60,
    'analytics:dashboard': 3600,
  };
  // What passes between filling and asking, in s.
  const slack = 30;
  for (const [key, most] of Object.entries(lifetimes)) {
    const left = (await cache.ttl(key)) - (hasGrace(key) ? GRACE_S : 0);
    expect(left, key).toBeLessThanOrEqual(most);
    expect(left, key).toBeGreaterThanOrEqual(0.9 * most - slack);
  }
});
