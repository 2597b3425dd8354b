/** Jobs: hand a file in, watch it run, fetch what came of it. */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LarderClient, Outputs } from '../index.ts';
import { EXIT, Stop } from './exit-codes.ts';
import type { Registrar, Session } from './program.ts';
import { table } from './terminal.ts';

type Job = Outputs['jobs']['byId'];

const DOWNLOADS = ['cleaned', 'failed', 'original'];

export function registerJobCommands(program: Command, withSession: Registrar): void {
  const jobs = program.command('jobs').description('files to be cleaned and checked');
  jobs
    .command('submit')
    .description('hand in a CSV file')
    .argument('<file>')
    .option('--type <type>', 'the job type', 'contacts')
    .option('--option <name=value...>', "the job type's options, such as defaultCountry=DE", [])
    .option('--wait', 'wait for the end; the exit code says how it went')
    .action(withSession(submit));
  jobs
    .command('list')
    .description('your jobs, the newest first')
    .option('--limit <n>', 'how many', wholeNumber, 20)
    .action(withSession(list));
  jobs.command('show').description('one job').argument('<id>', '', wholeNumber).action(withSession(show));
  jobs
    .command('result')
    .description('what a completed job found')
    .argument('<id>', '', wholeNumber)
    .action(withSession(result));
  jobs
    .command('download')
    .description("a job's rows as CSV, to a file or to standard output")
    .argument('<id>', '', wholeNumber)
    .addOption(new Option('--what <which>', 'which rows').choices(DOWNLOADS).default('cleaned'))
    .option('--out <file>', 'write there')
    .action(withSession(download));
  jobs
    .command('cancel')
    .description('end a running job')
    .argument('<id>', '', wholeNumber)
    .action(withSession(cancel));
  jobs
    .command('retry')
    .description('let a failed or cancelled job run again')
    .argument('<id>', '', wholeNumber)
    .action(withSession(retry));
}

interface SubmitOptions {
  type: string;
  option: string[];
  wait?: boolean;
}

async function submit({ larder, terminal }: Session, path: string, options: SubmitOptions): Promise<void> {
  const content = await readFile(path).catch((error: Error) => {
    throw new Stop(EXIT.usage, `The file cannot be read: ${error.message}`);
  });
  const job = await larder.upload({
    type: options.type,
    fileName: basename(path),
    content: new Uint8Array(content),
    options: Object.fromEntries(options.option.map(nameAndValue)),
  });
  if (!options.wait) {
    terminal.answer(job, `Job ${job.id} is ${job.status}`);
    return;
  }
  const ended = await watch(larder, job.id, (now) => terminal.say(line(now)));
  terminal.answer(ended, line(ended));
  if (ended.status !== 'completed') throw new Stop(EXIT.jobFailed, ended.errorMessage ?? '');
}

/** Follows the job until it ends; answers its last state. */
function watch(larder: LarderClient, id: number, onChange: (job: Job) => void): Promise<Job> {
  return new Promise((resolve, reject) => {
    const subscription = larder.api.jobs.progress.subscribe(
      { id },
      {
        onData: ({ data: job }) => {
          onChange(job);
          if (job.status === 'pending' || job.status === 'processing') return;
          subscription.unsubscribe();
          resolve(job);
        },
        onError: reject,
      },
    );
  });
}

async function list({ larder, terminal }: Session, { limit }: { limit: number }): Promise<void> {
  const { jobs } = await larder.api.jobs.list.query({ limit });
  const rows = jobs.map((job) => [
    job.id,
    job.status,
    job.fileName,
    job.processedRows,
    job.failedRows,
    job.createdAt.toISOString(),
  ]);
  terminal.answer(jobs, table(['id', 'status', 'file', 'rows', 'failed', 'handed in'], rows));
}

async function show({ larder, terminal }: Session, id: number): Promise<void> {
  const job = await larder.api.jobs.byId.query({ id });
  terminal.answer(job, line(job));
}

async function result({ larder, terminal }: Session, id: number): Promise<void> {
  const found = await larder.api.jobs.result.query({ id });
  if (!found) throw new Stop(EXIT.failed, `Job ${id} has no result yet`);
  const { rows, valid, repaired, failed, durationMs } = found.summary;
  terminal.answer(found, [
    `Job ${id}: ${rows} rows in ${(durationMs / 1000).toFixed(1)} s`,
    ...table(['valid', 'of them repaired', 'failed'], [[valid, repaired, failed]]),
  ]);
}

interface DownloadOptions {
  what: string;
  out?: string;
}

async function download(
  { larder, terminal }: Session,
  id: number,
  { what, out }: DownloadOptions,
): Promise<void> {
  const { body } = await larder.fetch(`/api/jobs/${id}/download?what=${what}`);
  if (!body) throw new Stop(EXIT.failed, 'The server sent nothing');
  const bytes = Readable.fromWeb(body);
  if (!out) return terminal.write(bytes);
  await pipeline(bytes, createWriteStream(out));
  terminal.say(`Written to ${out}`);
}

async function cancel({ larder, terminal }: Session, id: number): Promise<void> {
  const job = await larder.api.jobs.cancel.mutate({ id });
  terminal.answer(job, line(job));
}

async function retry({ larder, terminal }: Session, id: number): Promise<void> {
  const job = await larder.api.jobs.retry.mutate({ id });
  terminal.answer(job, line(job));
}

function line(job: Job): string {
  const rows =
    job.totalRows === null ? `${job.processedRows} rows` : `${job.processedRows} of ${job.totalRows} rows`;
  const trouble = job.errorMessage ? `: ${job.errorMessage}` : '';
  return `Job ${job.id} (${job.fileName}) is ${job.status}, ${rows}, ${job.repairedRows} repaired, ${job.failedRows} failed${trouble}`;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number from 1 on');
  return value;
}

/** `stripTracking=true` is a yes, `pivotYear=30` a number, `defaultCountry=DE` a text. */
function nameAndValue(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new Stop(EXIT.usage, `Expected an option as name=value, got ${text}`);
  const value = text.slice(at + 1);
  const isPlain = /^(true|false|\d+)$/.test(value);
  return [text.slice(0, at), isPlain ? JSON.parse(value) : value];
}
