/** A process that applies one stream of views and is killed before it can trim what it applied: STREAM, and the program's variables. */
import { Redis } from 'ioredis';
import { itemViews } from '../../../drizzle/schema.ts';
import { createBehind } from '../../../server/db/behind/behind.ts';
import { declareEntity, setInvalidator } from '../../../server/db/index.ts';

setInvalidator({ settle: async () => ({ acknowledged: true, release: () => {} }) });
declareEntity({ name: 'views', table: itemViews, key: ['kind', 'itemId'] });
const redis = new Redis(process.env.QUEUE_REDIS_URL ?? '');
redis.xdel = () => process.kill(process.pid, 'SIGKILL') as never;
const onError = (error: unknown) => process.stderr.write(`${String(error)}\n`);
await createBehind({ redis, stream: process.env.STREAM ?? '', onError }).flush();
