/** The commands of `larder`, what they take, and how they end. */
import { Command, CommanderError } from 'commander';
import { createLarderClient, type LarderClient, LarderError, toLarderError } from '../index.ts';
import { registerAccountCommands } from './account-commands.ts';
import { registerCacheCommands } from './cache-commands.ts';
import { findCredentials } from './credentials.ts';
import { EXIT, EXIT_HELP, type ExitCode, Stop } from './exit-codes.ts';
import { registerJobCommands } from './job-commands.ts';
import { type Surroundings, Terminal } from './terminal.ts';

/** What a command works with. */
export interface Session {
  terminal: Terminal;
  larder: LarderClient;
}

/** Turns a command's work into what commander calls. */
export type Registrar = <A extends unknown[]>(
  work: (session: Session, ...args: A) => Promise<void>,
) => (...args: A) => Promise<void>;

const USER_AGENT = 'larder-cli';

/** Runs one command. Answers the exit code; never throws. */
export async function run(args: string[], world: Surroundings): Promise<ExitCode> {
  const program = new Command('larder')
    .description('Talks to a Larder server: jobs for members, the cache for operators.')
    .option(
      '--url <url>',
      'the server (LARDER_URL; default: the one of the last login, else http://127.0.0.1:3000)',
    )
    .option('--json', 'answer in JSON', false)
    .addHelpText('after', EXIT_HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
    });
  const withSession: Registrar =
    (work) =>
    async (...args) =>
      work(await beginSession(program, world), ...args);
  registerAccountCommands(program, withSession);
  registerJobCommands(program, withSession);
  registerCacheCommands(program, withSession);
  return end(() => program.parseAsync(args, { from: 'user' }), world);
}

async function beginSession(program: Command, world: Surroundings): Promise<Session> {
  const { url: wanted, json } = program.opts<{ url?: string; json: boolean }>();
  const { url, token } = await findCredentials(world.env, wanted);
  if (!URL.canParse(url))
    throw new Stop(EXIT.usage, `Expected an address such as http://127.0.0.1:3000, got ${url}`);
  const larder = createLarderClient({ url, token: token ?? undefined, userAgent: USER_AGENT });
  return { terminal: new Terminal(world, json), larder };
}

async function end(work: () => Promise<unknown>, { stderr }: Surroundings): Promise<ExitCode> {
  try {
    await work();
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof Stop) {
      if (error.message) stderr.write(`${error.message}\n`);
      return error.code;
    }
    const failure = error instanceof LarderError ? error : toLarderError(error);
    stderr.write(`${wordsOf(failure)}\n`);
    return codeOf(failure);
  }
}

function wordsOf({ message, retryAfterS, requestId, status }: LarderError): string {
  const advice = status === 401 ? ' (larder login)' : '';
  const pause = retryAfterS ? `\nTry again in ${retryAfterS} s` : '';
  return `${message}${advice}${pause}${requestId ? `\nRequest ${requestId}` : ''}`;
}

function codeOf({ status }: LarderError): ExitCode {
  if (status === 0) return EXIT.unreachable;
  return status === 401 || status === 403 ? EXIT.notAllowed : EXIT.failed;
}
