/** From what this process is asked for to the fleet's record, and from the record to what should be warmed. */
import { cache, observeAsks, type Wish, wish } from '../app-cache.ts';
import type { CachedRead } from '../cache/index.ts';
import { config } from '../config.ts';
import { AskedRecord } from './asked-record.ts';
import { Asks } from './asks.ts';
import { HOT_READS, type HotRead } from './hot-reads.ts';

/** A process that is killed takes as much with it. Ms. */
const FOLD_EACH_MS = 30_000;

const hotReads: HotRead[] = Object.values(HOT_READS).flat();
const record = new AskedRecord({ cache, prefix: config().cachePrefix });

export interface Recording {
  /** Adds to the fleet's record what was asked for since the last time. Never throws. */
  fold(): Promise<void>;
  /** Folds once more and hears no asks any longer. */
  stop(): Promise<void>;
}

/** Begins to record what this process is asked for. The timer keeps no process alive. */
export function recordAsks(): Recording {
  const asks = new Asks(hotReads.map(({ read }) => read));
  observeAsks(asks);
  const fold = async () => {
    const asked = asks.take();
    for (const { name, read, arg, keep } of hotReads) {
      const members = (asked.get(read) ?? []).filter(([member]) => arg.safeParse(JSON.parse(member)).success);
      if (members.length > 0) await record.add(name, members, keep);
    }
  };
  const timer = setInterval(() => void fold(), FOLD_EACH_MS).unref();
  return {
    fold,
    async stop() {
      clearInterval(timer);
      observeAsks(undefined);
      await fold();
    },
  };
}

/** What was asked for most, of a category. Nothing while Redis is away, or when it lost the record. */
export async function hotWishes(category: keyof typeof HOT_READS): Promise<Wish[]> {
  return Promise.all(
    HOT_READS[category].map(async ({ name, read, arg, keep }) => {
      const members = await record.hottest(name, keep);
      return wish(
        read as CachedRead<unknown, unknown>,
        members.flatMap((member) => argOf(member, arg)),
      );
    }),
  );
}

function argOf(member: string, shape: HotRead['arg']): unknown[] {
  try {
    const { success, data } = shape.safeParse(JSON.parse(member));
    return success ? [data] : [];
  } catch {
    return [];
  }
}
