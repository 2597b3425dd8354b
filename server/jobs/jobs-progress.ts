/** A job's state as a stream: one event at once, one per change, and the end of the stream with the end of the job. */
import { setTimeout as sleep } from 'node:timers/promises';
import { tracked } from '@trpc/server';
import { jobById } from './jobs-reads.ts';
import { hasEnded, type Job } from './jobs-schemas.ts';

/** Every write of a worker ends the cached job, so looking often is cheap and never shows an old state. Ms. */
const LOOK_EVERY_MS = 300;

/** Event ids name the state that they carry: a client that comes back is not told what it knows. */
export async function* jobProgress(
  jobId: number,
  { lastEventId, signal }: { lastEventId?: string | null; signal?: AbortSignal },
) {
  let known = lastEventId ?? null;
  while (!signal?.aborted) {
    const job = await jobById.get(jobId);
    if (!job) return;
    const state = stateOf(job);
    if (state !== known) yield tracked(state, job);
    known = state;
    if (hasEnded(job)) return;
    await sleep(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}

function stateOf(job: Job): string {
  return `${job.status}-${job.processedRows}-${job.readBytes}-${job.startedAt?.getTime() ?? 0}`;
}
