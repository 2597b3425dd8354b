/** The pages' own client: calls in batches, subscriptions over server-sent events. */
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from '@trpc/client';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import superjson from 'superjson';
import type { AppRouter } from '../../../server/root-router.ts';
import { toLarderError, typedErrors } from '../../errors.ts';
import { receiptKeeper } from '../../receipts.ts';

const url = '/api/trpc';
const MAX_BATCH = 20;
/** The cookie holds one receipt only: of calls that run side by side, the last one's. */
const receipts = receiptKeeper();

export const api = createTRPCClient<AppRouter>({
  links: [
    typedErrors,
    splitLink({
      condition: (op) => op.type === 'subscription',
      true: httpSubscriptionLink({ url, transformer: superjson }),
      false: httpBatchLink({ url, ...receipts, transformer: superjson, maxItems: MAX_BATCH }),
    }),
  ],
});

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeEndOfSession }),
  defaultOptions: {
    queries: { staleTime: 2_000, retry: worthAnotherTry, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

export const trpc = createTRPCOptionsProxy<AppRouter>({ client: api, queryClient });

/** What the server refused it will refuse again; what it could not answer is asked twice more. */
function worthAnotherTry(failures: number, error: unknown): boolean {
  const { status } = toLarderError(error);
  return failures < 2 && (status === 0 || status >= 500);
}

/** A session that ended elsewhere shows in any refused call: asking again who is signed in leads to the sign-in page. */
function noticeEndOfSession(error: unknown): void {
  if (toLarderError(error).status !== 401) return;
  void queryClient.invalidateQueries({ queryKey: trpc.auth.me.queryKey() });
}
