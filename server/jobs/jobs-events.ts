/** What happens to jobs in this process, for those who count it. Listeners must be quick and must not throw. */

/** `lost`: cancelled, or taken over by another worker. `postponed`: given back, to be run again. */
export type JobOutcome = 'completed' | 'failed' | 'lost' | 'postponed';

export type JobEvent =
  | { kind: 'started'; jobId: number; type: string; attempt: number }
  | { kind: 'ended'; jobId: number; type: string; outcome: JobOutcome; ms: number; rows: number };

const listeners = new Set<(event: JobEvent) => void>();

/** Answers how to stop listening. */
export function onJobEvent(listener: (event: JobEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function emitJobEvent(event: JobEvent): void {
  for (const listener of listeners) listener(event);
}
