/** Notices the writes of other programs in the way that the configuration names. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Names, Settlement } from '../../cache/index.ts';
import { warnOfUnseenCascades } from './cascade-warning.ts';
import { startLogFeed } from './log-feed.ts';
import { removeTriggers } from './triggers.ts';
import { watchTriggers } from './triggers-watch.ts';

export interface ForeignWritesOptions {
  way: 'off' | 'log' | 'triggers';
  /** With `log` the account that reads it, else the program's own. */
  databaseUrl: string;
  settle: (names: Names) => Promise<Settlement>;
  settleAll: () => Promise<Settlement>;
  /** Is told in words what cannot be seen, and what more was made old than a write named. */
  onNotice: (message: string) => void;
  onError: (error: unknown) => void;
}

/** How often the relay looks for what triggers reported, in ms. */
export const TRIGGERS_POLL_MS = 25;
const REMOVE_AGAIN_MS = 5000;

/** Declarations must have been made by then. Answers how to stop. */
export async function watchForeignWrites(options: ForeignWritesOptions): Promise<() => Promise<void>> {
  if (options.way !== 'off') await warnOfUnseenCascades(options.onNotice);
  if (options.way === 'triggers') return watchTriggers(options);
  const stopRemoving = removeUnusedTriggers(options);
  const feed = options.way === 'log' ? startLogFeed(options) : undefined;
  return async () => {
    await Promise.all([stopRemoving(), feed?.stop()]);
  };
}

/**
 * Triggers of an earlier setting cost every foreign write an insert, and make the log's reader take it for one of ours.
 * While processes with that setting still run, as in a rolling deploy, they stay; the last one's end lets them go.
 */
function removeUnusedTriggers({ onNotice, onError }: ForeignWritesOptions): () => Promise<void> {
  const stopping = new AbortController();
  const ended = run().catch(onError);

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const { removed, left } = await removeTriggers();
      if (removed > 0) onNotice(`${removed} triggers of an earlier FOREIGN_WRITES=triggers were removed`);
      if (left === 0) return;
      await sleep(REMOVE_AGAIN_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  }

  return async () => {
    stopping.abort();
    await ended;
  };
}
