/** Everything in this process that listens to its cache and remembers: started once, by main or by the first question. */
import { cache, observeReads } from '../app-cache.ts';
import type { Cache, CacheEvent } from '../cache/index.ts';
import { config } from '../config.ts';
import { type Log, logCacheEvents } from './cache-log.ts';
import { type History, startHistory } from './history.ts';
import { measureReads, type ReadLatencies } from './latency.ts';
import { type MinuteRecorder, recordMinutes } from './minutes.ts';
import { createStandingChecker, type StandingChecker } from './standing-checker.ts';

export interface BreakerHistory {
  /** When it went into its present state; null if it was never anything but closed. */
  since: Date | null;
  opened: number;
  halfOpened: number;
  closed: number;
}

export interface Monitor {
  history: History;
  latencies: ReadLatencies;
  breaker: Readonly<BreakerHistory>;
  checker: StandingChecker;
}

let running: (Monitor & { minutes: MinuteRecorder; stopListening: () => void }) | undefined;

/** This process's monitor, started if it was not. */
export function monitor(): Monitor {
  running ??= listen();
  return running;
}

/** Starts listening, and writes the cache's events to the log. Answers how to end both; ending stores the begun minute. */
export function startMonitoring(log: Log): () => Promise<void> {
  monitor();
  const stopLog = logCacheEvents(cache, log);
  observeReads(monitor().checker.offer);
  return async () => {
    stopLog();
    observeReads(undefined);
    const ending = running;
    running = undefined;
    ending?.history.stop();
    ending?.latencies.stop();
    ending?.stopListening();
    await Promise.all([ending?.minutes.stop(), ending?.checker.stop()]);
  };
}

function listen() {
  const breaker: BreakerHistory = { since: null, opened: 0, halfOpened: 0, closed: 0 };
  return {
    history: startHistory(cache),
    latencies: measureReads(cache),
    minutes: recordMinutes(cache),
    checker: createStandingChecker({ share: config().checkShare }),
    breaker,
    stopListening: countBreaker(cache, breaker),
  };
}

function countBreaker(from: Pick<Cache, 'on'>, counts: BreakerHistory): () => void {
  const count = ({ state }: Extract<CacheEvent, { type: 'breaker' }>) => {
    counts.since = new Date();
    if (state === 'open') counts.opened++;
    else if (state === 'half-open') counts.halfOpened++;
    else counts.closed++;
  };
  return from.on(count, { types: ['breaker'] });
}
