/** A worker as a program of its own, to be killed. Says "ready" when it takes jobs. */
import { pino } from 'pino';
import { registerJobHandler } from '../../../server/jobs/jobs-handler.ts';
import { startWorker } from '../../../server/worker.ts';
import { slowHandler, steppingHandler } from './slow-handler.ts';

registerJobHandler(slowHandler);
registerJobHandler(steppingHandler);
startWorker({
  log: pino({ level: process.env.TEST_LOG ?? 'silent' }, process.stderr),
  timings: { heartbeatMs: 300, staleAfterMs: 1500, retryDelayMs: () => 50 },
  findEveryMs: 300,
});
process.stdout.write('ready\n');
