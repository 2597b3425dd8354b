/** A private MariaDB or MySQL: its data folder, its one account, its start. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeQuietly } from './processes.mjs';
import { whyNoDatabase } from './reachability.mjs';
import { startServer } from './server-process.mjs';
import { PlainError } from './terminal.mjs';

const run = promisify(execFile);

const SQL_MODE =
  'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/**
 * Starts the database server on a data folder of ours, which is made at the first start.
 * @param {{ binaries: { kind: string, server: string, installer: string | null }, folder: string, guard: object,
 *   durable: boolean, port?: number }} options
 *   `durable`: true writes every commit to disk before it is answered; false leaves that to the system (tests).
 * @returns {Promise<{ name: string, port: number, pid: number, rootUrl: string, stop: () => Promise<void> }>}
 *   `rootUrl` names no database; its account may create them.
 */
export async function startDatabase(options) {
  const { binaries, folder, guard, durable, port } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await initialise(binaries, folder);
  const password = secretIn(folder);
  writeFileSync(join(folder, 'accounts.sql'), accounts(password), { mode: 0o600 });
  const server = await startServer({
    name: 'database',
    binary: binaries.server,
    folder,
    guard,
    port,
    argumentsFor: (chosen) => serverArguments({ folder, port: chosen, durable }),
    whyNotReady: (chosen) => whyNoDatabase(`mysql://127.0.0.1:${chosen}`, { withinMs: 1000 }),
    startupMs: 60_000,
    hint: hintFor,
  });
  return { ...server, rootUrl: `mysql://larder:${password}@127.0.0.1:${server.port}` };
}

/** Both families refuse a half-made data folder, so it is made under another name and then renamed. */
async function initialise({ kind, server, installer }, folder) {
  const data = join(folder, 'data');
  if (existsSync(data)) return;
  const draft = join(folder, 'data.draft');
  removeQuietly(draft);
  const common = ['--no-defaults', ...asRoot(), `--datadir=${draft}`];
  const env = { ...process.env, TMPDIR: tmpFolderOf(folder) };
  try {
    if (kind === 'mariadb') {
      await run(installer, [...common, '--auth-root-authentication-method=socket', '--skip-test-db'], {
        env,
      });
    } else {
      await run(server, [...common, '--initialize-insecure'], { env });
    }
  } catch (error) {
    const said = `${error.stdout ?? ''}${error.stderr ?? ''}`;
    throw new PlainError(
      [`database: could not make the data folder ${draft}`, said.trim() || error.message, hintFor(said)]
        .filter(Boolean)
        .join('\n'),
    );
  }
  renameSync(draft, data);
}

/** Two servers that share a folder for temporary tables trip over each other's files. */
function tmpFolderOf(folder) {
  const tmp = join(folder, 'tmp');
  mkdirSync(tmp, { recursive: true });
  return tmp;
}

function asRoot() {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

/** One account for the program; the server's own root account gets the same password, so nobody enters without it. */
function accounts(password) {
  return [
    `CREATE USER IF NOT EXISTS 'larder'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `ALTER USER 'larder'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO 'larder'@'127.0.0.1' WITH GRANT OPTION;`,
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
    '',
  ].join('\n');
}

function secretIn(folder) {
  const file = join(folder, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

/** `--loose-` options are known to one of the two families or to some versions only. */
function serverArguments({ folder, port, durable }) {
  return [
    '--no-defaults',
    ...asRoot(),
    `--datadir=${join(folder, 'data')}`,
    `--tmpdir=${tmpFolderOf(folder)}`,
    `--socket=${join(folder, 'sql.sock')}`,
    `--pid-file=${join(folder, 'server.pid')}`,
    `--init-file=${join(folder, 'accounts.sql')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-name-resolve',
    '--loose-mysqlx=OFF',
    '--local-infile=OFF',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_ci',
    '--default-time-zone=+00:00',
    `--sql-mode=${SQL_MODE}`,
    '--max-connections=400',
    '--innodb-buffer-pool-size=128M',
    // The row log feeds invalidation by the database's own log.
    '--server-id=1',
    '--log-bin=binlog',
    '--loose-binlog-format=ROW',
    '--binlog-row-image=FULL',
    `--innodb-flush-log-at-trx-commit=${durable ? 1 : 2}`,
    `--sync-binlog=${durable ? 1 : 0}`,
  ];
}

function hintFor(log) {
  if (/permission denied|errno: 13|\(13\)/i.test(log)) {
    return 'Hint: on Ubuntu, AppArmor may forbid MySQL a data folder outside /var/lib/mysql. Install mariadb-server-core instead, or set DATABASE_URL.';
  }
  if (/no space left|errno: 28/i.test(log)) return 'Hint: the disk is full.';
  return '';
}
