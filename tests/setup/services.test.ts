/** Each way to find servers, run for real with the other ways hidden. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findDatabaseServer, findRedisServer } from '../../scripts/lib/binaries.mjs';
import { copyProject, type Outcome, type ProjectCopy, type RunningProgram } from '../support/project-copy.ts';
import { databaseServerUrl, queueRedisUrl, redisUrl, startRedis } from '../support/services.ts';

/** Prints the addresses it was given, and stays when asked to. */
const TELL =
  "const { DATABASE_URL, REDIS_URL, QUEUE_REDIS_URL } = process.env; console.log('told ' + JSON.stringify({ DATABASE_URL, REDIS_URL, QUEUE_REDIS_URL }));";
const tell = ['node', '-e', TELL];
const tellAndStay = (folder: string): string[] => [
  'node',
  '-e',
  `${TELL} setInterval(() => {}, 1000)`,
  folder,
];

let project: ProjectCopy;
beforeEach(() => {
  project = copyProject();
});
afterEach(() => {
  const left = project.leftovers();
  project.remove();
  expect(left).toEqual([]);
});

function told(output: string): Record<'DATABASE_URL' | 'REDIS_URL' | 'QUEUE_REDIS_URL', string> {
  const line = output.split('\n').find((each) => each.startsWith('told '));
  if (line === undefined) throw new Error(`no addresses were told:\n${output}`);
  return JSON.parse(line.slice('told '.length));
}

const withServices = (args: string[], env?: Record<string, string>): Promise<Outcome> =>
  project.run('with-services.mjs', { args, env });

/** The same with a program that stays; resolves when it has been told the addresses. */
async function stay(env?: Record<string, string>): Promise<RunningProgram> {
  const running = project.start('with-services.mjs', { args: tellAndStay(project.root), env });
  await running.says('told ');
  return running;
}

/** Spares a test that is not about the database the making of one. */
function configuredDatabase(): Record<string, string> {
  return { DATABASE_URL: `${databaseServerUrl()}/larder` };
}

/** A PATH with Node and a shell's few tools alone: no package manager, no Docker, no servers. */
function barePath(): string {
  for (const name of ['node', 'sh', 'ln', 'cat', 'echo']) {
    const target =
      name === 'node'
        ? process.execPath
        : ['/bin', '/usr/bin'].map((folder) => join(folder, name)).find(existsSync);
    if (target) project.linkProgram(name, target);
  }
  return project.bin;
}

/** A folder for SERVER_FOLDERS, empty at first. */
function emptyServerFolder(): string {
  const folder = join(project.root, 'servers');
  mkdirSync(folder);
  return folder;
}

describe('configured addresses', () => {
  test('are used as they are, and nothing is started', async () => {
    const env = {
      DATABASE_URL: `${databaseServerUrl()}/larder`,
      REDIS_URL: redisUrl(),
      QUEUE_REDIS_URL: queueRedisUrl(),
    };
    const outcome = await withServices(tell, env);
    expect(told(outcome.output)).toEqual(env);
    expect(existsSync(join(project.root, '.larder'))).toBe(false);
    expect(outcome.code).toBe(0);
  });

  test('that do not answer are all named, with the reason and without a password', async () => {
    const redis = await startRedis();
    const outcome = await withServices(tell, {
      DATABASE_URL: 'mysql://larder:hunter2@127.0.0.1:1/larder',
      REDIS_URL: redis.url.replace(/:[^:@]+@/, ':wrong@'),
    });
    await redis.stop();
    expect(outcome.code).toBe(1);
    expect(outcome.output).toContain(
      'DATABASE_URL: no server can be used at mysql://larder:***@127.0.0.1:1/larder: nothing listens there',
    );
    expect(outcome.output).toContain('it refused: WRONGPASS');
    expect(outcome.output).not.toContain('hunter2');
  });

  test('of Redis alone leave the database to be found; the queue then shares that Redis', async () => {
    const outcome = await withServices(tell, { REDIS_URL: redisUrl() });
    expect(told(outcome.output)).toMatchObject({ REDIS_URL: redisUrl(), QUEUE_REDIS_URL: redisUrl() });
    expect(readdirSync(join(project.root, '.larder'))).toEqual(['database']);
  });
});

