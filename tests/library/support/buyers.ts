/**
 * A process full of buyers. Started with `{ userIds, productId }` as its argument it says `ready`, waits for a line on its
 * standard input, lets everybody buy at once, and prints one line for each: `sold`, or the error's code.
 */
import { once } from 'node:events';
import { pastWrite } from '../../support/past-write.ts';

const { userIds, productId } = JSON.parse(process.argv[2] ?? '{}') as {
  userIds: number[];
  productId: number;
};
const { cache, invalidator } = await import('../../../server/app-cache.ts');
await import('../../../server/root-router.ts');
const { purchase } = await import('../../../server/library/library-writes.ts');
const { closeDb, flushOutbox, getDb, startRelay } = await import('../../../server/db/index.ts');
const { answerTo } = await import('../../../server/trpc/errors.ts');

const relay = startRelay({ ...invalidator, onError: () => {} });
await pastWrite(getDb()).execute('SELECT 1');
say('ready');
await once(process.stdin, 'data');
await Promise.all(userIds.map(buy));
say('done');
await once(process.stdin, 'data');
await relay.stop();
await flushOutbox();
await cache.close();
await closeDb();
process.exit(0);

async function buy(userId: number): Promise<void> {
  const outcome = await purchase({ userId, productId, idempotencyKey: `once-${userId}` }).then(
    () => 'sold',
    (error) => answerTo(error).code,
  );
  say(outcome);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
