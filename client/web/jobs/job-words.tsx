/** The words and signs for a job's state, the same on the list and on the job's page. */
import type { ReactNode } from 'react';
import type { Outputs } from '../data/session.ts';
import { count, plural, share } from '../ui/format.ts';
import { CheckIcon, ClockIcon, CrossIcon, StopIcon, WorkIcon } from '../ui/icons.tsx';
import { Pill, type Tone } from '../ui/states.tsx';

export type Job = Outputs['jobs']['byId'];
export type JobStatus = Job['status'];

export const JOB_STATUSES: readonly JobStatus[] = [
  'pending',
  'processing',
  'completed',
  'failed',
  'cancelled',
];

const WORDS: Record<JobStatus, { word: string; tone: Tone; icon: ReactNode }> = {
  pending: { word: 'Waiting', tone: 'quiet', icon: <ClockIcon size={14} /> },
  processing: { word: 'Running', tone: 'info', icon: <WorkIcon size={14} /> },
  completed: { word: 'Done', tone: 'ok', icon: <CheckIcon size={14} /> },
  failed: { word: 'Failed', tone: 'bad', icon: <CrossIcon size={14} /> },
  cancelled: { word: 'Cancelled', tone: 'warn', icon: <StopIcon size={14} /> },
};

export const statusWord = (status: JobStatus) => WORDS[status].word;

export function StatusPill({ status }: { status: JobStatus }) {
  const { word, tone, icon } = WORDS[status];
  return (
    <Pill tone={tone} icon={icon}>
      {word}
    </Pill>
  );
}

export const isRunning = (job: { status: JobStatus }) =>
  job.status === 'pending' || job.status === 'processing';

/** How much of a job is done in percent: by rows once their number is known, by bytes read before. */
export function doneShare(job: Job): number {
  if (job.totalRows !== null) return share(job.processedRows, job.totalRows);
  return Math.min(99, share(job.readBytes, job.fileBytes));
}

/** One line on what a job has done so far or in the end. */
export function outcome(job: Job): string {
  if (job.status === 'pending') return 'Waiting for a free worker';
  if (job.status === 'failed') return job.errorMessage ?? 'It could not be finished';
  if (job.status === 'processing' && job.totalRows !== null) {
    return `${count(job.processedRows)} of ${plural(job.totalRows, 'row')}`;
  }
  const parts = [plural(job.processedRows, 'row')];
  if (job.repairedRows) parts.push(`${count(job.repairedRows)} repaired`);
  if (job.failedRows) parts.push(`${count(job.failedRows)} failed`);
  return parts.join(' · ');
}
