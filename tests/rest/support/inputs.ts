/** An input for each operation of the REST face, made anew for each call, with the person who may make it. */
import { catalogImports, jobResults, jobRows, jobs } from '../../../drizzle/schema.ts';
import type { Person } from '../../support/api.ts';
import type { Rest } from './rest.ts';

export interface Prepared {
  input?: object;
  token?: string;
  /** The answer is the same however often it is asked for. */
  same?: boolean;
}

export type OperationInputs = (name: string) => Promise<Prepared>;

type People = Record<'member' | 'operator' | 'admin', Person>;

/** `read` answers the same each time and comes through the cache, `query` does not, `act` changes something. */
type Kind = 'read' | 'query' | 'act';

const TABLE: Record<string, Kind> = kinds({
  read: `
    auth.me auth.sessions users.byId jobs.byId jobs.list jobs.result jobs.rows jobs.stats
    catalog.courses.list catalog.courses.byId catalog.courses.bySlug catalog.courses.count
    catalog.products.list catalog.products.byId catalog.products.bySlug catalog.products.count catalog.products.categories
    catalog.events.list catalog.events.byId catalog.events.bySlug catalog.events.count
    library.enrollments library.purchases library.bookings
    posts.list posts.top posts.byUser posts.byId posts.feed follows.following follows.followers
    analytics.dashboard activity.views activity.mine`,
  query: 'users.list monitoring.cacheStats monitoring.cacheClearPreview',
  act: `
    auth.register auth.login auth.logout auth.revokeSession auth.changePassword users.update users.setRole
    jobs.submit jobs.cancel jobs.retry
    catalog.courses.create catalog.courses.update catalog.courses.remove catalog.courses.import
    catalog.products.create catalog.products.update catalog.products.remove catalog.products.import
    catalog.products.updateInventory
    catalog.events.create catalog.events.update catalog.events.remove catalog.events.import catalog.undoImport
    library.enroll library.purchase library.book library.cancel
    posts.create posts.update posts.remove posts.upvote posts.unvote follows.follow follows.unfollow activity.view
    monitoring.cacheExpire monitoring.cacheWarm monitoring.cacheClear monitoring.cacheClearPattern`,
});

function kinds(names: Record<Kind, string>): Record<string, Kind> {
  const rows = Object.entries(names).flatMap(([kind, text]) =>
    text
      .trim()
      .split(/\s+/)
      .map((name) => [name, kind as Kind]),
  );
  return Object.fromEntries(rows);
}

operationInputs.table = TABLE;

export async function operationInputs(rest: Rest, people: People): Promise<OperationInputs> {
  const { member, admin } = people;
  const world = await furnish(rest, people);
  const tools = toolsFor(rest, admin);
  const makers: Record<string, () => Promise<Prepared> | Prepared> = {
    ...accountInputs(rest, people),
    ...jobInputs(rest, people, world),
    ...catalogInputs(rest, tools, world),
    ...libraryInputs(rest, tools),
    ...communityInputs(rest, tools, world),
  };
  const byMember = new Set(['jobs', 'library', 'posts', 'follows', 'activity', 'auth', 'users']);
  return async (name) => {
    const usual = byMember.has(name.split('.')[0] as string) ? member.token : admin.token;
    return {
      token: usual,
      same: TABLE[name] === 'read' && name !== 'activity.mine',
      ...(await makers[name]?.()),
    };
  };
}

type World = Awaited<ReturnType<typeof furnish>>;
type Tools = ReturnType<typeof toolsFor>;

/** What the reads find: one of everything, the member in touch with each. */
async function furnish(rest: Rest, { member, operator }: People) {
  const [course, product, event] = await Promise.all([rest.course(), rest.product(), rest.event()]);
  const as = { token: member.token };
  await rest.mutate('library.enroll', { courseId: course.id }, as);
  await rest.mutate('library.purchase', { productId: product.id }, as);
  await rest.mutate('library.book', { eventId: event.id }, as);
  const followed = { token: operator.token };
  const { data } = await rest.mutate('posts.create', { title: 'To be read', text: 'x' }, followed);
  const post = data as { id: number };
  await rest.mutate('posts.upvote', { id: post.id }, as);
  await rest.mutate('follows.follow', { userId: operator.id }, as);
  return { course, product, event, post, job: await completedJob(rest, member) };
}

