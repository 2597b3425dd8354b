/** The keys that match, page by page as Redis finds them. */
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Outputs } from '../data/session.ts';
import { trpc } from '../data/trpc.ts';
import { count, plural, size } from '../ui/format.ts';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { Empty, Failure, Loading, Note } from '../ui/states.tsx';
import { timeLeft } from './entry-words.tsx';
import { EVERYTHING } from './pattern-form.tsx';
import { useRedisTrouble } from './redis-banner.tsx';

type KeysPage = Outputs['monitoring']['cacheKeys'];
type KeyRow = KeysPage['rows'][number];

const PAGE = 100;

interface KeyListProps {
  pattern: string;
  /** Told the link of a key that is being chosen, to which the focus comes back. */
  choosing: (link: HTMLElement) => void;
}

export function KeyList({ pattern, choosing }: KeyListProps) {
  const trouble = useRedisTrouble();
  const keys = useKeys(pattern, trouble === null);
  const pages = keys.data?.pages ?? [];
  const rows = differentRows(pages);
  const found = { pattern, rows, pages, isWhole: !keys.hasNextPage };
  return (
    <section className="section" aria-labelledby="keys" aria-busy={keys.isFetching}>
      <div className="section-head">
        <div>
          <h2 id="keys">Keys that match</h2>
          <p className="dimmed small" role="status" data-testid="scanned">
            {keys.isSuccess ? progressOf(found) : ''}
          </p>
        </div>
      </div>
      {trouble ? (
        <Note tone="warn" title={`Keys cannot be seen just now: ${trouble}`}>
          <p>They come by themselves when it is back.</p>
        </Note>
      ) : null}
      {!trouble && keys.isPending ? <Loading label="Looking for keys" /> : null}
      {!trouble && keys.isError ? <Failure error={keys.error} retry={() => void keys.refetch()} /> : null}
      {keys.isSuccess && rows.length === 0 ? <NoKeys {...found} /> : null}
      {rows.length > 0 ? <KeyTable pattern={pattern} rows={rows} choosing={choosing} /> : null}
      {keys.hasNextPage && !trouble ? (
        <Button
          variant="default"
          mt="sm"
          loading={keys.isFetchingNextPage}
          onClick={() => void keys.fetchNextPage()}
        >
          {rows.length > 0 ? 'Load more' : 'Look further'}
        </Button>
      ) : null}
    </section>
  );
}

/** Pages stay as they were found: to ask for the first ones anew would move the later ones. */
function useKeys(pattern: string, enabled: boolean) {
  return useInfiniteQuery(
    trpc.monitoring.cacheKeys.infiniteQueryOptions(
      { pattern, limit: PAGE },
      {
        getNextPageParam: (page) => page.nextCursor ?? undefined,
        enabled,
        staleTime: Infinity,
        refetchOnWindowFocus: false,
      },
    ),
  );
}

/** A key may come twice while Redis moves its table. Hidden keys look alike and are told apart by their references. */
function differentRows(pages: KeysPage[]): KeyRow[] {
  const rows = pages.flatMap((page) => page.rows);
  return [...new Map(rows.map((row) => [row.isHidden ? row.ref : row.key, row])).values()];
}

interface Found {
  pattern: string;
  rows: KeyRow[];
  pages: KeysPage[];
  isWhole: boolean;
}

/** `212 keys so far; about 1,500 of 4,213 looked at`. The total counts what other programs keep in the same Redis too. */
function progressOf({ rows, pages, isWhole }: Found): string {
  const total = pages.at(-1)?.total;
  if (isWhole) return `${plural(rows.length, 'key')}; all were looked at`;
  const scanned = pages.reduce((sum, page) => sum + page.scanned, 0);
  const looked = total ? `${count(Math.min(scanned, total))} of ${count(total)}` : count(scanned);
  return `${plural(rows.length, 'key')} so far; about ${looked} looked at`;
}

function NoKeys({ pattern, isWhole }: Found) {
  if (!isWhole) return <Empty title={`No key matches ${pattern} so far`}>There is more to look at.</Empty>;
  if (pattern === EVERYTHING) {
    return <Empty title="The cache is empty">The next read of anything puts an entry here.</Empty>;
  }
  return (
    <Empty title={`No key matches ${pattern}`}>
      Patterns are relative to the prefix, such as user:*.{' '}
      <Link to="/console/keys" search={{ pattern: EVERYTHING }}>
        Show everything
      </Link>
    </Empty>
  );
}

interface KeyTableProps extends KeyListProps {
  rows: KeyRow[];
}

function KeyTable({ rows, ...rest }: KeyTableProps) {
  return (
    <ScrollBox card label="Keys, one line each">
      <table className="table stacks lines">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Namespace</th>
            <th scope="col" className="number">
              Time left
            </th>
            <th scope="col" className="number">
              Size
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <KeyLine key={row.ref} row={row} {...rest} />
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function KeyLine({ row, pattern, choosing }: KeyListProps & { row: KeyRow }) {
  return (
    <tr>
      <th scope="row" className="key">
        <Link
          to="/console/keys"
          search={{ pattern, key: row.ref }}
          resetScroll={false}
          onClick={(event) => choosing(event.currentTarget)}
        >
          <code>{row.key}</code>
        </Link>
      </th>
      <td data-label="Namespace">{row.namespace}</td>
      <td data-label="Time left" className="number">
        {timeLeft(row.ttlS)}
      </td>
      <td data-label="Size" className="number">
        {size(row.bytes)}
      </td>
    </tr>
  );
}
