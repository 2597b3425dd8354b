/** The audit's rows as a table; on a phone each row is a card. */
import { CopyButton } from '../ui/copy-button.tsx';
import { count, milliseconds, whenWithZone } from '../ui/format.ts';
import { ScrollBox } from '../ui/scroll-box.tsx';
import type { AuditRow } from './audit-results.ts';
import { inputShown, ResultPill, whoOf } from './audit-words.tsx';

const SOURCES: Record<AuditRow['source'], string> = {
  console: 'console',
  cli: 'command line',
  api: 'API',
};

/** The beginning of a request's id tells it from its neighbours; all of it is copied. */
const ID_SHOWN = 8;

export function AuditTable({ rows }: { rows: AuditRow[] }) {
  return (
    <ScrollBox card label="Acts, one line each">
      <table className="table stacks audit">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">Action</th>
            <th scope="col">Result</th>
            <th scope="col" className="number">
              Previewed
            </th>
            <th scope="col" className="number">
              Count
            </th>
            <th scope="col" className="number">
              Took
            </th>
            <th scope="col">Request</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <AuditLine key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function AuditLine({ row }: { row: AuditRow }) {
  const { id, at, role, source, action, result, message, previewCount, count: amount, ms, requestId } = row;
  const input = inputShown(row);
  return (
    <tr data-testid={`act-${id}`}>
      <th scope="row">
        <time dateTime={at.toISOString()}>{whenWithZone(at)}</time>
      </th>
      <td data-label="Who">
        <div>
          {whoOf(row)}
          <div className="dimmed small">
            {role} · {SOURCES[source]}
          </div>
        </div>
      </td>
      <td data-label="Action" className="what">
        <div>
          {action}
          {input ? <code className="input">{input}</code> : null}
        </div>
      </td>
      <td data-label="Result">
        <div>
          <ResultPill result={result} />
          {message ? <div className="small">{message}</div> : null}
        </div>
      </td>
      <NumberCell label="Previewed" value={previewCount} shown={count} />
      <NumberCell label="Count" value={amount} shown={count} />
      <NumberCell label="Took" value={ms} shown={milliseconds} />
      <td data-label="Request" className="request">
        <CopyButton text={requestId} label={requestId.slice(0, ID_SHOWN)} of="the request id" />
      </td>
    </tr>
  );
}

interface NumberCellProps {
  label: string;
  value: number | null;
  shown: (value: number) => string;
}

function NumberCell({ label, value, shown }: NumberCellProps) {
  return (
    <td data-label={label} data-empty={value === null} className="number">
      {value === null ? '–' : shown(value)}
    </td>
  );
}
