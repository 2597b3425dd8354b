/** One entry: what it is, how long it stays, its value as far as it may be shown, and what can be done to it. */
import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { toLarderError } from '../../errors.ts';
import { mayClear, type Outputs, useMe } from '../data/session.ts';
import { api, queryClient, trpc } from '../data/trpc.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Fact } from '../ui/figures.tsx';
import { milliseconds, size, span, whenExactly } from '../ui/format.ts';
import { BroomIcon, ClockIcon, CrossIcon } from '../ui/icons.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { Failure, Loading, Note, Pill } from '../ui/states.tsx';
import { type Entry, stateOf, timeLeft, valueText } from './entry-words.tsx';
import { useRedisTrouble } from './redis-banner.tsx';

export const PANEL_HEADING = 'entry';

type Expired = Outputs['monitoring']['cacheExpire'];

interface EntryPanelProps {
  /** A key, or the reference to one of which a part is hidden. */
  chosen: string;
  close: () => void;
}

export function EntryPanel({ chosen, close }: EntryPanelProps) {
  const trouble = useRedisTrouble();
  const { entry, lookAgain, expire } = useEntry(chosen, trouble === null);
  return (
    <section
      className="section card card-pad entry"
      aria-labelledby={PANEL_HEADING}
      aria-busy={entry.isFetching}
    >
      <div className="section-head">
        <h2 id={PANEL_HEADING} tabIndex={-1}>
          Entry
        </h2>
        <Button variant="default" size="xs" leftSection={<CrossIcon size={13} />} onClick={close}>
          Close
        </Button>
      </div>
      {trouble ? <Note tone="warn" title={`It cannot be seen just now: ${trouble}`} /> : null}
      {!trouble && entry.isPending ? <Loading label="Loading the entry" /> : null}
      <div aria-live="polite">{expire.data ? <ExpiredNote expired={expire.data} /> : null}</div>
      {expire.isError ? <Failure error={expire.error} /> : null}
      {!trouble && entry.isError ? <NotShown error={entry.error} retry={lookAgain} /> : null}
      {entry.isSuccess ? (
        <>
          <EntryFacts entry={entry.data} at={entry.dataUpdatedAt} />
          <EntryActions
            entry={entry.data}
            waits={trouble !== null}
            busy={expire.isPending}
            expire={() => expire.mutate()}
          />
          <EntryValue entry={entry.data} />
        </>
      ) : null}
    </section>
  );
}

function useEntry(chosen: string, enabled: boolean) {
  const entry = useQuery(
    trpc.monitoring.cacheEntry.queryOptions(
      { key: chosen },
      { staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false, enabled },
    ),
  );
  const lookAgain = () => void entry.refetch();
  const expire = useMutation({
    mutationFn: () => api.monitoring.cacheExpire.mutate({ keys: [chosen] }),
    onSettled: () => {
      lookAgain();
      void queryClient.invalidateQueries({ queryKey: trpc.monitoring.auditLog.pathKey() });
    },
  });
  return { entry, lookAgain, expire };
}

function NotShown({ error, retry }: { error: unknown; retry: () => void }) {
  if (toLarderError(error).status !== 404) return <Failure error={error} retry={retry} />;
  return (
    <Note tone="info" title="This entry is gone">
      <p>It ran out, was cleared, or never was. The next read of it asks the database and stores it again.</p>
      <Button variant="default" size="xs" mt="xs" onClick={retry}>
        Look again
      </Button>
    </Note>
  );
}

function ExpiredNote({ expired }: { expired: Expired }) {
  return (
    <Note tone="ok" title="Marked as stale">
      <p>
        The next read loads it anew; where that read allows nothing stale, the entry is gone at once. It
        stands in the <Link to="/console/audit">audit</Link> as number {expired.auditId}.
      </p>
      {expired.warnings.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
    </Note>
  );
}

/** `at`: when it was looked at, in milliseconds. */
function EntryFacts({ entry, at }: { entry: Entry; at: number }) {
  const { tone, icon, word, meaning } = stateOf(entry, at);
  return (
    <>
      <p className="entry-key">
        <code>{entry.key}</code>
      </p>
      <p className="entry-state">
        <Pill tone={tone} icon={icon}>
          {word}
        </Pill>{' '}
        <span className="dimmed small">{meaning}</span>
      </p>
      <dl className="facts">
        <Fact label="Namespace">{entry.namespace}</Fact>
        <Fact label="Time left">{timeLeft(entry.ttlS)}</Fact>
        <Fact label="Size">{size(entry.bytes)}</Fact>
        {entry.kind === 'value' ? <ValueFacts entry={entry} at={at} /> : null}
      </dl>
    </>
  );
}

type ValueEntry = Extract<Entry, { kind: 'value' | 'lease' | 'mark' | 'strange' }>;

function ValueFacts({ entry, at }: { entry: ValueEntry; at: number }) {
  const { storedAt, staleAt, loadMs, version, tags = [], compressed, inL1 } = entry;
  return (
    <>
      {storedAt ? (
        <Fact label="Age">
          <time dateTime={storedAt.toISOString()} title={whenExactly(storedAt)}>
            {span((at - storedAt.getTime()) / 1000)}
          </time>
        </Fact>
      ) : null}
      {staleAt ? (
        <Fact label="Stale">
          <time dateTime={staleAt.toISOString()} title={whenExactly(staleAt)}>
            {staleAt.getTime() > at
              ? `in ${span((staleAt.getTime() - at) / 1000)}`
              : `since ${span((at - staleAt.getTime()) / 1000)}`}
          </time>
        </Fact>
      ) : null}
      {loadMs === undefined ? null : <Fact label="Its load took">{milliseconds(loadMs)}</Fact>}
      <Fact label="Version">{version || '–'}</Fact>
      <Fact label="Tags">{tags.length > 0 ? tags.join(', ') : 'none'}</Fact>
      <Fact label="Compressed">{compressed ? 'yes' : 'no'}</Fact>
      <Fact label="In the memory of this process">{inL1 ? 'yes' : 'no'}</Fact>
    </>
  );
}

interface EntryActionsProps {
  entry: Entry;
  /** Redis does not help just now: nothing can be done to it. */
  waits: boolean;
  busy: boolean;
  expire: () => void;
}

function EntryActions({ entry, waits, busy, expire }: EntryActionsProps) {
  const me = useMe();
  const canBeStale = entry.kind === 'value' || entry.kind === 'large';
  return (
    <div className="actions entry-actions">
      {canBeStale ? (
        <Button
          variant="default"
          size="sm"
          leftSection={<ClockIcon size={16} />}
          disabled={waits}
          loading={busy}
          onClick={expire}
        >
          Mark as stale
        </Button>
      ) : null}
      {mayClear(me) ? (
        <Link to="/console/clear" search={{ pattern: entry.pattern }} className="button-link">
          <BroomIcon size={16} /> {entry.isHidden ? `Clear ${entry.pattern}…` : 'Clear…'}
        </Link>
      ) : null}
      <CopyButton
        className="button-link"
        text={entry.ref}
        label={entry.isHidden ? 'Copy reference' : 'Copy key'}
      />
    </div>
  );
}

function EntryValue({ entry }: { entry: Entry }) {
  if (entry.kind !== 'value') return null;
  return (
    <>
      <h3 className="value-title">Value</h3>
      <ScrollBox label="The value, personal parts hidden">
        <pre className="value-text" data-testid="value">
          {valueText(entry.value)}
        </pre>
      </ScrollBox>
    </>
  );
}
