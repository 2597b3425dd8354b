/**
 * Starts the process and ends it in order. ROLE says what it does: serve, run jobs, or both. `npm start` finds or
 * starts the database and Redis first and then runs this; their addresses come in the environment.
 */
import './require-config.ts';

import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { buildApp, buildHealthApp } from './app.ts';
import { cache, invalidator } from './app-cache.ts';
import { config } from './config.ts';
import {
  closeDb,
  flushOutbox,
  isDatabaseAway,
  migrateDb,
  reportBehindErrors,
  startBehind,
  startRelay,
  stopBehind,
  TRIGGERS_POLL_MS,
  watchForeignWrites,
} from './db/index.ts';
import { startJobFinder } from './jobs/jobs-finder.ts';
import { closeJobQueue, jobQueue } from './jobs/jobs-queue.ts';
import { createLogger, describeError } from './log.ts';
import { startMonitoring } from './monitoring/monitor.ts';
import { holdReadiness } from './monitoring/readiness.ts';
import { removeExpiredSessions } from './sessions/sessions-writes.ts';
import { startWarming, warmAtStart } from './warm.ts';
import { registerJobTypes, startWorker } from './worker.ts';

/** What has not ended by then is ended. */
const STOP_LIMIT_MS = 10_000;
const CLEAN_EVERY_MS = 3_600_000;

type Stop = () => unknown;

/** How to end what was started, in the order in which it was started. */
const started: Stop[] = [];

async function start(log: Logger): Promise<void> {
  const { role, foreignWrites } = config();
  started.push(closeDb, () => cache.close(), flushOutbox);
  reportBehindErrors((err) => log.error({ err }, 'Written behind, and not in the database yet'));
  await migrateDb();
  startBehind();
  started.push(() => stopBehind());
  started.push(startMonitoring(log), startWarming(log));
  const relay = startRelay({
    settle: invalidator.settle,
    settleAll: invalidator.settleAll,
    onNotice: (message) => log.warn(message),
    ...(foreignWrites === 'triggers' ? { pollMs: TRIGGERS_POLL_MS } : {}),
    onError: (err) => log.warn({ err }, 'Delivering invalidations failed; the next try follows'),
  });
  started.push(() => relay.stop(), await noticeOtherPrograms(log), closeJobQueue, cleanNowAndThen(log));
  registerJobTypes();
  const ends = [await (role.includes('web') ? serve(log) : serveHealth(log)), startJobs(log)];
  started.push(() => Promise.all(ends.map((end) => end?.())));
  started.push(() => holdReadiness('the process is stopping'));
  log.info({ role }, 'Started');
}

function noticeOtherPrograms(log: Logger): Promise<Stop> {
  const { foreignWrites, logDatabaseUrl, databaseUrl } = config();
  return watchForeignWrites({
    way: foreignWrites,
    databaseUrl: foreignWrites === 'log' ? (logDatabaseUrl ?? databaseUrl) : databaseUrl,
    settle: invalidator.settle,
    settleAll: invalidator.settleAll,
    onNotice: (message) => log.warn(message),
    onError: (err) => log.warn({ err }, "Other programs' writes cannot be followed; the next try follows"),
  });
}

/** Listens at once, so that the process can be looked at, and is ready when it is warm. */
async function serve(log: Logger): Promise<Stop> {
  const { host, port } = config();
  const release = holdReadiness('the cache is being warmed');
  const app = await buildApp({ logger: log });
  await app.listen({ host, port });
  void warmAtStart(log).finally(release);
  return () => app.close();
}

/** A process that only runs jobs can be looked at, too, where HEALTH_PORT says so. */
async function serveHealth(log: Logger): Promise<Stop | undefined> {
  const { host, healthPort } = config();
  if (healthPort === undefined) return undefined;
  const app = await buildHealthApp(log);
  await app.listen({ host, port: healthPort });
  return () => app.close();
}

/** A process that only serves looks for forgotten jobs too, and tells the workers. */
function startJobs(log: Logger): Stop {
  const jobs = config().role.includes('worker')
    ? startWorker({ log })
    : startJobFinder({ log, nudge: jobQueue().nudge });
  return () => jobs.stop();
}

function cleanNowAndThen(log: Logger): Stop {
  const clean = async () => {
    const removed = await removeExpiredSessions();
    if (removed > 0) log.info({ removed }, 'Expired sessions were removed');
  };
  const timer = setInterval(() => {
    clean().catch((err) => log.warn({ err }, 'Removing expired sessions failed'));
  }, CLEAN_EVERY_MS);
  return () => clearInterval(timer);
}

/** The last started is the first ended; what fails to end keeps nothing else from ending. */
async function stopAll(log: Logger): Promise<void> {
  for (const stop of started.splice(0).reverse()) {
    try {
      await stop();
    } catch (err) {
      log.error({ err }, 'A part of the process did not end well');
    }
  }
}

async function main(): Promise<void> {
  const log = await createLogger({ level: config().logLevel });
  closeWithGrace(
    {
      delay: STOP_LIMIT_MS,
      logger: false,
      onSecondSignal: (signal) => log.warn({ signal }, 'Ended by force'),
    },
    async ({ signal, err }) => {
      if (err) log.fatal({ err }, 'Something that nobody handled: the process ends');
      else log.info({ signal }, 'Stopping');
      await stopAll(log);
    },
  );
  await start(log);
}

/** A start that fails says why in plain text, and leaves nothing running. */
main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});

function explain(error: unknown): string {
  if (isDatabaseAway(error)) return `The database at ${new URL(config().databaseUrl).host} cannot be reached`;
  const { type, message, cause } = describeError(error);
  return `The start failed: ${type}: ${message}${cause ? ` (${cause.message})` : ''}`;
}
