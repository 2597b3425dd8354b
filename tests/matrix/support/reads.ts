/** Every read of the API, as the actor, another member and an admin, and the reads that the guides name. */
import type { Shop } from '../../catalog/support/shop.ts';
import type { World } from './world.ts';

type Answers = Record<string, unknown>;

/** All answers by person and question. */
export async function askEverything(shop: Shop, world: World): Promise<Answers> {
  const everyone = Object.entries(world.people);
  const [answers, sessions, byGuides] = await Promise.all([
    askAtOnce(
      shop,
      world,
      everyone.flatMap(([name]) => questionsOf(name as Name, world)),
    ),
    Promise.all(everyone.map(([, { token, spare }]) => sessionsOf(token, spare.token))),
    guides(world),
  ]);
  return { ...answers, sessions, guides: byGuides };
}

function questionsOf(name: Name, world: World): Asked[] {
  const questions = [...questionsTo(world), ...(name === 'admin' ? adminQuestionsTo(world) : [])];
  return questions.map((question) => [name, ...question]);
}

type Name = keyof World['people'];
/** Who asks, and what. */
type Asked = [name: Name, ...Question];

async function askAtOnce(shop: Shop, { people }: World, asked: readonly Asked[]): Promise<Answers> {
  const single = asked.flatMap(([name, path, ...inputs]) =>
    (inputs.length > 0 ? inputs : [undefined]).map((input) => ({ name, path, input })),
  );
  const answers = single.map(async ({ name, path, input }) => [
    `${name}: ${path} ${JSON.stringify(input)}`,
    await shop.ask(path, input, people[name]),
  ]);
  return Object.fromEntries(await Promise.all(answers));
}

/**
 * What else is cached: searches, what lies behind the first page, an admin's counts. The tables tell nothing of these,
 * but after a change they must be as true as the rest.
 */
export async function askTheRest(shop: Shop, world: World): Promise<Answers> {
  const word = { search: world.A.title.split(' ')[0] };
  const hidden = { state: 'all' };
  const questions: Asked[] = [
    ['admin', 'catalog.courses.count', { ...hidden, ...word }],
    ['admin', 'catalog.courses.list', { ...hidden, ...word }],
    ['actor', 'catalog.courses.count', word],
    ['actor', 'jobs.list', { cursor: 1_000_000 }],
    ['actor', 'posts.list', { cursor: 1_000_000 }],
  ];
  for (const kind of ['products', 'events'] as const)
    questions.push(
      ['actor', `catalog.${kind}.count`, word],
      ['actor', `catalog.${kind}.list`, word],
      ['admin', `catalog.${kind}.count`, hidden, { ...hidden, ...word }],
      ['admin', `catalog.${kind}.list`, { ...hidden, ...word }],
    );
  questions.push(['admin', 'catalog.events.count', { ...hidden, when: 'all' }]);
  questions.push(['admin', 'catalog.events.list', { ...hidden, when: 'upcoming' }]);
  return { ...(await askAtOnce(shop, world, questions)), guides: await restOfGuides() };
}

async function restOfGuides(): Promise<unknown[]> {
  const access = await import('../../../server/_core/cachedDataAccess.ts');
  const { olderPosts } = await import('../../../server/community/posts-reads.ts');
  const { upcomingStarts } = await import('../../../server/catalog/events-reads.ts');
  return [
    await access.getCachedProducts(),
    await access.getCachedPublishedProducts(),
    await access.getCachedEvents(),
    await olderPosts.get({ before: Number.MAX_SAFE_INTEGER, limit: 5 }),
    await upcomingStarts.admin.get(),
  ];
}

/** The paths that `askEverything` asks. */
export function askedPaths(world: World): Set<string> {
  return new Set([...questionsTo(world), ...adminQuestionsTo(world)].map(([path]) => path));
}

/** A procedure and what it is asked. */
type Question = [path: string, ...inputs: object[]];

function questionsTo({ people, ...world }: World): Question[] {
  const { A, B, D, P, Q, E, F, X, Y, completed, pending, failed } = world;
  const { actor, other } = people;
  const ids = (...items: { id: number }[]) => items.map(({ id }) => ({ id }));
  return [
    ['catalog.courses.count', {}, { level: 'beginner' }],
    [
      'catalog.courses.list',
      {},
      { sort: 'price' },
      { sort: 'title' },
      { level: 'beginner' },
      { level: 'advanced' },
      { search: A.title.split(' ')[0] },
    ],
    ['catalog.courses.byId', ...ids(A, B, D)],
    ['catalog.courses.bySlug', { slug: A.slug }, { slug: D.slug }, { slug: `renamed-${A.id}` }],
    ['catalog.products.count'],
    [
      'catalog.products.list',
      {},
      { sort: 'price' },
      { type: 'pdf' },
      { type: 'video' },
      { category: 'books' },
      { category: 'films' },
    ],
    ['catalog.products.byId', ...ids(P, Q)],
    ['catalog.products.bySlug', { slug: P.slug }, { slug: `renamed-${P.id}` }],
    ['catalog.products.categories'],
    ['catalog.events.list', { when: 'upcoming' }, { when: 'all' }],
    ['catalog.events.count', {}, { when: 'upcoming' }],
    ['catalog.events.byId', ...ids(E, F)],
    ['catalog.events.bySlug', { slug: E.slug }],
    ['library.enrollments'],
    ['library.purchases'],
    ['library.bookings'],
    ['posts.list'],
    ['posts.top'],
    ['posts.feed'],
    ['posts.byUser', { userId: actor.id }],
    ['posts.byId', { id: X }, { id: Y }],
    ['follows.following'],
    ['follows.followers', { userId: other.id }],
    ['auth.me'],
    ['auth.sessions'],
    ['auth.demoLogins'],
    ['users.byId', ...ids(actor, other)],
    ['jobs.byId', { id: completed }, { id: pending }, { id: failed }],
    ['jobs.result', { id: completed }, { id: pending }],
    ['jobs.rows', { id: completed }, { id: completed, only: 'failed' }],
    ['jobs.list', {}, { status: 'pending' }],
    ['jobs.stats'],
    ['activity.views', { kind: 'course', id: A.id }, { kind: 'course', id: B.id }],
    ['activity.mine'],
  ];
}

function adminQuestionsTo({ people }: World): Question[] {
  return [
    ['catalog.courses.list', { state: 'all' }, { state: 'draft' }],
    ['catalog.courses.count', { state: 'all' }],
    ['catalog.products.list', { state: 'all' }],
    ['catalog.events.list', { state: 'all', when: 'all' }],
    ['analytics.dashboard'],
    ['users.list', {}, { search: people.actor.email }],
    ['jobs.list', { of: 'everyone' }],
    ['jobs.stats', { of: 'everyone' }],
  ];
}

async function sessionsOf(...tokens: string[]): Promise<unknown[]> {
  const { callerByToken } = await import('../../../server/sessions/sessions-reads.ts');
  return Promise.all(tokens.map(callerByToken));
}

async function guides({ people }: World): Promise<unknown[]> {
  const access = await import('../../../server/_core/cachedDataAccess.ts');
  const { userByEmail } = await import('../../../server/users/users-reads.ts');
  return [
    await access.getCachedCourses(),
    await access.getCachedPublishedCourses(),
    await access.getCachedProductsByType('pdf'),
    await access.getCachedProductsByType('video'),
    await access.getCachedProductsByCategory('books'),
    await access.getCachedProductsByCategory('films'),
    await access.getCachedPublishedEvents(),
    await access.getCachedUpcomingEvents(),
    await userByEmail.get(people.actor.email),
  ];
}
