// `npx tsx scripts/write-behind.ts`: the operations that the database refused, the oldest 500, with the reasons. `--again`
// hands all of them in again; any process that runs applies them within seconds. Takes QUEUE_REDIS_URL and CACHE_PREFIX
// from the environment, as the program does.
import { behindStreams } from '../server/db/behind/process.ts';
import { countRefused, handInAgain, listRefused } from '../server/db/behind/refused.ts';

const streams = behindStreams();
try {
  for (const { at, reason, operation } of await listRefused(streams)) {
    const { id, entity, kind, key, values } = operation;
    console.log(`${at.toISOString()} ${kind} of ${entity} ${JSON.stringify({ id, key, values })}: ${reason}`);
  }
  const refused = await countRefused(streams);
  console.log(`${refused} refused operations stand aside in ${streams.stream}.`);
  if (process.argv.includes('--again')) console.log(`${await handInAgain(streams)} were handed in again.`);
} finally {
  streams.redis.disconnect();
}
