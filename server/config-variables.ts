/**
 * Every variable that can be set, its default and its meaning. This is the only list: `.env.example` is written
 * from it (`npx tsx scripts/write-env-example.ts`), and what is not on it but looks as if it should be stops the start.
 */
import type { z } from 'zod';
import {
  address,
  itemsOf,
  listOf,
  oneOf,
  optional,
  share,
  text,
  wholeNumber,
  yesOrNo,
} from './config-shapes.ts';

export interface Variable {
  name: string;
  group: 'Server' | 'Database' | 'Redis' | 'Cache' | 'Limits' | 'Jobs' | 'Set-up';
  /** As it would be written in the environment; null: not set. */
  byDefault: string | null;
  meaning: string;
  /** Reads the text; its description says what is expected. */
  shape: z.ZodType<unknown, string | undefined>;
}

const redisAddress = address(['redis:', 'rediss:'], 'redis://:password@host:6379');

/** Keyed by the field of `config()`. */
export const VARIABLES = {
  nodeEnv: {
    name: 'NODE_ENV',
    group: 'Server',
    byDefault: 'development',
    meaning: 'Production refuses the log-ins and passwords of the demonstration.',
    shape: oneOf('development', 'test', 'production'),
  },
  host: {
    name: 'HOST',
    group: 'Server',
    byDefault: '127.0.0.1',
    meaning: 'Address to listen on. 0.0.0.0 is every address of the machine.',
    shape: text(),
  },
  port: {
    name: 'PORT',
    group: 'Server',
    byDefault: '3000',
    meaning: 'Port to listen on. 0 lets the system choose one.',
    shape: wholeNumber({ min: 0, max: 65_535 }),
  },
  publicUrl: {
    name: 'PUBLIC_URL',
    group: 'Server',
    byDefault: null,
    meaning:
      'Where people reach the site. https:// turns on secure cookies. Not set: http:// with HOST and PORT.',
    shape: optional(address(['http:', 'https:'], 'https://larder.example.org')),
  },
  trustProxy: {
    name: 'TRUST_PROXY',
    group: 'Server',
    byDefault: '',
    meaning:
      'Addresses or networks of the proxies in front of the server. X-Forwarded-For is believed from them alone.',
    shape: itemsOf(/^[\da-fA-F.:]+(\/\d{1,3})?$/, '127.0.0.1,10.0.0.0/8'),
  },
  role: {
    name: 'ROLE',
    group: 'Server',
    byDefault: 'web,worker',
    meaning: 'What this process does: serve (web), run jobs (worker), or both.',
    shape: listOf('web', 'worker'),
  },
  healthPort: {
    name: 'HEALTH_PORT',
    group: 'Server',
    byDefault: null,
    meaning:
      'Where a process that only runs jobs answers /healthz, /readyz, /health and /metrics; others do so on PORT. Not set: nowhere.',
    shape: optional(wholeNumber({ min: 0, max: 65_535 })),
  },
  logLevel: {
    name: 'LOG_LEVEL',
    group: 'Server',
    byDefault: 'info',
    meaning: 'The least level that is logged.',
    shape: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  },
  demo: {
    name: 'DEMO',
    group: 'Server',
    byDefault: 'false',
    meaning: 'Show the seeded log-ins on the sign-in page. `npm start` sets it outside production.',
    shape: yesOrNo(),
  },
  databaseUrl: {
    name: 'DATABASE_URL',
    group: 'Database',
    byDefault: null,
    meaning: 'MySQL 8.4 or later, or MariaDB 10.6 or later. Not set: `npm start` finds or starts one.',
    shape: address(['mysql:'], 'mysql://user:password@host:3306/larder', { path: true }),
  },
  databasePoolSize: {
    name: 'DATABASE_POOL_SIZE',
    group: 'Database',
    byDefault: '20',
    meaning: 'The most connections of one process to the database.',
    shape: wholeNumber({ min: 1, max: 1000 }),
  },
  foreignWrites: {
    name: 'FOREIGN_WRITES',
    group: 'Database',
    byDefault: 'off',
    meaning: "How writes of other programs are noticed: off, the database's log, or triggers in its tables.",
    shape: oneOf('off', 'log', 'triggers'),
  },
  logDatabaseUrl: {
    name: 'LOG_DATABASE_URL',
    group: 'Database',
    byDefault: null,
    meaning: 'The account that reads the log, with FOREIGN_WRITES=log. Not set: the one of DATABASE_URL.',
    shape: optional(address(['mysql:'], 'mysql://user:password@host:3306/larder', { path: true })),
  },
  redisUrl: {
    name: 'REDIS_URL',
    group: 'Redis',
    byDefault: 'redis://127.0.0.1:6379',
    meaning:
      'The cache: Redis 7 or later, or Valkey 8 or later. May evict. Not set: `npm start` finds or starts one.',
    shape: redisAddress,
  },
  redisHost: {
    name: 'REDIS_HOST',
    group: 'Redis',
    byDefault: null,
    meaning:
      'Instead of REDIS_URL, for a Redis without a password. Not set: 127.0.0.1 when REDIS_PORT is set.',
    shape: optional(text()),
  },
  redisPort: {
    name: 'REDIS_PORT',
    group: 'Redis',
    byDefault: null,
    meaning: 'Goes with REDIS_HOST. Not set: 6379 when REDIS_HOST is set.',
    shape: optional(wholeNumber({ min: 1, max: 65_535 })),
  },
  redisClusterNodes: {
    name: 'REDIS_CLUSTER_NODES',
    group: 'Redis',
    byDefault: '',
    meaning: 'The cache on a Redis Cluster instead: some of its nodes.',
    shape: itemsOf(/^[^\s,]+:\d+$/, 'host:port,host:port'),
  },
  queueRedisUrl: {
    name: 'QUEUE_REDIS_URL',
    group: 'Redis',
    byDefault: null,
    meaning: 'The job queue: a Redis with maxmemory-policy noeviction. Not set: the one of REDIS_URL.',
    shape: optional(redisAddress),
  },
  cachePrefix: {
    name: 'CACHE_PREFIX',
    group: 'Cache',
    byDefault: 'larder:',
    meaning: 'Begins every key in Redis. No command of Larder touches a key outside it.',
    shape: text(/^[\w.:{}-]+$/, 'letters, digits and .:{}_- without spaces'),
  },
  l1MaxEntries: {
    name: 'L1_MAX_ENTRIES',
    group: 'Cache',
    byDefault: '10000',
    meaning: "The most values kept in a process's memory. 0 keeps none.",
    shape: wholeNumber({ min: 0, max: 10_000_000 }),
  },
  l1MaxBytes: {
    name: 'L1_MAX_BYTES',
    group: 'Cache',
    byDefault: '67108864',
    meaning: "The most bytes that the values in a process's memory take.",
    shape: wholeNumber({ min: 0, max: 2 ** 40 }),
  },
  maxConcurrentLoads: {
    name: 'MAX_CONCURRENT_LOADS',
    group: 'Cache',
    byDefault: '16',
    meaning: 'The most loads from the database at once, per process, while Redis is away.',
    shape: wholeNumber({ min: 1, max: 10_000 }),
  },
  cacheTimeoutMs: {
    name: 'CACHE_TIMEOUT_MS',
    group: 'Cache',
    byDefault: '50',
    meaning: 'How long a read waits for Redis, in ms, before it asks the database instead.',
    shape: wholeNumber({ min: 1, max: 60_000 }),
  },
  warmAtStart: {
    name: 'WARM_AT_START',
    group: 'Cache',
    byDefault: 'true',
    meaning: 'Load what will be asked for first before requests are taken; readiness waits 5 s at most.',
    shape: yesOrNo(),
  },
  warmEveryS: {
    name: 'WARM_EVERY_S',
    group: 'Cache',
    byDefault: '3600',
    meaning: 'Seconds between two warm-ups of the fleet. 0: only at start and after imports.',
    shape: wholeNumber({ min: 0, max: 604_800 }),
  },
  checkShare: {
    name: 'CHECK_SHARE',
    group: 'Cache',
    byDefault: '0.001',
    meaning: 'The share of reads that the standing checker compares with the database, 0 to 1.',
    shape: share(),
  },
  loginPerMinute: {
    name: 'LOGIN_PER_MINUTE',
    group: 'Limits',
    byDefault: '10',
    meaning: 'Log-in attempts a minute, per account and per address.',
    shape: wholeNumber({ min: 1, max: 100_000 }),
  },
  callsPerMinute: {
    name: 'CALLS_PER_MINUTE',
    group: 'Limits',
    byDefault: '600',
    meaning: 'Calls a minute, per session.',
    shape: wholeNumber({ min: 1, max: 10_000_000 }),
  },
  bodyLimitBytes: {
    name: 'BODY_LIMIT_BYTES',
    group: 'Limits',
    byDefault: '1048576',
    meaning: 'The largest body of a call, in bytes.',
    shape: wholeNumber({ min: 1024, max: 2 ** 30 }),
  },
  maxBatch: {
    name: 'MAX_BATCH',
    group: 'Limits',
    byDefault: '20',
    meaning: 'The most calls in one batch.',
    shape: wholeNumber({ min: 1, max: 1000 }),
  },
  maxLagMs: {
    name: 'MAX_LAG_MS',
    group: 'Limits',
    byDefault: '1500',
    meaning: 'How late the event loop may be, in ms, before calls are refused with 503. 0 refuses none.',
    shape: wholeNumber({ min: 0, max: 60_000 }),
  },
  uploadLimitBytes: {
    name: 'UPLOAD_LIMIT_BYTES',
    group: 'Limits',
    byDefault: '209715200',
    meaning: 'The largest uploaded file, in bytes.',
    shape: wholeNumber({ min: 1024, max: 2 ** 40 }),
  },
  sessionTtlS: {
    name: 'SESSION_TTL_S',
    group: 'Limits',
    byDefault: '2592000',
    meaning: 'Seconds until a session ends.',
    shape: wholeNumber({ min: 60, max: 31_622_400 }),
  },
  jobConcurrency: {
    name: 'JOB_CONCURRENCY',
    group: 'Jobs',
    byDefault: '2',
    meaning: 'Jobs that one worker runs at once.',
    shape: wholeNumber({ min: 1, max: 100 }),
  },
  envFile: {
    name: 'ENV_FILE',
    group: 'Set-up',
    byDefault: '.env',
    meaning:
      'A file with these variables; those of the environment win. It may be missing; empty: none is read.',
    shape: text(/^/, 'a path'),
  },
  serverFolders: {
    name: 'SERVER_FOLDERS',
    group: 'Set-up',
    byDefault: null,
    meaning:
      'Folders (colon-separated) in which `npm start` looks for database and Redis programs, instead of PATH and the usual ones.',
    shape: optional(text()),
  },
} as const satisfies Record<string, Variable>;
