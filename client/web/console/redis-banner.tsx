/** Says, on every page of the console, that Redis does not help just now and what that means. */
import { useQuery } from '@tanstack/react-query';
import { trpc } from '../data/trpc.ts';
import { WarnIcon } from '../ui/icons.tsx';

const ASK_EVERY_MS = 3_000;

export const redisQuery = () =>
  trpc.monitoring.redisInfo.queryOptions(undefined, { refetchInterval: ASK_EVERY_MS, staleTime: 0 });

/** Why the cache cannot be acted on just now, or null when it can. */
export function useRedisTrouble(): string | null {
  const { data } = useQuery(redisQuery());
  if (!data) return null;
  if (data.data === 'down') return 'Redis does not answer';
  if (data.breaker === 'open') return 'The breaker is open after failures of Redis';
  return data.breaker === 'half-open' ? 'Redis is being tried again' : null;
}

export function RedisBanner() {
  const trouble = useRedisTrouble();
  return (
    <div role="status">
      {trouble ? (
        <div className="banner tone-warn">
          <div>
            <WarnIcon />
            <span>
              {trouble}: reads go to the database and stay right, but cost more. Clearing waits until it is
              back.
            </span>
          </div>
        </div>
      ) : null}
    </div>
  );
}
