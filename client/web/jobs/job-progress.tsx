/** How far a running job is: bar, rows, speed, time left, and how the page learns of it. */
import { useEffect, useRef, useState } from 'react';
import { count, percent, plural, span } from '../ui/format.ts';
import { type LinkState, LiveMark } from '../ui/live-mark.tsx';
import { doneShare, type Job } from './job-words.tsx';

export function JobProgress({ job, link }: { job: Job; link: LinkState }) {
  const done = doneShare(job);
  const rowsPerS = useRowsPerSecond(job);
  const words = progressWords(job);
  return (
    <section className="card card-pad" aria-labelledby="progress-words">
      <div className="section-head">
        <strong id="progress-words" data-testid="progress-words">
          {words}
        </strong>
        <LiveMark state={link} />
      </div>
      <progress max={100} value={job.status === 'pending' ? 0 : done} aria-labelledby="progress-words">
        {percent(done, 0)}
      </progress>
      <p className="dimmed small progress-details">
        <span>{percent(done, 0)}</span>
        {rowsPerS > 0 ? <span>{count(Math.round(rowsPerS))} rows/s</span> : null}
        {timeLeft(job, rowsPerS)}
        {job.failedRows > 0 ? <span>{plural(job.failedRows, 'row')} with errors so far</span> : null}
      </p>
      <p className="dimmed small">You can leave this page: the job goes on, and its result stays here.</p>
      <Milestones done={done} fileName={job.fileName} />
    </section>
  );
}

function progressWords(job: Job): string {
  if (job.status === 'pending') return 'Waiting for a free worker';
  if (job.totalRows === null) return `${plural(job.processedRows, 'row')} so far`;
  return `${count(job.processedRows)} of ${plural(job.totalRows, 'row')}`;
}

function timeLeft(job: Job, rowsPerS: number) {
  if (rowsPerS <= 0 || job.processedRows === 0) return null;
  const share = doneShare(job) / 100;
  if (share <= 0) return null;
  const left = (job.processedRows / share) * (1 - share);
  return <span>about {span(left / rowsPerS)} left</span>;
}

const WINDOW_MS = 10_000;

/** The speed over the last ten seconds, as far as this page has seen them. */
function useRowsPerSecond(job: Job): number {
  const seen = useRef<{ at: number; rows: number }[]>([]);
  const [speed, setSpeed] = useState(0);
  useEffect(() => {
    const now = Date.now();
    const first = seen.current[0];
    if (first && job.processedRows < first.rows) seen.current = [];
    seen.current = [
      ...seen.current.filter(({ at }) => now - at < WINDOW_MS),
      { at: now, rows: job.processedRows },
    ];
    const oldest = seen.current[0];
    if (oldest && now - oldest.at >= 500) {
      setSpeed(((job.processedRows - oldest.rows) / (now - oldest.at)) * 1000);
    }
  }, [job.processedRows]);
  return speed;
}

/** Tells screen readers every quarter, not every change. */
function Milestones({ done, fileName }: { done: number; fileName: string }) {
  const quarter = Math.floor(done / 25) * 25;
  return (
    <span className="hidden-visually" role="status">
      {quarter > 0 ? `${fileName}: ${quarter} % done` : ''}
    </span>
  );
}