describe('programs on this machine', () => {
  test('are started on free ports with passwords, reachable from this machine alone, and end with the run', async () => {
    const running = await stay();
    const addresses = told(running.output());
    const connection = await createConnection(addresses.DATABASE_URL.replace(/\/larder$/, ''));
    const [[row]] = (await connection.query(
      'SELECT @@bind_address address, @@innodb_flush_log_at_trx_commit flush',
    )) as unknown as [Record<string, unknown>[]];
    await connection.end();
    expect(row).toEqual({ address: '127.0.0.1', flush: 1 });
    await expect(createConnection(addresses.DATABASE_URL.replace(/:[^:@/]+@/, ':wrong@'))).rejects.toThrow(
      'Access denied',
    );
    for (const url of [addresses.REDIS_URL, addresses.QUEUE_REDIS_URL])
      expect(await bindOf(url)).toEqual(['bind', '127.0.0.1']);

    running.signal('SIGTERM');
    const { ms } = await running.ended;
    expect(ms).toBeLessThan(20_000);
    expect(readdirSync(join(project.root, '.larder')).sort()).toEqual(['cache', 'database', 'queue']);
  });

  test('are found under the names that Valkey uses', async () => {
    const folder = emptyServerFolder();
    linkServers(folder, 'valkey-server');
    const outcome = await withServices(tell, { ...configuredDatabase(), SERVER_FOLDERS: folder });
    expect(outcome.code).toBe(0);
    expect(told(outcome.output).REDIS_URL).toMatch(/^redis:\/\/:\w+@127\.0\.0\.1:\d+$/);
  });

  test('keep their data outside a project whose path has spaces', async () => {
    project.remove();
    project = copyProject({ inside: 'with spaces' });
    const home = join(project.outer, 'state');
    const outcome = await withServices(tell, { XDG_STATE_HOME: home });
    expect(outcome.output).toContain('told ');
    expect(existsSync(join(project.root, '.larder'))).toBe(false);
    expect(readdirSync(join(home, 'larder'))).toHaveLength(1);
  });
});

describe.runIf(process.getuid?.() === 0 && existsSync('/etc/debian_version'))(
  'packages, as root on Debian',
  () => {
    test('are installed where no program is found, which is said, and then used', async () => {
      const folder = emptyServerFolder();
      const log = join(project.root, 'apt.log');
      const redis = findRedisServer()?.server ?? '';
      const database = findDatabaseServer();
      const links = [
        ['mariadbd', database?.server],
        ['mariadb-install-db', database?.installer],
      ]
        .map(([name, target]) => `ln -sf ${target} ${folder}/${name}`)
        .join('; ');
      project.addProgram(
        'apt-get',
        `echo "$@" >> ${log}; case "$*" in *mariadb-server-core*) ${links};; *redis-server*) ln -sf ${redis} ${folder}/redis-server;; esac`,
      );
      const outcome = await withServices(tell, {
        SERVER_FOLDERS: folder,
        PATH: `${barePath()}:/usr/bin:/bin`,
      });
      expect(outcome.output).toContain("Install Debian's packages for: database, redis");
      expect(told(outcome.output).DATABASE_URL).toContain('@127.0.0.1:');
      expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual([
        'update -q',
        'install -y -q --no-install-recommends mariadb-server-core mariadb-client-core',
        'install -y -q --no-install-recommends redis-server',
      ]);
    });
  },
);

describe('containers', () => {
  test('are started by the compose file where a Docker engine runs, and taken down with the run', async () => {
    const log = join(project.root, 'docker.log');
    project.addProgram('docker', `echo "$@" >> ${log}`);
    const outcome = await withServices(tell, { SERVER_FOLDERS: emptyServerFolder(), PATH: barePath() });
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    const compose = /^compose --project-name larder-\w{8} --file \S+\/ops\/compose\.yaml/;
    expect(lines.slice(0, 2).sort()).toEqual(['compose version', 'info']);
    expect(lines[2]).toMatch(compose);
    expect(lines[2]).toMatch(/ up --detach --wait database cache queue$/);
    expect(lines[3]).toMatch(compose);
    expect(lines[3]).toMatch(/ down$/);
    expect(told(outcome.output).DATABASE_URL).toMatch(/^mysql:\/\/larder:\w+@127\.0\.0\.1:\d+\/larder$/);
  });
});

test('where nothing can be found, one message names the packages for Debian, Fedora and Homebrew', async () => {
  const outcome = await withServices(tell, { SERVER_FOLDERS: emptyServerFolder(), PATH: barePath() });
  expect(outcome.code).toBe(1);
  expect(outcome.output).toContain(
    'No MariaDB or MySQL, and no Redis or Valkey was found on this machine. Install:',
  );
  expect(outcome.output).toContain('sudo apt-get install mariadb-server redis-server');
  expect(outcome.output).toContain('sudo dnf install mariadb-server valkey');
  expect(outcome.output).toContain('brew install mariadb redis');
});

