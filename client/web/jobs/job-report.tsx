/** What came of a job: counts, columns, downloads, rows. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { trpc } from '../data/trpc.ts';
import { Figure, Figures, ShareBar } from '../ui/figures.tsx';
import { count, milliseconds, percent, plural, share } from '../ui/format.ts';
import { DownloadIcon } from '../ui/icons.tsx';
import { Failure, Loading, Note } from '../ui/states.tsx';
import { ColumnTable } from './column-table.tsx';
import { viewSummary } from './contact-rows.ts';
import type { Job } from './job-words.tsx';
import { RowTable } from './row-table.tsx';

export function JobReport({ job }: { job: Job }) {
  const result = useQuery(
    trpc.jobs.result.queryOptions(
      { id: job.id },
      { enabled: job.status === 'completed', staleTime: Infinity },
    ),
  );
  const summary = result.data ? viewSummary(result.data.summary) : null;
  return (
    <>
      {job.status === 'completed' && result.isPending ? <Loading label="Loading the result" /> : null}
      {result.isError ? <Failure error={result.error} retry={() => void result.refetch()} /> : null}
      <Counts job={job} durationMs={result.data?.summary.durationMs} />
      {summary?.notices.length ? <Notices notices={summary.notices} /> : null}
      <Downloads job={job} />
      {summary && summary.columns.length > 0 ? <ColumnTable columns={summary.columns} /> : null}
      {job.processedRows > 0 ? (
        <RowTable job={job} columns={summary?.columns.map(({ name }) => name) ?? []} />
      ) : null}
    </>
  );
}

function Notices({ notices }: { notices: string[] }) {
  return (
    <div className="section">
      <Note tone="info" title="About the file">
        {notices.map((notice) => (
          <p key={notice}>{notice}</p>
        ))}
      </Note>
    </div>
  );
}

function Counts({ job, durationMs }: { job: Job; durationMs: number | undefined }) {
  const { processedRows: rows, validRows, repairedRows, failedRows } = job;
  const beside = (part: number) => percent(share(part, rows), 1);
  const fine = validRows - repairedRows;
  return (
    <section className="section" aria-label="Counts" data-testid="counts">
      <Figures>
        <Figure
          label="Rows"
          value={count(rows)}
          beside={durationMs ? `in ${milliseconds(durationMs)}` : undefined}
        />
        <Figure label="Fine as they came" value={count(fine)} beside={beside(fine)} tone="ok" />
        <Figure label="Repaired" value={count(repairedRows)} beside={beside(repairedRows)} tone="info" />
        <Figure
          label="Failed"
          value={count(failedRows)}
          beside={beside(failedRows)}
          tone={failedRows > 0 ? 'bad' : undefined}
        />
      </Figures>
      {rows > 0 ? (
        <div className="counts-bar">
          <ShareBar
            parts={[
              { label: 'Fine', value: fine, fill: 'fill-1' },
              { label: 'Repaired', value: repairedRows, fill: 'fill-2' },
              { label: 'Failed', value: failedRows, fill: 'fill-bad' },
            ]}
          />
        </div>
      ) : null}
    </section>
  );
}

function Downloads({ job }: { job: Job }) {
  const done = job.status === 'completed';
  return (
    <section className="section" aria-labelledby="downloads">
      <h2 id="downloads">Downloads</h2>
      <div className="actions downloads">
        {done && job.validRows > 0 ? (
          <Download job={job} what="cleaned" label={`Cleaned rows (${count(job.validRows)})`} main />
        ) : null}
        {done && job.failedRows > 0 ? (
          <Download
            job={job}
            what="failed"
            label={`Failed rows with the reasons (${count(job.failedRows)})`}
          />
        ) : null}
        <Download job={job} what="original" label="The file as it came" />
      </div>
      {done && job.failedRows > 0 ? (
        <p className="dimmed small">
          Mend the {plural(job.failedRows, 'failed row')} in the file's own layout and hand them in again.
        </p>
      ) : null}
    </section>
  );
}

interface DownloadProps {
  job: Job;
  what: 'cleaned' | 'failed' | 'original';
  label: string;
  main?: boolean;
}

function Download({ job, what, label, main }: DownloadProps) {
  return (
    <Button
      component="a"
      href={`/api/jobs/${job.id}/download?what=${what}`}
      download
      variant={main ? 'filled' : 'default'}
      leftSection={<DownloadIcon size={16} />}
    >
      {label}
    </Button>
  );
}
