/** `idle-process <relay|none> <seconds>`: tells its parent how many ms of CPU this process took over that time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { cache, invalidator } from '../server/app-cache.ts';
import { startRelay } from '../server/db/index.ts';
import { getDb } from '../server/db/pool.ts';

const [what, seconds] = process.argv.slice(2);
/** The first polls, whose code is not compiled yet, are not what an idle server costs. */
const WARM_UP_MS = 10_000;

await cache.ready();
await getDb().execute(sql`select 1`);
if (what === 'relay')
  startRelay({
    settle: invalidator.settle,
    settleAll: invalidator.settleAll,
    onError: (error) => process.emitWarning(String(error)),
  });
await sleep(WARM_UP_MS);
const before = process.cpuUsage();
await sleep(Number(seconds) * 1000);
const { user, system } = process.cpuUsage(before);
process.send?.((user + system) / 1000, () => process.exit());
