/** The cache's numbers, every second: sent by the server, or asked for while that fails; never while paused or hidden. */
import { useQuery } from '@tanstack/react-query';
import { useSubscription } from '@trpc/tanstack-react-query';
import { useEffect, useReducer, useState, useSyncExternalStore } from 'react';
import type { Outputs } from '../data/session.ts';
import { trpc } from '../data/trpc.ts';
import type { LinkState } from '../ui/live-mark.tsx';

export type Numbers = Outputs['monitoring']['cacheStats'];

/** One sight of the numbers, with what happened each second since the one before. */
export interface Sight {
  at: Date;
  numbers: Numbers;
  readsPerS: number | null;
  loadsPerS: number | null;
}

export interface LiveNumbers {
  sight: Sight | null;
  error: unknown;
  link: LinkState;
  paused: boolean;
  setPaused: (paused: boolean) => void;
}

const ASK_EVERY_MS = 1_000;

export function useLiveNumbers(): LiveNumbers {
  const [paused, setPaused] = useState(false);
  const [sight, see] = useReducer(nextSight, null);
  const visible = useVisible();
  const watching = visible && !paused;
  const sending = useSubscription(
    trpc.monitoring.stream.subscriptionOptions(
      {},
      { enabled: watching, onData: ({ data }) => see({ at: data.at, numbers: data.cache }) },
    ),
  );
  const asks = watching && sending.status !== 'pending';
  const asked = useQuery(
    trpc.monitoring.cacheStats.queryOptions(undefined, {
      enabled: asks,
      refetchInterval: ASK_EVERY_MS,
      retry: false,
      staleTime: 0,
      gcTime: 0,
    }),
  );
  const answer = asks ? asked.data : undefined;
  const answeredAt = asked.dataUpdatedAt;
  useEffect(() => {
    if (answer) see({ at: new Date(answeredAt), numbers: answer });
  }, [answer, answeredAt]);
  const link = linkState({
    paused,
    sends: sending.status === 'pending',
    asksFail: asked.isError,
    seen: sight !== null,
  });
  return { sight, error: asks && !sight ? asked.error : null, link, paused, setPaused };
}

interface LinkFacts {
  paused: boolean;
  sends: boolean;
  asksFail: boolean;
  seen: boolean;
}

function linkState({ paused, sends, asksFail, seen }: LinkFacts): LinkState {
  if (paused) return 'paused';
  if (sends) return 'live';
  if (asksFail) return 'lost';
  return seen ? 'polling' : 'connecting';
}

/** Rates need two sights of the same counters; after a reset, or when the scope changed, there is none. */
function nextSight(before: Sight | null, now: { at: Date; numbers: Numbers }): Sight {
  const seconds = before ? (now.at.getTime() - before.at.getTime()) / 1000 : 0;
  if (!before || seconds <= 0 || before.numbers.scope !== now.numbers.scope) {
    return { ...now, readsPerS: null, loadsPerS: null };
  }
  const reads = readsOf(now.numbers) - readsOf(before.numbers);
  const loads = now.numbers.loads - before.numbers.loads;
  if (reads < 0 || loads < 0) return { ...now, readsPerS: null, loadsPerS: null };
  return { ...now, readsPerS: reads / seconds, loadsPerS: loads / seconds };
}

export const readsOf = ({ hits, misses }: { hits: number; misses: number }) => hits + misses;

function useVisible(): boolean {
  return useSyncExternalStore(
    (changed) => {
      document.addEventListener('visibilitychange', changed);
      return () => document.removeEventListener('visibilitychange', changed);
    },
    () => document.visibilityState === 'visible',
  );
}
