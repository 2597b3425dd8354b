/** A job kept current: the server sends its progress; while that fails, the page asks. */
import { useQuery } from '@tanstack/react-query';
import { useSubscription } from '@trpc/tanstack-react-query';
import { useEffect } from 'react';
import { queryClient, trpc } from '../data/trpc.ts';
import type { LinkState } from '../ui/live-mark.tsx';
import { isRunning, type Job } from './job-words.tsx';

const ASK_EVERY_MS = 1_000;

export interface WatchedJob {
  job: Job | undefined;
  error: unknown;
  retry: () => void;
  link: LinkState;
}

export function useJob(id: number): WatchedJob {
  const known = useQuery(trpc.jobs.byId.queryOptions({ id }));
  const job = known.data;
  const running = job !== undefined && isRunning(job);
  const sending = useSubscription(
    trpc.jobs.progress.subscriptionOptions(
      { id },
      {
        enabled: running,
        onData: (event) => takeIn(id, event.data),
      },
    ),
  );
  const { refetch } = known;
  const asks = running && sending.status !== 'pending';
  useEffect(() => {
    if (!asks) return;
    const timer = setInterval(() => void refetch(), ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [asks, refetch]);
  return {
    job,
    error: known.error,
    retry: () => void refetch(),
    link: linkState(sending.status, known.isError),
  };
}

type SubscriptionStatus = 'idle' | 'connecting' | 'pending' | 'error';

function linkState(status: SubscriptionStatus, asksFail: boolean): LinkState {
  if (status === 'pending') return 'live';
  return asksFail ? 'lost' : 'polling';
}

/** The end of a job changes more than the job: its result exists now, and the list shows it elsewhere. */
function takeIn(id: number, job: Job): void {
  queryClient.setQueryData(trpc.jobs.byId.queryKey({ id }), job);
  if (isRunning(job)) return;
  void queryClient.invalidateQueries({ queryKey: trpc.jobs.result.queryKey({ id }) });
  void queryClient.invalidateQueries({ queryKey: trpc.jobs.rows.pathKey() });
  void queryClient.invalidateQueries({ queryKey: trpc.jobs.list.pathKey() });
}