async function completedJob(rest: Rest, member: Person): Promise<{ id: number }> {
  const { write } = await import('../../../server/db/index.ts');
  const { eq } = await import('drizzle-orm');
  const job = await submitJob(rest, member);
  const summary = { rows: 1, valid: 1, repaired: 0, failed: 0, bytes: 8, durationMs: 1 };
  const row = { jobId: job.id, rowIndex: 0, input: ['Kim'], output: { name: 'Kim' }, valid: true, notes: {} };
  await write(async (tx) => {
    await tx.update(jobs, { status: 'completed', totalRows: 1 }, eq(jobs.id, job.id));
    await tx.insert(jobResults, { jobId: job.id, summary });
    await tx.insert(jobRows, row);
  });
  return job;
}

/** An import that has just put one course on the shelf. */
async function importedJob(rest: Rest, { token }: Person): Promise<number> {
  const { write } = await import('../../../server/db/index.ts');
  const { eq } = await import('drizzle-orm');
  const file = { fileName: 'a.csv', content: 'slug,title' };
  const { data } = await rest.mutate('catalog.courses.import', file, { token });
  const { id: jobId } = data as { id: number };
  const { id: itemId, version } = await rest.course();
  const done = { jobId, rowIndex: 0, kind: 'courses', itemId, action: 'inserted', version } as const;
  await write(async (tx) => {
    await tx.update(jobs, { status: 'completed', finishedAt: new Date() }, eq(jobs.id, jobId));
    await tx.insert(catalogImports, done);
  });
  return jobId;
}

async function submitJob(rest: Rest, { token }: Person): Promise<{ id: number }> {
  const file = { type: 'contacts', fileName: 'people.csv', content: 'Name\nKim' };
  const { data, error } = await rest.mutate('jobs.submit', file, { token });
  if (error) throw new Error(error.message);
  return data as { id: number };
}

function toolsFor(rest: Rest, admin: Person) {
  let number = 0;
  const next = () => ++number;
  return {
    next,
    newCourse: () => rest.course(),
    newProduct: () => rest.product({ stock: 5 }),
    newEvent: () => rest.event(),
    newPost: async ({ token }: Person) => {
      const { data } = await rest.mutate('posts.create', { title: `Post ${next()}`, text: 'x' }, { token });
      return data as { id: number };
    },
    admin,
  };
}

function accountInputs(rest: Rest, { member, admin }: People) {
  let number = 0;
  const password = 'a password of some length';
  const { email } = member;
  return {
    'auth.register': () => ({
      input: { username: 'New', email: `new-${++number}@example.org`, password },
      token: undefined,
    }),
    'auth.login': () => ({ input: { email, password: member.password }, token: undefined }),
    'auth.logout': async () => ({ token: (await rest.person()).token }),
    'auth.revokeSession': async () => {
      const person = await rest.person();
      await rest.mutate('auth.login', { email: person.email, password: person.password });
      const { data } = await rest.query('auth.sessions', undefined, { token: person.token });
      const other = (data as { id: number; current: boolean }[]).find(({ current }) => !current);
      return { input: { id: other?.id }, token: person.token };
    },
    'auth.changePassword': async () => {
      const { token, password: currentPassword } = await rest.person();
      return { input: { currentPassword, newPassword: password }, token };
    },
    'users.byId': () => ({ input: { id: member.id } }),
    'users.update': async () => ({ input: { username: 'Renamed' }, token: (await rest.person()).token }),
    'users.list': () => ({ input: { search: email, limit: 5 }, token: admin.token, same: true }),
    'users.setRole': async () => ({
      input: { id: (await rest.person()).id, role: 'operator' },
      token: admin.token,
    }),
  };
}

function jobInputs(rest: Rest, { member }: People, { job }: World) {
  const cancelled = async () => {
    const { id } = await submitJob(rest, member);
    await rest.mutate('jobs.cancel', { id }, { token: member.token });
    return { input: { id } };
  };
  return {
    'jobs.submit': () => ({ input: { type: 'contacts', fileName: 'a.csv', content: 'Name\nKim' } }),
    'jobs.byId': () => ({ input: { id: job.id } }),
    'jobs.list': () => ({ input: { limit: 5 } }),
    'jobs.result': () => ({ input: { id: job.id } }),
    'jobs.rows': () => ({ input: { id: job.id, limit: 5 } }),
    'jobs.cancel': async () => ({ input: { id: (await submitJob(rest, member)).id } }),
    'jobs.retry': cancelled,
  };
}

