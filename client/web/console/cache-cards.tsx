/** The cards of the cache page: where reads were answered, Redis, and what protects the readers. */
import type { ReactNode } from 'react';
import { Bar, Fact } from '../ui/figures.tsx';
import { count, milliseconds, percent, share, size, timeOfDay } from '../ui/format.ts';
import { CheckIcon, CrossIcon, WarnIcon } from '../ui/icons.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { Pill } from '../ui/states.tsx';
import type { Numbers } from './use-live-numbers.ts';

interface CardProps {
  numbers: Numbers;
}

interface FrameProps {
  title: string;
  beside?: ReactNode;
  className?: string;
  children: ReactNode;
}

function Card({ title, beside, className = '', children }: FrameProps) {
  return (
    <article className={`card card-pad ${className}`}>
      <div className="section-head">
        <h2>{title}</h2>
        {beside}
      </div>
      {children}
    </article>
  );
}

const TIERS = [
  { tier: 'l1', label: 'Memory (L1)', fill: 'fill-1' },
  { tier: 'l2', label: 'Redis (L2)', fill: 'fill-2' },
  { tier: 'source', label: 'Database', fill: 'fill-3' },
] as const;

/** Where reads were answered and how long that took: the drawing, and the table that says the same. */
export function AnsweredCard({ numbers }: CardProps) {
  const { tiers } = numbers;
  const { recent } = numbers.latency;
  const timed = { l1: null, l2: recent.l2, source: recent.source };
  const reads = { l1: tiers.l1.hits, l2: tiers.l2.hits, source: tiers.source.reads };
  return (
    <Card title="Where reads were answered" className="answered">
      <Bar parts={TIERS.map(({ tier, label, fill }) => ({ label, fill, value: reads[tier] }))} />
      <ScrollBox label="Reads by where they were answered">
        <table className="table">
          <caption className="hidden-visually">Reads and their durations by where they were answered</caption>
          <thead>
            <tr>
              <th scope="col">By</th>
              {['Reads', 'Share', 'p50', 'p95', 'p99'].map((head) => (
                <th key={head} scope="col" className="number">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {TIERS.map(({ tier, label, fill }) => (
              <tr key={tier}>
                <th scope="row">
                  <i className={fill} aria-hidden="true" />
                  {label}
                </th>
                <td className="number">{count(reads[tier])}</td>
                <td className="number">{percent(tiers[tier].share)}</td>
                <td className="number">{duration(timed[tier]?.p50)}</td>
                <td className="number">{duration(timed[tier]?.p95)}</td>
                <td className="number">{duration(timed[tier]?.p99)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <p className="dimmed small">
        Durations: this process, over the last five to ten minutes. Hits in memory are not timed, since timing
        one costs more than the hit.
      </p>
    </Card>
  );
}

const duration = (ms: number | null | undefined) => (typeof ms === 'number' ? milliseconds(ms) : '–');

export function RedisCard({ numbers: { redis } }: CardProps) {
  const { usedMemoryBytes: used, maxMemoryBytes: most } = redis;
  return (
    <Card title="Redis" beside={<Up up={redis.status === 'up'} />}>
      <dl className="facts">
        <Fact label="Memory used">{used === undefined ? '–' : size(used)}</Fact>
        <Fact label="Memory limit">{limitWords(used, most)}</Fact>
        <Fact label="Keys">{redis.keys === undefined ? '–' : count(redis.keys)}</Fact>
        <Fact label="Version">{redis.version ?? '–'}</Fact>
      </dl>
    </Card>
  );
}

function limitWords(used: number | undefined, most: number | undefined): string {
  if (most === undefined) return '–';
  if (most === 0) return 'none set';
  return used === undefined ? size(most) : `${size(most)} (${percent(share(used, most), 0)} used)`;
}

function Up({ up }: { up: boolean }) {
  return up ? (
    <Pill tone="ok" icon={<CheckIcon size={14} />}>
      Up
    </Pill>
  ) : (
    <Pill tone="bad" icon={<CrossIcon size={14} />}>
      Down
    </Pill>
  );
}

export function ProtectionCard({ numbers: { breaker, links, l1, unsettled } }: CardProps) {
  return (
    <Card title="Breaker and feed" beside={<BreakerPill breaker={breaker} />}>
      <dl className="facts">
        <Fact label="Opened so far">
          {count(breaker.opened)}
          {breaker.since ? `, last change ${timeOfDay(breaker.since)}` : ''}
        </Fact>
        <Fact label="Invalidation feed">{links.feed === 'alive' ? 'Alive' : 'Off: memory is not used'}</Fact>
        <Fact label="Memory (L1)">
          {count(l1.entries)} of {count(l1.maxEntries)} entries, {size(l1.bytes)}
        </Fact>
        <Fact label="Own writes not acknowledged">{count(unsettled)}</Fact>
      </dl>
    </Card>
  );
}

function BreakerPill({ breaker }: { breaker: Numbers['breaker'] }) {
  if (breaker.state === 'closed') {
    return (
      <Pill tone="ok" icon={<CheckIcon size={14} />}>
        Closed
      </Pill>
    );
  }
  return (
    <Pill tone="warn" icon={<WarnIcon size={14} />}>
      {breaker.state === 'open' ? 'Open' : 'Trying again'}
    </Pill>
  );
}
