/** A process that reads users through the cache, as the program does, and follows other programs' writes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cache, invalidator } from '../../../server/app-cache.ts';
import { config } from '../../../server/config.ts';
import { startRelay, TRIGGERS_POLL_MS, watchForeignWrites } from '../../../server/db/index.ts';
import '../../../server/sessions/sessions-reads.ts';
import { userById } from '../../../server/users/users-reads.ts';
import { now } from '../support/clock.ts';
import { serve } from '../support/serve.ts';

const { foreignWrites, databaseUrl } = config();
let lastError = '';
const onError = (error: unknown): void => {
  lastError = String(error);
};

/** How long reads took while they were being watched, in ms. */
let tookMs: number[] = [];
let isReading = false;
let reading: Promise<unknown> = Promise.resolve();

async function readOn(ids: readonly number[]): Promise<void> {
  while (isReading) {
    const from = now();
    await userById.get(ids[Math.floor(Math.random() * ids.length)] as number);
    tookMs.push(now() - from);
    await sleep(2);
  }
}

const handlers = {
  /** Reads the user again and again; answers the instant at which a read with the new name began. */
  async seen({ id, username }: { id: number; username: string }): Promise<number> {
    for (;;) {
      const at = now();
      if ((await userById.get(id))?.username === username) return at;
      await sleep(1);
    }
  },
  startReading(ids: number[]): void {
    isReading = true;
    tookMs = [];
    reading = Promise.all([readOn(ids), readOn(ids), readOn(ids)]);
  },
  async stopReading(): Promise<number[]> {
    isReading = false;
    await reading;
    return tookMs;
  },
  lastError: () => lastError,
};

export type FollowerHandlers = typeof handlers;

await cache.ready();
startRelay({
  settle: invalidator.settle,
  settleAll: invalidator.settleAll,
  ...(foreignWrites === 'triggers' ? { pollMs: TRIGGERS_POLL_MS } : {}),
  onError,
});
await watchForeignWrites({
  way: foreignWrites,
  databaseUrl,
  settle: invalidator.settle,
  settleAll: invalidator.settleAll,
  onNotice: onError,
  onError,
});
serve(handlers);
