/** The cache's numbers by namespace; the order stands in the URL. */
import { getRouteApi } from '@tanstack/react-router';
import { count, milliseconds, percent } from '../ui/format.ts';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { Empty } from '../ui/states.tsx';
import { type Numbers, readsOf } from './use-live-numbers.ts';

type Row = { namespace: string } & Numbers['namespaces'][string];

interface Column {
  id: string;
  label: string;
  value: (row: Row) => number;
  shown: (row: Row) => string;
}

const whole = (id: string, label: string, value: (row: Row) => number): Column => ({
  id,
  label,
  value,
  shown: (row) => count(value(row)),
});

const averageLoad = ({ loads, loadMsTotal }: Row) => (loads === 0 ? 0 : loadMsTotal / loads);

const COLUMNS: Column[] = [
  whole('reads', 'Reads', readsOf),
  whole('hits', 'Hits', (row) => row.hits),
  whole('misses', 'Misses', (row) => row.misses),
  {
    id: 'ratio',
    label: 'Hit ratio',
    value: (row) => row.hitRate,
    shown: (row) => (readsOf(row) > 0 ? percent(row.hitRate) : '–'),
  },
  whole('loads', 'Loads', (row) => row.loads),
  {
    id: 'load-time',
    label: 'Average load',
    value: averageLoad,
    shown: (row) => (row.loads > 0 ? milliseconds(averageLoad(row)) : '–'),
  },
  whole('joined', 'Joined', (row) => row.joined),
  whole('stored', 'Stored', (row) => row.sets),
  whole('errors', 'Errors', (row) => row.errors),
];

const route = getRouteApi('/console/');

export function NamespaceTable({ numbers }: { numbers: Numbers }) {
  const { sort = 'misses' } = route.useSearch();
  const chosen = COLUMNS.find((column) => column.id === sort) ?? COLUMNS[2];
  const rows: Row[] = Object.entries(numbers.namespaces).map(([namespace, row]) => ({ namespace, ...row }));
  const order = chosen ? rows.sort((a, b) => chosen.value(b) - chosen.value(a)) : rows;
  return (
    <section className="section" aria-labelledby="namespaces">
      <div className="section-head">
        <div>
          <h2 id="namespaces">Namespaces</h2>
          <p className="dimmed small">The part of a key before its first colon: one kind of thing each.</p>
        </div>
      </div>
      {rows.length === 0 ? (
        <Empty title="Nothing was read through the cache yet" />
      ) : (
        <ScrollBox card label="Numbers by namespace">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Namespace</th>
                {COLUMNS.map((column) => (
                  <ColumnHead key={column.id} column={column} chosen={column === chosen} />
                ))}
              </tr>
            </thead>
            <tbody>
              {order.map((row) => (
                <tr key={row.namespace} data-testid={`namespace-${row.namespace}`}>
                  <th scope="row">
                    <code>{row.namespace}</code>
                  </th>
                  {COLUMNS.map((column) => (
                    <td key={column.id} className="number">
                      {column.shown(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </section>
  );
}

function ColumnHead({ column, chosen }: { column: Column; chosen: boolean }) {
  const navigate = route.useNavigate();
  return (
    <th scope="col" className="number" aria-sort={chosen ? 'descending' : undefined}>
      <button
        type="button"
        className="sort"
        onClick={() => void navigate({ search: { sort: column.id }, replace: true })}
      >
        {column.label} <span aria-hidden="true">{chosen ? '↓' : ''}</span>
      </button>
    </th>
  );
}
