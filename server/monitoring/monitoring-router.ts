/** What operators may see and what operators and admins may do to the cache. */
import { tracked } from '@trpc/server';
import { cache } from '../app-cache.ts';
import { poolState } from '../db/index.ts';
import { operatorProcedure, router } from '../trpc/procedures.ts';
import { rest } from '../trpc/rest.ts';
import { auditChoices, auditPage } from './audit-log.ts';
import { clearByPattern, clearEverything, expireNames, warm } from './cache-acts.ts';
import { cacheNumbers, namespaceNumbers } from './cache-numbers.ts';
import { entryOf, keysPage } from './cache-view.ts';
import { previewClear } from './clear-preview.ts';
import { healthReport } from './health.ts';
import { liveNumbers } from './live.ts';
import {
  cacheStatsAnswer,
  clearedAnswer,
  expiredAnswer,
  previewAnswer,
  warmedAnswer,
} from './monitoring-answers.ts';
import { adminAct, operatorAct, originOf } from './monitoring-procedures.ts';
import {
  auditInput,
  clearInput,
  clearPatternInput,
  entryInput,
  expireInput,
  keysInput,
  previewInput,
  streamInput,
  timeseriesInput,
} from './monitoring-schemas.ts';
import { databaseState, queueState } from './probes.ts';
import { timeseries } from './timeseries.ts';

export const monitoringRouter = router({
  /** The fleet's numbers, with this process's beside them. */
  cacheStats: operatorProcedure
    .meta(rest('GET /monitoring/cache', "The cache's numbers over all processes", cacheStatsAnswer))
    .query(() => cacheNumbers()),
  cacheNamespaces: operatorProcedure.query(() => namespaceNumbers()),
  cacheTimeseries: operatorProcedure.input(timeseriesInput).query(({ input }) => timeseries(input)),
  cacheKeys: operatorProcedure.input(keysInput).query(({ input }) => keysPage(input)),
  cacheEntry: operatorProcedure.input(entryInput).query(({ input }) => entryOf(input.key)),
  cacheClearPreview: operatorProcedure
    .meta(rest('GET /monitoring/cache/clear-preview', 'What a clear would delete', previewAnswer))
    .input(previewInput)
    .query(({ input, signal }) => previewClear(input, signal)),
  redisInfo: operatorProcedure.query(async () => ({ ...cache.state(), info: await cache.redisInfo() })),
  dbStats: operatorProcedure.query(async () => ({ pool: poolState(), ...(await databaseState()) })),
  queueStats: operatorProcedure.query(() => queueState()),
  auditLog: operatorProcedure.input(auditInput).query(({ input }) => auditPage(input)),
  /** The actions and people that the audit can be filtered by. */
  auditChoices: operatorProcedure.query(() => auditChoices()),
  health: operatorProcedure.query(() => healthReport()),

  /** Marks entries old by age: they are served while fresh values load. */
  cacheExpire: operatorAct
    .meta(rest('POST /monitoring/cache/expire', 'Marks entries old by age', expiredAnswer))
    .input(expireInput)
    .mutation(({ ctx, input, path }) => expireNames(originOf(ctx, path), input)),
  cacheWarm: operatorAct
    .meta(rest('POST /monitoring/cache/warm', 'Warms the cache', warmedAnswer))
    .mutation(({ ctx, path }) => warm(originOf(ctx, path))),
  cacheClear: adminAct
    .meta(rest('POST /monitoring/cache/clear', 'Makes every entry of the cache gone', clearedAnswer))
    .input(clearInput)
    .mutation(({ ctx, input, path, signal }) => clearEverything(originOf(ctx, path), input, signal)),
  cacheClearPattern: adminAct
    .meta(
      rest('POST /monitoring/cache/clear-pattern', 'Makes the entries gone whose keys match', clearedAnswer),
    )
    .input(clearPatternInput)
    .mutation(({ ctx, input, path, signal }) => clearByPattern(originOf(ctx, path), input, signal)),

  /** The cache's numbers each second. */
  stream: operatorProcedure.input(streamInput).subscription(async function* ({ signal }) {
    for await (const numbers of liveNumbers(signal)) yield tracked(String(numbers.at.getTime()), numbers);
  }),
});
