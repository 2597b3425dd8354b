import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { envExample } from '../../scripts/env-example.ts';
import { ConfigError, config, readConfig } from '../../server/config.ts';

const GOOD = { DATABASE_URL: 'mysql://larder:secret@db.example.org:3306/larder' };

function problemsOf(env: Record<string, string>, fileNames: string[] = []): string[] {
  try {
    readConfig({ env: { ...GOOD, ...env }, fileNames });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ name, what }) => `${name} ${what}`);
  }
}

test('.env.example is what the table of variables says, every variable with default and meaning', () => {
  expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
});

describe('what is set', () => {
  test('only the database must be named; everything else has a default', () => {
    expect(readConfig({ env: GOOD })).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      publicUrl: 'http://127.0.0.1:3000',
      role: ['web', 'worker'],
      redisUrl: 'redis://127.0.0.1:6379',
      queueRedisUrl: 'redis://127.0.0.1:6379',
      redisClusterNodes: [],
      cachePrefix: 'larder:',
      loginPerMinute: 10,
      callsPerMinute: 600,
      bodyLimitBytes: 1_048_576,
      maxBatch: 20,
      uploadLimitBytes: 209_715_200,
      maxConcurrentLoads: 16,
      demo: false,
    });
  });

  test('an empty value means not set, and spaces around a value do not count', () => {
    expect(readConfig({ env: { ...GOOD, PORT: ' 8080 ', LOG_LEVEL: '' } })).toMatchObject({
      port: 8080,
      logLevel: 'info',
    });
  });

  test('REDIS_HOST and REDIS_PORT stand for REDIS_URL, alone or together', () => {
    expect(readConfig({ env: { ...GOOD, REDIS_HOST: 'cache', REDIS_PORT: '7000' } }).redisUrl).toBe(
      'redis://cache:7000',
    );
    expect(readConfig({ env: { ...GOOD, REDIS_HOST: 'cache' } }).queueRedisUrl).toBe('redis://cache:6379');
    expect(readConfig({ env: { ...GOOD, REDIS_PORT: '7000' } }).redisUrl).toBe('redis://127.0.0.1:7000');
  });

  test('lists are separated by commas', () => {
    const nodes = readConfig({ env: { ...GOOD, REDIS_CLUSTER_NODES: 'a:7000, b:7001', ROLE: 'worker' } });
    expect(nodes).toMatchObject({ redisClusterNodes: ['a:7000', 'b:7001'], role: ['worker'] });
  });

  test('the configuration cannot be changed', () => {
    expect(Object.isFrozen(readConfig({ env: GOOD }))).toBe(true);
  });
});

describe('what is wrong', () => {
  test('everything wrong is listed at once, with what was expected and what came', () => {
    const problems = problemsOf({
      PORT: 'abc',
      ROLE: 'web,cook',
      DATABASE_URL: 'postgres://x/y',
      LOG_LEVEL: 'loud',
      MAX_BATCH: '-1',
    });
    expect(problems).toEqual([
      'PORT is "abc", expected a whole number from 0 to 65535',
      'ROLE is "web,cook", expected one or more of web, worker, separated by commas',
      'LOG_LEVEL is "loud", expected one of fatal, error, warn, info, debug, trace, silent',
      'DATABASE_URL is "postgres://x/y", expected an address such as mysql://user:password@host:3306/larder',
      'MAX_BATCH is "-1", expected a whole number from 1 to 1000',
    ]);
  });

  test('a missing database is one of the problems', () => {
    expect(() => readConfig({ env: {} })).toThrow(
      'DATABASE_URL is nothing, expected an address such as mysql://',
    );
  });

  test('a password never stands in a message', () => {
    expect(problemsOf({ REDIS_URL: 'http://:hunter2@cache' }).join()).not.toContain('hunter2');
  });

  test.each([
    ['REDIS_ULR', 'REDIS_URL'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['QUEUE_REDIS_UR', 'QUEUE_REDIS_URL'],
    ['PROT', 'PORT'],
    ['LARDER_PORT', 'PORT'],
    ['CACHE_PREFIXX', 'CACHE_PREFIX'],
  ])('%s is taken for a slip of the pen for %s', (name, meant) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([
      `${name} is not a variable of Larder; did you mean ${meant}?`,
    ]);
  });

  test('what belongs to other programs is left alone', () => {
    const others = [
      'PATH',
      'PWD',
      'HOME',
      'HOSTNAME',
      'TERM',
      'POSIX',
      'TEST_REDIS_URL',
      'REDIS_TLS_URL',
      'HOSTS',
      'MODE',
      'ROLES',
      'NODE_OPTIONS',
    ];
    expect(problemsOf(Object.fromEntries(others.map((name) => [name, 'x'])))).toEqual([]);
  });

  test('in a .env file every name must be a variable', () => {
    expect(problemsOf({ GREETING: 'x' }, ['GREETING', 'PORT'])).toEqual([
      'GREETING is not a variable of Larder',
    ]);
  });

  test('REDIS_URL and REDIS_HOST together are refused', () => {
    expect(problemsOf({ REDIS_URL: 'redis://a', REDIS_HOST: 'b' })).toEqual([
      'REDIS_HOST and REDIS_URL are both set; set the one or the other',
    ]);
  });

  test('production refuses the log-ins and the passwords of the demonstration', () => {
    const demo = {
      DEMO: 'true',
      DATABASE_URL: 'mysql://larder:larder-demo@db/larder',
      REDIS_URL: 'redis://:larder-demo@cache',
    };
    expect(problemsOf(demo)).toEqual([]);
    expect(problemsOf({ ...demo, NODE_ENV: 'production' }).map((problem) => problem.split(' ')[0])).toEqual([
      'DEMO',
      'DATABASE_URL',
      'REDIS_URL',
    ]);
  });
});

test('the file that ENV_FILE names completes the environment, which wins over it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'larder-env-'));
  const file = join(folder, 'my.env');
  writeFileSync(file, `DATABASE_URL=${GOOD.DATABASE_URL}\nPORT=4001\nMAX_BATCH=7\n`);
  process.env.ENV_FILE = file;
  process.env.PORT = '4002';
  expect(config()).toMatchObject({ port: 4002, maxBatch: 7, databaseUrl: GOOD.DATABASE_URL });
  expect(config()).toBe(config());
  rmSync(folder, { recursive: true });
});
