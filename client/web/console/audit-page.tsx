/** What was done to the cache by hand, by whom, and what came of it; newest first. */
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { trpc } from '../data/trpc.ts';
import { Page } from '../shell/page.tsx';
import { plural } from '../ui/format.ts';
import { DownloadIcon, RepeatIcon } from '../ui/icons.tsx';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import { auditCsv } from './audit-csv.ts';
import { AuditFilters } from './audit-filters.tsx';
import type { AuditRow } from './audit-results.ts';
import { AuditTable } from './audit-table.tsx';
import { resultWord } from './audit-words.tsx';
import { saveText } from './save-text.ts';

const route = getRouteApi('/console/audit');
const PAGE = 50;

export function AuditPage() {
  const { action, result, person } = route.useSearch();
  const audit = useInfiniteQuery(
    trpc.monitoring.auditLog.infiniteQueryOptions(
      { limit: PAGE, action, result, userId: person },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
  );
  const rows = audit.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title="Audit"
      lead="Everything that was done to the cache by hand, or refused. A row is written before its act begins: one that stays “Running” belongs to a process that ended meanwhile."
    >
      <AuditFilters />
      <section className="section" aria-labelledby="acts" aria-busy={audit.isFetching}>
        <div className="section-head">
          <div>
            <h2 id="acts">Acts</h2>
            <p className="dimmed small" role="status" data-testid="loaded">
              {audit.isSuccess && rows.length > 0 ? amountOf(rows.length, !audit.hasNextPage) : ''}
            </p>
          </div>
          <div className="actions">
            <AuditActions rows={rows} busy={audit.isFetching} refresh={() => void audit.refetch()} />
          </div>
        </div>
        {audit.isPending ? <Loading label="Loading the audit" /> : null}
        {audit.isError ? <Failure error={audit.error} retry={() => void audit.refetch()} /> : null}
        {audit.isSuccess && rows.length === 0 ? <NoRows /> : null}
        {rows.length > 0 ? <AuditTable rows={rows} /> : null}
        {audit.hasNextPage ? (
          <Button
            variant="default"
            mt="sm"
            loading={audit.isFetchingNextPage}
            onClick={() => void audit.fetchNextPage()}
          >
            Load older
          </Button>
        ) : null}
      </section>
    </Page>
  );
}

const amountOf = (rows: number, isWhole: boolean) =>
  isWhole
    ? `${plural(rows, 'act')}, newest first`
    : `The newest ${plural(rows, 'act')}; there are older ones`;

interface AuditActionsProps {
  rows: AuditRow[];
  busy: boolean;
  refresh: () => void;
}

function AuditActions({ rows, busy, refresh }: AuditActionsProps) {
  const download = () =>
    saveText(`larder-audit-${new Date().toISOString().slice(0, 10)}.csv`, auditCsv(rows));
  return (
    <>
      <Button variant="default" leftSection={<RepeatIcon size={16} />} loading={busy} onClick={refresh}>
        Refresh
      </Button>
      <Button
        variant="default"
        leftSection={<DownloadIcon size={16} />}
        disabled={rows.length === 0}
        onClick={download}
      >
        {rows.length === 0 ? 'Download CSV' : `Download ${plural(rows.length, 'row')} as CSV`}
      </Button>
    </>
  );
}

function NoRows() {
  const { action, result, person } = route.useSearch();
  const filters = [
    action && `action ${action}`,
    result && `result ${resultWord(result)}`,
    person && `person ${person}`,
  ].filter(Boolean);
  if (filters.length === 0) {
    return (
      <Empty title="Nothing was done by hand yet">
        Clearing, marking as stale and warming leave a row here.
      </Empty>
    );
  }
  return (
    <Empty title={`No act fits: ${filters.join(', ')}`}>
      <Link to="/console/audit">Show all acts</Link>
    </Empty>
  );
}