describe('a run that was killed', () => {
  test('leaves no process: its guard ends the servers', async () => {
    const running = await stay();
    running.signal('SIGKILL');
    await running.ended;
    await expect.poll(() => project.leftovers(), { timeout: 15_000 }).toEqual([]);
    expect((await withServices(tell)).code).toBe(0);
  });

  test('by the end of the npm that started it, ends as by a signal of its own', async () => {
    const args = tellAndStay(project.root);
    const running = project.startAsNpm('with-services.mjs', { args, env: configuredDatabase() });
    await running.says('told ');
    running.signal('SIGTERM');
    await running.ended;
    await expect.poll(() => project.leftovers(), { timeout: 10_000 }).toEqual([]);
    expect(existsSync(join(project.root, '.larder', 'run.json'))).toBe(false);
  });

  test('together with its guard leaves orphans, which the next start ends; the data is still there', async () => {
    const running = await stay();
    await execute(told(running.output()).DATABASE_URL, 'CREATE DATABASE larder');
    const guard = childrenOf(running.pid).find((pid) => commandOf(pid).includes('guard-process.mjs'));
    process.kill(Number(guard), 'SIGKILL');
    running.signal('SIGKILL');
    await running.ended;
    const orphans = project.leftovers();
    expect(orphans.filter((line) => line.includes('.larder'))).toHaveLength(3);

    const next = project.start('with-services.mjs', { args: tellAndStay(project.root) });
    await next.says('told ');
    expect(project.leftovers().filter((line) => orphans.includes(line))).toEqual([]);
    await execute(told(next.output()).DATABASE_URL, 'USE larder');
    next.signal('SIGTERM');
    await next.ended;
  });

  test('whose pid belongs to another process by now blocks nothing, and that process is left alone', async () => {
    const state = join(project.root, '.larder');
    mkdirSync(join(state, 'cache', 'pids'), { recursive: true });
    const stranger = { pid: process.pid, startedAt: 'another boot:1' };
    writeFileSync(join(state, 'run.json'), JSON.stringify({ ...stranger, command: 'npm start' }));
    writeFileSync(join(state, 'cache', 'pids', 'cache.json'), JSON.stringify(stranger));
    expect((await withServices(tell, configuredDatabase())).code).toBe(0);
  });
});

describe('a run that is up', () => {
  test('shares its servers with commands, refuses a second start, and outlives both', async () => {
    const running = await stay(configuredDatabase());
    const [shared, second] = await Promise.all([
      withServices(tell),
      project.run('start.mjs', { env: { PORT: '0' } }),
    ]);
    expect(told(shared.output)).toEqual(told(running.output()));
    expect(second.code).toBe(1);
    expect(second.output).toContain(`Larder already runs from this folder`);
    expect(second.output).toContain(`process ${running.pid}`);
    expect(await bindOf(told(running.output()).REDIS_URL)).toEqual(['bind', '127.0.0.1']);
    running.signal('SIGINT');
    await running.ended;
  });
});

test('a port that is in use is told before anything is started', async () => {
  const port = new URL(redisUrl()).port;
  const outcome = await project.run('start.mjs', { env: { PORT: port } });
  expect(outcome.code).toBe(1);
  expect(outcome.output).toContain(`Port ${port} is in use by another program`);
  expect(existsSync(join(project.root, '.larder'))).toBe(false);
});

test('--help prints every variable with default and meaning', async () => {
  const outcome = await project.run('start.mjs', { args: ['--help'] });
  expect(outcome.output).toContain(readFileSync('.env.example', 'utf8'));
});

test('doctor says what is well and how to mend what is not', async () => {
  const well = await project.run('doctor.mjs', { env: { PORT: '0' } });
  expect(well.output).toContain('✓ Database: /');
  expect(well.code).toBe(0);
  const ill = await project.run('doctor.mjs', {
    env: { SERVER_FOLDERS: emptyServerFolder(), PATH: barePath(), PORT: new URL(redisUrl()).port },
  });
  expect(ill.code).toBe(1);
  expect(ill.output).toContain('✗ Port');
  expect(ill.output).toContain('fix: install it (Debian, Ubuntu: sudo apt-get install mariadb-server)');
});

function linkServers(folder: string, redisName: string): void {
  const [database, redis] = [findDatabaseServer(), findRedisServer()];
  if (!database || !redis) throw new Error('no servers on this machine');
  for (const name of ['mariadbd', 'mariadb-install-db', 'mysqld']) {
    const target = join(
      dirname(name === 'mariadb-install-db' ? (database.installer ?? '') : database.server),
      name,
    );
    if (existsSync(target)) symlinkSync(target, join(folder, name));
  }
  symlinkSync(redis.server, join(folder, redisName));
}

async function execute(url: string, statement: string): Promise<void> {
  const server = new URL(url);
  server.pathname = '/';
  const connection = await createConnection(server.href);
  await connection.query(statement).finally(() => connection.end());
}

async function bindOf(url: string): Promise<unknown> {
  const client = new Redis(url);
  return client.config('GET', 'bind').finally(() => client.disconnect());
}

function childrenOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
}

function commandOf(pid: string): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}
