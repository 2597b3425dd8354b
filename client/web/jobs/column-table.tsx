/** What each column was taken for, and how its cells came out. */
import { count, percent } from '../ui/format.ts';
import type { ColumnView } from './contact-rows.ts';

const COUNTS = [
  { field: 'ok', label: 'Fine' },
  { field: 'changed', label: 'Repaired' },
  { field: 'warn', label: 'To look at' },
  { field: 'error', label: 'Wrong' },
] as const;

export function ColumnTable({ columns }: { columns: ColumnView[] }) {
  return (
    <section className="section" aria-labelledby="columns">
      <div className="section-head">
        <h2 id="columns">Columns</h2>
      </div>
      <div className="card table-scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Taken for</th>
              {COUNTS.map(({ field, label }) => (
                <th key={field} scope="col" className="number">
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
                  {column.type}
                  {column.confidence === null ? null : (
                    <span className="dimmed small"> {percent(column.confidence * 100, 0)} sure</span>
                  )}
                </td>
                {COUNTS.map(({ field }) => (
                  <td key={field} className="number">
                    {count(column[field])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
