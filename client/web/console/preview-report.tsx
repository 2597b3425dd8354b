/** What a clear would take away: how much, of which kinds, and some of the keys. */
import { Button } from '@mantine/core';
import { Figure, Figures } from '../ui/figures.tsx';
import { count, percent, plural, share, size } from '../ui/format.ts';
import { Empty, Note } from '../ui/states.tsx';
import type { Preview } from './clear-page.tsx';
import { EVERYTHING } from './pattern-form.tsx';

interface PreviewReportProps {
  preview: Preview;
  pattern: string;
  /** Counts to the end; not given when that was done. */
  countAll?: () => void;
}

export function PreviewReport({ preview, pattern, countAll }: PreviewReportProps) {
  const { matched, exact, scanned, total } = preview;
  if (matched === 0 && exact) {
    return (
      <Empty title={pattern === EVERYTHING ? 'The cache is empty' : `No entry matches ${pattern}`}>
        {pattern === EVERYTHING
          ? 'There is nothing to clear.'
          : 'Patterns are relative to the prefix, such as user:*.'}
      </Empty>
    );
  }
  return (
    <>
      <PreviewFigures preview={preview} />
      {exact ? null : (
        <Note
          tone="info"
          title={`An estimate: ${percent(share(scanned, total), 0)} of the keys were looked at`}
        >
          {countAll ? (
            <Button size="xs" variant="default" mt="xs" onClick={countAll}>
              Count all
            </Button>
          ) : null}
        </Note>
      )}
      <Sample preview={preview} />
    </>
  );
}

function PreviewFigures({ preview }: { preview: Preview }) {
  const { matched, exact, byNamespace, bytes, estReloadQueries } = preview;
  const about = exact ? '' : '~ ';
  return (
    <Figures>
      <Figure
        label="Entries"
        testId="preview-matched"
        value={`${about}${count(matched)}`}
        beside={exact ? 'counted' : 'estimated'}
      />
      <Figure label="Memory" value={`~ ${size(bytes)}`} beside="freed in Redis" />
      <Figure
        label="Namespaces"
        value={count(byNamespace.length)}
        beside={byNamespace.map(({ namespace, matched: n }) => `${namespace} ${count(n)}`).join(', ')}
      />
      <Figure
        label="Loads to come"
        value={`~ ${count(estReloadQueries)}`}
        beside="queries until it is full again"
      />
    </Figures>
  );
}

/** Keys whose personal parts are hidden may look alike: those are said once, with their number. */
function Sample({ preview: { sample } }: { preview: Preview }) {
  if (sample.length === 0) return null;
  const alike = new Map<string, number>();
  for (const key of sample) alike.set(key, (alike.get(key) ?? 0) + 1);
  return (
    <details className="section card card-pad" open={alike.size <= 5}>
      <summary>{plural(sample.length, 'key')} of those that match</summary>
      <ul className="sample">
        {[...alike].map(([key, times]) => (
          <li key={key}>
            <code>{key}</code> {times > 1 ? <span className="dimmed small">{count(times)} times</span> : null}
          </li>
        ))}
      </ul>
    </details>
  );
}
