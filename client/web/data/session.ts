/** Who is signed in, and what that person may see. */
import { useQuery } from '@tanstack/react-query';
import type { inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from '../../../server/root-router.ts';
import { api, queryClient, trpc } from './trpc.ts';

export type Outputs = inferRouterOutputs<AppRouter>;
export type Me = NonNullable<Outputs['auth']['me']>;

const meQuery = () => trpc.auth.me.queryOptions(undefined, { staleTime: 30_000 });

/** The signed-in person, or null; asked once and then kept. */
export const loadMe = () => queryClient.ensureQueryData(meQuery());

/** The signed-in person on a page that only signed-in people reach. */
export function useMe(): Me | null {
  return useQuery(meQuery()).data ?? null;
}

export const seesConsole = (me: Me | null) => me?.role === 'operator' || me?.role === 'admin';
export const mayClear = (me: Me | null) => me?.role === 'admin';

/** Starts anew for whoever has just signed in: nothing that was loaded for somebody else stays. */
export async function beginSession(): Promise<void> {
  queryClient.clear();
  await loadMe();
}

/** Ends the session; the page is loaded anew, so that nothing of it stays in memory. */
export async function signOut(): Promise<void> {
  await api.auth.logout.mutate();
  window.location.assign('/sign-in');
}
