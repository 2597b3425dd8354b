/** `npm start`: from a fresh clone to a serving program, and everything ended again on Ctrl+C. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from './build.mjs';
import { installIfNeeded } from './install.mjs';
import { freePort, whyPortIsTaken } from './ports.mjs';
import { runAndReport, runBeside, runToEnd } from './programs.mjs';
import { loadEnvironmentFile, ROOT, toolCommand } from './project.mjs';
import { servicesOfRun } from './run.mjs';
import { PlainError, paint, step } from './terminal.mjs';

const READY_WITHIN_MS = 60_000;

/** What `--help` prints. */
export function help() {
  const variables = readFileSync(join(ROOT, '.env.example'), 'utf8');
  return [
    'npm start: installs what is missing, finds or starts the servers, migrates, seeds an empty database, builds, serves.',
    '           Ctrl+C ends everything that it started.',
    '',
    variables,
  ].join('\n');
}

/** The whole start, under a run (see run.mjs). */
export async function start(run) {
  const { guard } = run;
  await installIfNeeded({ guard });
  loadEnvironmentFile();
  await checkConfiguration({ guard });
  const address = await chooseAddress();
  const [{ services, env, logins }] = await Promise.all([
    prepareServers({ guard, command: 'npm start', variables: { PORT: String(address.port) } }),
    buildWhatIsStale(guard),
  ]);
  const server = runBeside([process.execPath, join('dist', 'server', 'main.js')], {
    env,
    cwd: ROOT,
    guard,
    recordIn: services.folder,
  });
  const ended = server.ended.then((code) => {
    throw new PlainError(`the server ended by itself (exit code ${code}); its reason stands above`);
  });
  if (servesPages(process.env)) {
    await step('Serve', () => Promise.race([isReady(address.url), ended]));
    services.tell({ url: address.url });
    announce(address.url, logins);
  } else {
    console.log('\nThe worker runs. Ctrl+C ends everything that was started here.\n');
  }
  run.interruptedCode = 0;
  await ended;
}

/** Everything wrong with the environment is told before anything is started. */
export async function checkConfiguration({ guard }) {
  const { code, output } = await runAndReport([...toolCommand('tsx'), 'scripts/check-config.ts'], {
    cwd: ROOT,
    guard,
  });
  if (code !== 0) throw new PlainError(output.trim());
}

/** PORT=0 asks for any free port; it is chosen here, so that it can be printed. */
export async function chooseAddress({ PORT, HOST } = process.env) {
  const port = PORT === '0' ? await freePort() : Number(PORT || 3000);
  const host = HOST || '127.0.0.1';
  const reason =
    Number.isInteger(port) && port > 0 && port < 65_536 ? await whyPortIsTaken(port, host) : null;
  if (reason === 'EADDRINUSE') {
    throw new PlainError(
      `Port ${port} is in use by another program. Choose another: PORT=${port + 1} npm start (PORT=0: any free one)`,
    );
  }
  if (reason !== null)
    throw new PlainError(`Cannot listen on ${host}, port ${port}: ${reason}. Choose another PORT or HOST.`);
  const shownHost = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
  return { port, url: `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}` };
}

/**
 * Finds or starts the servers, and brings the database up to date.
 * @returns {Promise<{ services: object, env: object, logins: object[] }>} the servers, the environment for programs that
 *   use them (with `variables`), the demonstration's log-ins
 */
export async function prepareServers({ guard, command, variables }) {
  const services = await servicesOfRun({ guard, command });
  const env = { ...process.env, ...services.env, ...variables, DEMO: demoOf(process.env) };
  const logins = await prepareDatabase({ env, guard });
  return { services, env, logins };
}

function buildWhatIsStale(guard) {
  return step('Build', async (note) => {
    const built = await build({ guard });
    note(built.length > 0 ? built.join(' and ') : 'nothing changed');
  });
}

function servesPages({ ROLE }) {
  return !ROLE || ROLE.split(',').some((role) => role.trim() === 'web');
}

function demoOf({ DEMO, NODE_ENV }) {
  return DEMO || String(NODE_ENV !== 'production');
}

/**
 * Migrates, and fills an empty database with the demonstration, never in production.
 * @returns {Promise<{ role: string, email: string, password: string }[]>} the demonstration's log-ins that exist
 */
async function prepareDatabase({ env, guard }) {
  const isProduction = env.NODE_ENV === 'production';
  return step(
    isProduction ? 'Migrate the database' : 'Migrate the database, seed it if it is empty',
    async () => {
      const script = isProduction
        ? ['scripts/db-migrate.ts']
        : ['scripts/db-seed.ts', '--if-empty', '--tell-logins'];
      const output = await runToEnd([...toolCommand('tsx'), ...script], { env, cwd: ROOT, guard });
      const line = output.split('\n').find((each) => each.startsWith('logins: '));
      return line === undefined ? [] : JSON.parse(line.slice('logins: '.length));
    },
  );
}

/** Waits until the server at this address is ready. */
export async function isReady(url) {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new PlainError(`the server was not ready within ${READY_WITHIN_MS / 1000} s; see ${url}/readyz`);
}

export function announce(url, logins) {
  const lines = ['', `Larder is ready at ${paint('bold', url)}`];
  if (logins.length > 0) {
    lines.push('', 'Log-ins of the demonstration:');
    for (const { role, email, password } of logins)
      lines.push(`  ${role.padEnd(9)} ${email.padEnd(26)} ${password}`);
  }
  lines.push('', 'Ctrl+C ends everything that was started here.', '');
  console.log(lines.join('\n'));
}
