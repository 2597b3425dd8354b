/** What changes of accounts, sessions and jobs, imports, views and the operators' acts end, written by hand. */
import type { Shop } from '../../catalog/support/shop.ts';
import { type Case, DASHBOARD } from './case.ts';
import { ALL_COURSES, COURSE_LISTS, DRAFTS } from './catalog-table.ts';
import { PASSWORD, type Person, type World } from './world.ts';

const jobsOf = (person: Person) => [
  `job:user:{${person}}:limit:50`,
  `job:stats:{${person}}`,
  'job:stats:everyone',
];

/** Runs the job that an import's answer names. */
async function runToEnd(_world: World, answer: unknown): Promise<void> {
  const { pino } = await import('pino');
  const { runJob, TIMINGS } = await import('../../../server/jobs/jobs-runner.ts');
  const { id } = answer as { id: number };
  const signal = new AbortController().signal;
  const outcome = await runJob(id, {
    log: pino({ level: 'silent' }),
    nudge: async () => true,
    signal,
    timings: TIMINGS,
  });
  if (outcome !== 'completed') throw new Error(`Expected the import to complete, got ${outcome}`);
}

async function idOf(shop: Shop, slug: string): Promise<number> {
  return ((await shop.ask('catalog.courses.bySlug', { slug })) as { id: number }).id;
}

/** A course that is there under another title, and a new one. */
const courseFile = ({ A, round }: World) => ({
  fileName: 'courses.csv',
  content: `slug,title,price,published\n${A.slug},Imported,19.00,yes\nimported-${round},Brand new,5.00,yes\n`,
});

export const ACCOUNTS_TABLE: readonly Case[] = [
  {
    does: 'a new account',
    path: 'auth.register',
    by: 'stranger',
    input: ({ round }) => ({ username: 'New', email: `new-${round}@example.org`, password: PASSWORD }),
    gone: [DASHBOARD],
  },
  {
    does: 'a log-in',
    path: 'auth.login',
    by: 'stranger',
    input: ({ people }) => ({ email: people.actor.email, password: PASSWORD }),
    gone: ['session:user:{actor}'],
  },
  {
    does: 'a log-in with a wrong password',
    path: 'auth.login',
    by: 'stranger',
    input: ({ people }) => ({ email: people.actor.email, password: 'a wrong one' }),
    gone: [],
  },
  {
    does: 'a log-out',
    path: 'auth.logout',
    by: 'actor',
    gone: ['session:{actorToken}', 'session:user:{actor}'],
  },
  {
    does: 'ending another session of one’s own',
    path: 'auth.revokeSession',
    by: 'actor',
    input: ({ people }) => ({ id: people.actor.spare.sessionId }),
    gone: ['session:{actorSpareToken}', 'session:user:{actor}'],
  },
  {
    does: 'another password',
    path: 'auth.changePassword',
    by: 'actor',
    input: () => ({ currentPassword: PASSWORD, newPassword: 'another password' }),
    gone: ['session:{actorToken}', 'session:{actorSpareToken}', 'session:user:{actor}'],
  },
  {
    does: 'another name of a member',
    path: 'users.update',
    by: 'actor',
    input: () => ({ username: 'Renamed' }),
    // The user's own entry is ended, and filled again by the answer to the change.
    gone: ['user:email:{actorEmail}'],
  },
  {
    does: 'another address of a member',
    path: 'users.update',
    by: 'actor',
    input: ({ round }) => ({ email: `moved-${round}@example.org` }),
    gone: ['user:email:{actorEmail}'],
  },
  {
    does: 'another role of a member',
    path: 'users.setRole',
    by: 'admin',
    input: ({ people }) => ({ id: people.other.id, role: 'operator' }),
    gone: ['session:{otherToken}', 'session:{otherSpareToken}'],
  },
  {
    does: 'a new job',
    path: 'jobs.submit',
    by: 'actor',
    input: () => ({ type: 'contacts', fileName: 'c.csv', content: 'email\na@example.org\n' }),
    gone: [...jobsOf('actor'), 'user:{actor}:activity'],
  },
  {
    does: 'a cancelled job',
    path: 'jobs.cancel',
    by: 'actor',
    input: ({ pending }) => ({ id: pending }),
    gone: jobsOf('actor'),
  },
  {
    does: 'a job that is run again',
    path: 'jobs.retry',
    by: 'actor',
    input: ({ failed }) => ({ id: failed }),
    gone: jobsOf('actor'),
  },
  {
    does: 'cancelling a job that has ended',
    path: 'jobs.cancel',
    by: 'actor',
    input: ({ completed }) => ({ id: completed }),
    gone: [],
  },
  {
    does: 'a look at an item',
    path: 'activity.view',
    by: 'stranger',
    input: ({ A }) => ({ kind: 'course', id: A.id }),
    gone: ['views:course:{A}'],
  },
  {
    does: 'an import of courses, its namespace,',
    path: 'catalog.courses.import',
    by: 'admin',
    input: courseFile,
    afterwards: runToEnd,
    gone: ['courses:*', 'user:{actor}:enrollments', DASHBOARD, ...jobsOf('admin')],
  },
  {
    does: 'an import of products, its namespace,',
    path: 'catalog.products.import',
    by: 'admin',
    input: ({ P }) => ({ fileName: 'p.csv', content: `slug,title\n${P.slug},Imported\n` }),
    afterwards: runToEnd,
    gone: ['products:*', 'user:{actor}:purchases', ...jobsOf('admin')],
  },
  {
    does: 'an import of events, its namespace,',
    path: 'catalog.events.import',
    by: 'admin',
    input: ({ E }) => ({ fileName: 'e.csv', content: `slug,title\n${E.slug},Imported\n` }),
    afterwards: runToEnd,
    gone: ['events:*', 'user:{actor}:bookings', ...jobsOf('admin')],
  },
  {
    does: 'an import taken back',
    path: 'catalog.undoImport',
    by: 'admin',
    before: async (world, shop) => {
      const job = await shop.ask('catalog.courses.import', courseFile(world), world.people.admin);
      await runToEnd(world, job);
      world.imported = await idOf(shop, `imported-${world.round}`);
      return { jobId: (job as { id: number }).id };
    },
    gone: [
      'courses:{A}',
      'courses:admin:{A}',
      'courses:{imported}',
      'courses:admin:{imported}',
      'user:{actor}:enrollments',
      ...COURSE_LISTS,
      ...ALL_COURSES,
      DRAFTS,
      DASHBOARD,
    ],
  },
  {
    does: 'clearing by a pattern',
    path: 'monitoring.cacheClearPattern',
    by: 'admin',
    input: () => ({ pattern: 'products:*' }),
    gone: ['products:*'],
  },
  { does: 'clearing everything', path: 'monitoring.cacheClear', by: 'admin', input: () => ({}), gone: ['*'] },
  {
    does: 'marking an entry old by age, which is served until the fresh one is there,',
    path: 'monitoring.cacheExpire',
    by: 'admin',
    input: ({ A }) => ({ keys: [`courses:${A.id}`] }),
    gone: [],
  },
  { does: 'a warm-up', path: 'monitoring.cacheWarm', by: 'admin', gone: [] },
];
