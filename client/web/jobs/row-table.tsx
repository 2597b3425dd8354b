/** A job's rows: what became of every cell, what was done to it, and why it is wrong. */
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { trpc } from '../data/trpc.ts';
import { count } from '../ui/format.ts';
import { CheckIcon, CrossIcon, InfoIcon, WarnIcon } from '../ui/icons.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { Empty, Failure, Loading, Pill, type Tone } from '../ui/states.tsx';
import { type CellView, type RowView, viewRow } from './contact-rows.ts';
import type { Job } from './job-words.tsx';

const route = getRouteApi('/members/jobs/$id');
const PAGE = 50;

export function RowTable({ job, columns }: { job: Job; columns: string[] }) {
  const { only } = route.useSearch();
  const pages = useInfiniteQuery(
    trpc.jobs.rows.infiniteQueryOptions(
      { id: job.id, limit: PAGE, only },
      { getNextPageParam: (page) => page.nextCursor ?? undefined, staleTime: Infinity },
    ),
  );
  const rows = pages.data?.pages.flatMap((page) => page.rows.map((row) => viewRow(row, columns))) ?? [];
  return (
    <section className="section" aria-labelledby="rows">
      <div className="section-head">
        <h2 id="rows">Rows</h2>
        <RowFilter job={job} only={only} />
      </div>
      {pages.isPending ? <Loading label="Loading the rows" /> : null}
      {pages.isError ? <Failure error={pages.error} retry={() => void pages.refetch()} /> : null}
      {pages.isSuccess && rows.length === 0 ? <NoRows job={job} only={only} /> : null}
      {rows.length > 0 ? <Rows rows={rows} columns={columns} /> : null}
      {pages.hasNextPage ? (
        <Button
          variant="default"
          mt="sm"
          loading={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          Show {PAGE} more
        </Button>
      ) : null}
    </section>
  );
}

function RowFilter({ job, only }: { job: Job; only: 'failed' | undefined }) {
  const navigate = route.useNavigate();
  const choose = (value: 'failed' | undefined) =>
    void navigate({ search: { only: value }, replace: true, resetScroll: false });
  return (
    <fieldset className="switch3">
      <legend className="hidden-visually">Which rows</legend>
      <label>
        <input type="radio" name="only" checked={only === undefined} onChange={() => choose(undefined)} />
        All {count(job.processedRows)}
      </label>
      <label>
        <input type="radio" name="only" checked={only === 'failed'} onChange={() => choose('failed')} />
        Only failed {count(job.failedRows)}
      </label>
    </fieldset>
  );
}

function NoRows({ job, only }: { job: Job; only: 'failed' | undefined }) {
  if (only !== 'failed') return <Empty title="There are no rows yet" />;
  return (
    <Empty title="No row failed">
      <Link to="/jobs/$id" params={{ id: String(job.id) }}>
        Show all rows
      </Link>
    </Empty>
  );
}

function Rows({ rows, columns }: { rows: RowView[]; columns: string[] }) {
  const names = columns.length > 0 ? columns : (rows[0]?.cells.map(({ column }) => column) ?? []);
  return (
    <ScrollBox card label="Rows, one line each">
      <table className="table rows">
        <thead>
          <tr>
            <th scope="col">Row</th>
            <th scope="col">State</th>
            {names.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.rowIndex} row={row} />
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function Row({ row }: { row: RowView }) {
  return (
    <tr>
      <th scope="row" className="number" title={row.line ? `line ${row.line} of the file` : undefined}>
        {count(row.rowIndex + 1)}
      </th>
      <td className="state">
        <RowPill row={row} />
        {row.remarks.map((remark) => (
          <Remark key={remark.text} tone={remark.tone} text={remark.text} />
        ))}
      </td>
      {row.cells.map((cell) => (
        <Cell key={cell.column} cell={cell} />
      ))}
    </tr>
  );
}

function RowPill({ row }: { row: RowView }) {
  if (!row.valid) {
    return (
      <Pill tone="bad" icon={<CrossIcon size={13} />}>
        Failed
      </Pill>
    );
  }
  const changed = row.cells.some((cell) => cell.status === 'changed' || cell.status === 'warn');
  return (
    <Pill tone={changed ? 'info' : 'ok'} icon={<CheckIcon size={13} />}>
      {changed ? 'Repaired' : 'Fine'}
    </Pill>
  );
}

const CELL_TONES: Record<CellView['status'], Tone> = {
  ok: 'quiet',
  changed: 'ok',
  warn: 'warn',
  error: 'bad',
};

function Cell({ cell }: { cell: CellView }) {
  const { column, status, raw, value, message, suggestion } = cell;
  const changed = (status === 'changed' || status === 'warn') && (value ?? '') !== raw;
  return (
    <td data-label={column} data-status={status}>
      <div className="cell">
        {status === 'error' ? (
          <span className="cell-bad">{raw || '(empty)'}</span>
        ) : changed ? (
          value
        ) : (
          (value ?? raw)
        )}
        {changed ? (
          <div className="cell-was">
            was <del>{raw || '(empty)'}</del>
          </div>
        ) : null}
        {message ? <Remark tone={CELL_TONES[status]} text={message} /> : null}
        {suggestion ? (
          <div className="cell-was">
            perhaps meant: <strong>{suggestion}</strong>
          </div>
        ) : null}
      </div>
    </td>
  );
}

const REMARK_ICONS: Record<Tone, typeof CheckIcon> = {
  ok: CheckIcon,
  warn: WarnIcon,
  bad: CrossIcon,
  info: InfoIcon,
  quiet: InfoIcon,
};

function Remark({ tone, text }: { tone: Tone; text: string }) {
  const ToneIcon = REMARK_ICONS[tone];
  return (
    <div className={`cell-note tone-${tone}`}>
      <ToneIcon size={13} />
      <span>{text}</span>
    </div>
  );
}
