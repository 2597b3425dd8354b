/** The table of contents of the pages: path, who may open it, and the page. The console's code is loaded only for those who open it. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { RegisterPage } from './account/register-page.tsx';
import { SignInPage } from './account/sign-in-page.tsx';
import { AUDIT_RESULTS, type AuditResult } from './console/audit-results.ts';
import { loadMe } from './data/session.ts';
import { JobPage } from './jobs/job-page.tsx';
import { JOB_STATUSES, type JobStatus } from './jobs/job-words.tsx';
import { JobsPage } from './jobs/jobs-page.tsx';
import { CrashPage, MissingPage } from './shell/exceptional-pages.tsx';
import { MemberShell } from './shell/member-shell.tsx';

const root = createRootRoute({
  component: Outlet,
  errorComponent: CrashPage,
  notFoundComponent: MissingPage,
});

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/jobs' });
  },
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: nextPage,
  beforeLoad: skipWhenSignedIn,
  component: SignInPage,
});

const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  validateSearch: nextPage,
  beforeLoad: skipWhenSignedIn,
  component: RegisterPage,
});

const members = createRoute({
  getParentRoute: () => root,
  id: 'members',
  beforeLoad: ({ location }) => requireSignIn(location.href),
  component: MemberShell,
});

const jobs = createRoute({
  getParentRoute: () => members,
  path: '/jobs',
  validateSearch: (search): { status?: JobStatus } => ({
    status: JOB_STATUSES.find((status) => status === search.status),
  }),
  component: JobsPage,
});

const job = createRoute({
  getParentRoute: () => members,
  path: '/jobs/$id',
  validateSearch: (search): { only?: 'failed' } => ({
    only: search.only === 'failed' ? 'failed' : undefined,
  }),
  component: JobPage,
});

const operators = createRoute({
  getParentRoute: () => root,
  path: '/console',
  beforeLoad: async ({ location }) => ({ me: await requireSignIn(location.href) }),
  component: lazyRouteComponent(() => import('./console/console-shell.tsx'), 'ConsoleShell'),
});

const consoleStart = createRoute({
  getParentRoute: () => operators,
  path: '/',
  validateSearch: (search): { sort?: string } => ({
    sort: typeof search.sort === 'string' ? search.sort : undefined,
  }),
  component: lazyRouteComponent(() => import('./console/cache-page.tsx'), 'CachePage'),
});

const keys = createRoute({
  getParentRoute: () => operators,
  path: '/keys',
  validateSearch: (search): { pattern?: string; key?: string } => ({
    pattern: textOf(search.pattern),
    key: textOf(search.key),
  }),
  component: lazyRouteComponent(() => import('./console/keys-page.tsx'), 'KeysPage'),
});

const clear = createRoute({
  getParentRoute: () => operators,
  path: '/clear',
  validateSearch: (search): { pattern?: string } => ({ pattern: textOf(search.pattern) }),
  component: lazyRouteComponent(() => import('./console/clear-page.tsx'), 'ClearPage'),
});

const audit = createRoute({
  getParentRoute: () => operators,
  path: '/audit',
  validateSearch: (search): { action?: string; result?: AuditResult; person?: number } => ({
    action: textOf(search.action),
    result: AUDIT_RESULTS.find((result) => result === search.result),
    person:
      Number.isSafeInteger(search.person) && Number(search.person) > 0 ? Number(search.person) : undefined,
  }),
  component: lazyRouteComponent(() => import('./console/audit-page.tsx'), 'AuditPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    start,
    signIn,
    register,
    members.addChildren([jobs, job]),
    operators.addChildren([consoleStart, keys, clear, audit]),
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

/**
 * Where to go after signing in: only paths of these pages, so that a link cannot send people elsewhere. A refused one is
 * named as undefined, because the router hands on what no route speaks of.
 */
function nextPage({ next }: Record<string, unknown>): { next?: string } {
  return { next: typeof next === 'string' && /^\/[^/\\]/.test(next) ? next : undefined };
}

/** A text of the address; one that looks like a number comes as a number. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

async function requireSignIn(next: string) {
  const me = await loadMe();
  if (!me) throw redirect({ to: '/sign-in', search: { next } });
  return me;
}

async function skipWhenSignedIn() {
  if (await loadMe()) throw redirect({ to: '/jobs' });
}
