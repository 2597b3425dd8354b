/** Is the cache healthy, and what does it save: the fleet's numbers, live. */
import { Button } from '@mantine/core';
import { Page } from '../shell/page.tsx';
import { Figure, Figures } from '../ui/figures.tsx';
import { count, milliseconds, percent, plural, timeOfDay } from '../ui/format.ts';
import { PauseIcon, PlayIcon } from '../ui/icons.tsx';
import { LiveMark } from '../ui/live-mark.tsx';
import { Failure, Loading, Note } from '../ui/states.tsx';
import { AnsweredCard, ProtectionCard, RedisCard } from './cache-cards.tsx';
import { ChecksLine } from './checks-line.tsx';
import { NamespaceTable } from './namespace-table.tsx';
import { type LiveNumbers, type Numbers, readsOf, type Sight, useLiveNumbers } from './use-live-numbers.ts';
import { WarmLine } from './warm-line.tsx';

export function CachePage() {
  const live = useLiveNumbers();
  const { sight, error } = live;
  return (
    <Page title="Cache" lead={<WhoseNumbers sight={sight} />} actions={<LiveControls live={live} />}>
      {error ? <Failure error={error} /> : null}
      {sight ? <Report sight={sight} /> : error ? null : <Loading lines={5} label="Loading the numbers" />}
    </Page>
  );
}

function WhoseNumbers({ sight }: { sight: Sight | null }) {
  if (sight?.numbers.scope === 'process')
    return 'This process alone, since it started: Redis holds the sums of all.';
  return 'All processes together, since the counters were last reset.';
}

function LiveControls({ live }: { live: LiveNumbers }) {
  const { sight, link, paused, setPaused } = live;
  return (
    <>
      <span className="dimmed small" data-testid="updated">
        {sight ? `as of ${timeOfDay(sight.at)}` : ''}
      </span>
      <LiveMark state={link} />
      <Button
        variant="default"
        leftSection={paused ? <PlayIcon size={16} /> : <PauseIcon size={16} />}
        onClick={() => setPaused(!paused)}
      >
        {paused ? 'Go on' : 'Pause'}
      </Button>
    </>
  );
}

function Report({ sight }: { sight: Sight }) {
  const { numbers } = sight;
  return (
    <>
      {readsOf(numbers) === 0 ? (
        <Note tone="info" title="No reads yet">
          <p>Open a few pages of the site, or run a job: each read is counted here within a second.</p>
        </Note>
      ) : null}
      <Headline sight={sight} />
      <WarmLine numbers={numbers} />
      <ChecksLine numbers={numbers} />
      <section className="section" aria-label="Parts">
        <div className="cards-2">
          <AnsweredCard numbers={numbers} />
          <RedisCard numbers={numbers} />
          <ProtectionCard numbers={numbers} />
        </div>
      </section>
      <NamespaceTable numbers={numbers} />
    </>
  );
}

function Headline({ sight: { numbers, readsPerS, loadsPerS } }: { sight: Sight }) {
  return (
    <Figures>
      <Figure
        label="Hit ratio"
        testId="hit-ratio"
        value={readsOf(numbers) > 0 ? percent(numbers.hitRate) : '–'}
        beside={`${count(numbers.hits)} hits of ${plural(readsOf(numbers), 'read')}`}
      />
      <Figure
        label="Misses"
        value={count(numbers.misses)}
        beside={`${count(numbers.joined)} joined a running load`}
      />
      <Figure label="Reads a second" value={rate(readsPerS)} beside="in the last second" />
      <Figure
        label="Loads"
        value={count(numbers.loads)}
        beside={loadsPerS === null ? 'from the database' : `${rate(loadsPerS)} a second now`}
      />
      <Figure
        label="Saved"
        value={milliseconds(numbers.saved.ms)}
        beside={`of database time, by ${plural(numbers.saved.loads, 'hit')}`}
      />
      <Figure label="Stored" value={count(numbers.sets)} beside={`${count(numbers.deletes)} deleted`} />
      <Figure label="Stale served" value={count(numbers.hitsStale)} beside="where the read allows it" />
      <Errors numbers={numbers} />
    </Figures>
  );
}

function Errors({ numbers }: { numbers: Numbers }) {
  const beside = `${plural(numbers.strange, 'unreadable value')}, ${count(numbers.bypassed)} past an open breaker`;
  return (
    <Figure
      label="Errors"
      value={count(numbers.errors)}
      beside={beside}
      tone={numbers.errors > 0 ? 'warn' : undefined}
    />
  );
}

const rate = (perS: number | null) =>
  perS === null ? '–' : perS >= 10 || perS === 0 ? count(Math.round(perS)) : perS.toFixed(1);