function catalogInputs(rest: Rest, { next, newCourse, newProduct, newEvent, admin }: Tools, world: World) {
  const named = (kind: string) => ({ title: `${kind} of the table ${next()}`, priceCents: 100 });
  const days = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString();
  const item = (kind: string, { id, slug }: { id: number; slug: string }) => ({
    [`catalog.${kind}.list`]: () => ({ input: { limit: 5 } }),
    [`catalog.${kind}.byId`]: () => ({ input: { id }, token: undefined }),
    [`catalog.${kind}.bySlug`]: () => ({ input: { slug }, token: undefined }),
    [`catalog.${kind}.import`]: () => ({ input: { fileName: 'a.csv', content: 'slug,title\na,A' } }),
  });
  const edits = (kind: string, make: () => Promise<{ id: number; version: number }>) => ({
    [`catalog.${kind}.update`]: async () => {
      const { id, version } = await make();
      return { input: { id, version, title: `Edited ${next()}` } };
    },
    [`catalog.${kind}.remove`]: async () => {
      const { id, version } = await make();
      return { input: { id, version } };
    },
  });
  return {
    ...item('courses', world.course),
    ...item('products', world.product),
    ...item('events', world.event),
    ...edits('courses', newCourse),
    ...edits('products', newProduct),
    ...edits('events', newEvent),
    'catalog.courses.create': () => ({ input: named('Course') }),
    'catalog.products.create': () => ({ input: { ...named('Product'), type: 'pdf' } }),
    'catalog.events.create': () => ({
      input: { ...named('Event'), startsAt: days(1), endsAt: days(2), zone: 'Europe/Berlin', venue: 'Hall' },
    }),
    'catalog.products.updateInventory': async () => ({ input: { id: (await newProduct()).id, by: 2 } }),
    'catalog.undoImport': async () => ({ input: { jobId: await importedJob(rest, admin) } }),
    'monitoring.cacheClearPreview': () => ({ input: { pattern: 'posts:*' } }),
    'monitoring.cacheExpire': () => ({ input: { keys: ['posts:all'] } }),
    'monitoring.cacheClearPattern': () => ({ input: { pattern: 'posts:*' } }),
  };
}

function libraryInputs(rest: Rest, { newCourse, newProduct, newEvent }: Tools) {
  return {
    'library.enroll': async () => ({ input: { courseId: (await newCourse()).id } }),
    'library.purchase': async () => ({ input: { productId: (await newProduct()).id } }),
    'library.book': async () => ({ input: { eventId: (await newEvent()).id } }),
    'library.cancel': async () => {
      const { token } = await rest.person();
      const { data } = await rest.mutate('library.book', { eventId: (await newEvent()).id }, { token });
      return { input: { kind: 'booking', id: (data as { id: number }).id }, token };
    },
  };
}

function communityInputs(rest: Rest, { next, newPost }: Tools, { post }: World) {
  const another = async () => ({ input: { userId: (await rest.person()).id } });
  const own = async (more: object = {}) => {
    const person = await rest.person();
    return { input: { id: (await newPost(person)).id, ...more }, token: person.token };
  };
  return {
    'posts.list': () => ({ input: { limit: 5 } }),
    'posts.byId': () => ({ input: { id: post.id } }),
    'posts.byUser': async () => {
      const person = await rest.person();
      await newPost(person);
      return { input: { userId: person.id } };
    },
    'posts.create': () => ({ input: { title: `Written ${next()}`, url: 'https://example.org/a' } }),
    'posts.update': () => own({ title: 'Changed' }),
    'posts.remove': () => own(),
    'posts.upvote': () => own(),
    'posts.unvote': () => own(),
    'follows.followers': another,
    'follows.follow': another,
    'follows.unfollow': another,
    'activity.view': () => ({ input: { kind: 'post', id: post.id } }),
    'activity.views': () => ({ input: { kind: 'post', id: post.id } }),
  };
}
