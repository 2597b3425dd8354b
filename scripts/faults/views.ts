// `npx tsx scripts/faults/views.ts [--views 100000]`: views from 8 clients, counted behind, while processes, the cache's
// Redis and the queue's are killed at random.
import { countViews } from '../../tests/faults/runs/views.ts';
import { report } from '../../tests/faults/support/figures.ts';
import { numberOption, progress, withServers } from './lib/command.ts';

const views = numberOption('views', 100_000);

await withServers(async () => {
  const figures = await countViews({ views, killEveryMs: 1500, onProgress: progress('views', views) });
  report('\nViews counted behind', figures);
  return figures.counted === figures.acknowledged && figures.read === figures.acknowledged;
});
