/** The cache, for operators and admins: numbers, health, warming, and clearing with a look before. */
import { type Command, InvalidArgumentError } from 'commander';
import type { LarderClient, Outputs } from '../index.ts';
import { EXIT, Stop } from './exit-codes.ts';
import type { Registrar, Session } from './program.ts';
import { type Terminal, table } from './terminal.ts';

const EVERYTHING = '*';

export function registerCacheCommands(program: Command, withSession: Registrar): void {
  program.command('stats').description("the cache's numbers over all processes").action(withSession(stats));
  program
    .command('clear')
    .description('delete entries of the cache: those that match, or all')
    .argument('[pattern]', 'such as "user:*", without the prefix; everything if not given')
    .option('--dry-run', 'only say what would be deleted')
    .option('--yes', 'do not ask')
    .option('--max <n>', 'delete nothing when more than n entries match', count)
    .action(withSession(clear));
  program.command('warm').description('load what most people will ask for first').action(withSession(warm));
  program.command('health').description('how the server and its parts are').action(withSession(health));
}

async function stats({ larder, terminal }: Session): Promise<void> {
  const numbers = await larder.api.monitoring.cacheStats.query();
  const rows = Object.entries(numbers.namespaces).map(([name, row]) => [
    name,
    row.hits,
    row.misses,
    `${row.hitRate.toFixed(2)}%`,
    row.loads,
    row.errors,
  ]);
  terminal.answer(numbers, [
    `Hit rate ${numbers.hitRateFormatted}: ${numbers.hits} hits, ${numbers.misses} misses (${numbers.scope === 'fleet' ? 'all processes' : 'this process only: Redis is away'})`,
    `Memory ${numbers.tiers.l1.hits}, Redis ${numbers.tiers.l2.hits}, database ${numbers.tiers.source.reads}`,
    `Stored ${numbers.sets}, deleted ${numbers.deletes}, errors ${numbers.errors}; breaker ${numbers.breaker.state}, Redis ${numbers.redis.status}`,
    ...(rows.length
      ? ['', ...table(['namespace', 'hits', 'misses', 'hit rate', 'loads', 'errors'], rows)]
      : []),
  ]);
}

interface ClearOptions {
  dryRun?: boolean;
  yes?: boolean;
  max?: number;
}

/** The same way as in the console: look, confirm, act on what was seen, tell what happened. */
async function clear(session: Session, given: string | undefined, options: ClearOptions): Promise<void> {
  const { larder, terminal } = session;
  const pattern = given ?? EVERYTHING;
  const preview = await larder.api.monitoring.cacheClearPreview.query({
    pattern,
    countAll: options.max !== undefined,
  });
  if (options.dryRun) return terminal.answer(preview, previewLines(preview, pattern));
  if (options.max !== undefined && preview.matched > options.max) {
    throw new Stop(
      EXIT.overMax,
      `${preview.matched} entries match ${pattern}, --max allows ${options.max}: nothing was deleted`,
    );
  }
  for (const line of previewLines(preview, pattern)) terminal.say(line);
  if (!options.yes) await confirm(terminal, pattern);
  const cleared = await deleteMatching(larder, pattern, preview.token);
  terminal.answer(cleared, [`${cleared.message}, in ${cleared.tookMs} ms`, ...cleared.warnings]);
}

type Preview = Outputs['monitoring']['cacheClearPreview'];

function previewLines(preview: Preview, pattern: string): string[] {
  const about = preview.exact ? '' : 'about ';
  const kinds = preview.byNamespace.map(({ namespace, matched }) => `${namespace} ${matched}`).join(', ');
  return [
    `${about}${preview.matched} entries match ${pattern}${kinds ? ` (${kinds})` : ''}`,
    ...preview.sample.slice(0, 5).map((key) => `  ${key}`),
  ];
}

async function confirm(terminal: Terminal, pattern: string): Promise<void> {
  const word = pattern === EVERYTHING ? 'everything' : 'yes';
  const answer = await terminal.ask(`Type ${word} to delete them: `);
  if (answer.trim() !== word) throw new Stop(EXIT.usage, 'Nothing was deleted');
}

function deleteMatching(larder: LarderClient, pattern: string, previewToken: string) {
  const { cacheClear, cacheClearPattern } = larder.api.monitoring;
  return pattern === EVERYTHING
    ? cacheClear.mutate({ previewToken })
    : cacheClearPattern.mutate({ pattern, previewToken });
}

async function warm({ larder, terminal }: Session): Promise<void> {
  const result = await larder.api.monitoring.cacheWarm.mutate();
  const lines = Object.entries(result.categories).map(([name, outcome]) =>
    outcome.ok
      ? `${name}: ${outcome.entries} entries in ${outcome.ms} ms`
      : `${name}: failed, ${outcome.error}`,
  );
  terminal.answer(result, lines);
  if (!result.ok) throw new Stop(EXIT.failed);
}

interface Health {
  status: 'ok' | 'degraded' | 'down';
  reasons: string[];
}

/** Needs no session. */
async function health({ larder, terminal }: Session): Promise<void> {
  const response = await fetch(`${larder.url}/health`).catch(() => {
    throw new Stop(EXIT.unreachable, `The server at ${larder.url} cannot be reached`);
  });
  const report = (await response.json()) as Health;
  terminal.answer(report, [report.status, ...report.reasons.map((reason) => `  ${reason}`)]);
  if (report.status === 'degraded') throw new Stop(EXIT.degraded);
  if (report.status !== 'ok') throw new Stop(EXIT.failed);
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('expected a whole number from 0 on');
  return value;
}
