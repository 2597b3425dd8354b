/** Which acts are shown; the choice stands in the URL. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { trpc } from '../data/trpc.ts';
import { AUDIT_RESULTS, type AuditResult } from './audit-results.ts';
import { resultWord } from './audit-words.tsx';

const route = getRouteApi('/console/audit');

export function AuditFilters() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data } = useQuery(trpc.monitoring.auditChoices.queryOptions());
  const { action, result, person } = search;
  const choose = (changed: typeof search) =>
    void navigate({ search: { ...search, ...changed }, replace: true });
  const actions = withChosen(data?.actions ?? [], action);
  const people = withChosen(data?.people.map(({ id }) => id) ?? [], person);
  const nameOf = (id: number) => data?.people.find((each) => each.id === id)?.username ?? `account ${id}`;
  return (
    <search className="filters">
      <Filter label="Action" value={action} choose={(value) => choose({ action: value })}>
        {actions.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Filter>
      <Filter
        label="Result"
        value={result}
        choose={(value) => choose({ result: value as AuditResult | undefined })}
      >
        {AUDIT_RESULTS.map((each) => (
          <option key={each} value={each}>
            {resultWord(each)}
          </option>
        ))}
      </Filter>
      <Filter
        label="Person"
        value={person}
        choose={(value) => choose({ person: value === undefined ? undefined : Number(value) })}
      >
        {people.map((id) => (
          <option key={id} value={id}>
            {nameOf(id)}
          </option>
        ))}
      </Filter>
      {action || result || person ? <Link to="/console/audit">Show all acts</Link> : null}
    </search>
  );
}

/** What the address asks for can be seen in its field even where the audit knows no such thing. */
function withChosen<T>(choices: T[], chosen: T | undefined): T[] {
  return chosen === undefined || choices.includes(chosen) ? choices : [...choices, chosen];
}

interface FilterProps {
  label: string;
  value: string | number | undefined;
  choose: (value: string | undefined) => void;
  children: ReactNode;
}

function Filter({ label, value, choose, children }: FilterProps) {
  return (
    <label className="select-label">
      <span>{label}</span>
      <select
        className="select"
        value={value ?? ''}
        onChange={(event) => choose(event.target.value || undefined)}
      >
        <option value="">All</option>
        {children}
      </select>
    </label>
  );
}
