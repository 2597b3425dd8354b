/** A process of its own that warms as a start does, and prints the outcome. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cache } from '../../../server/app-cache.ts';
import { closeDb } from '../../../server/db/index.ts';
import { onWarmUp, type WarmUp, warmUp } from '../../../server/warm.ts';

let own = false;
onWarmUp(() => {
  own = true;
});
process.stdout.write('warming\n');
process.stdout.write(`${JSON.stringify({ done: await untilDone(), own })}\n`);
await cache.close();
await closeDb();

/** On a busy machine the first attempt to reach Redis may take too long. */
async function untilDone(): Promise<WarmUp> {
  for (;;) {
    const done = await warmUp({ reason: 'start' });
    if (done) return done;
    await sleep(200);
  }
}
