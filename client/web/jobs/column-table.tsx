/** What each column was taken for, and how its cells came out. */
import { count, percent } from '../ui/format.ts';
import { WarnIcon } from '../ui/icons.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';
import type { ColumnView } from './contact-rows.ts';

const COUNTS = [
  { status: 'ok', label: 'Fine' },
  { status: 'changed', label: 'Repaired' },
  { status: 'warn', label: 'To look at' },
  { status: 'error', label: 'Wrong' },
] as const;

export function ColumnTable({ columns }: { columns: ColumnView[] }) {
  return (
    <section className="section" aria-labelledby="columns">
      <div className="section-head">
        <h2 id="columns">Columns</h2>
      </div>
      <ScrollBox card label="Columns, one line each">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Taken for</th>
              {COUNTS.map(({ status, label }) => (
                <th key={status} scope="col" className="number">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {columns.map((column) => (
              <tr key={column.name}>
                <th scope="row">{column.name}</th>
                <td>
                  <TakenFor column={column} />
                </td>
                {COUNTS.map(({ status }) => (
                  <td key={status} className="number">
                    {count(column.cells[status])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  );
}

function TakenFor({ column: { type, confidence, reason, warning } }: { column: ColumnView }) {
  return (
    <>
      <span title={reason}>{type.replaceAll('_', ' ')}</span>{' '}
      <span className="dimmed small">{percent(confidence * 100, 0)} sure</span>
      {warning ? (
        <div className="cell-note tone-warn">
          <WarnIcon size={13} />
          <span>{warning}</span>
        </div>
      ) : null}
    </>
  );
}
