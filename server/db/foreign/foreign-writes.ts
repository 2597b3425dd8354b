/** Notices the writes of other programs in the way that the configuration names. */
import type { Names, Settlement } from '../../cache/index.ts';
import { startLogFeed } from './log-feed.ts';
import { installTriggers } from './triggers.ts';

export interface ForeignWritesOptions {
  way: 'off' | 'log' | 'triggers';
  /** The account that reads the log. */
  databaseUrl: string;
  settle: (names: Names) => Promise<Settlement>;
  settleAll: () => Promise<Settlement>;
  onError: (error: unknown) => void;
}

/** How often the relay looks for what triggers reported, in ms. */
export const TRIGGERS_POLL_MS = 25;

/** Declarations must have been made by then. Answers how to stop. */
export async function watchForeignWrites(options: ForeignWritesOptions): Promise<() => Promise<void>> {
  if (options.way === 'triggers') await installTriggers();
  if (options.way !== 'log') return async () => {};
  const feed = startLogFeed(options);
  return feed.stop;
}
