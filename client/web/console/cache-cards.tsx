/** The cards of the cache page: tiers, latency, Redis, and what protects the readers. */
import type { ReactNode } from 'react';
import { Fact, ShareBar } from '../ui/figures.tsx';
import { count, milliseconds, percent, share, size, timeOfDay } from '../ui/format.ts';
import { CheckIcon, CrossIcon, WarnIcon } from '../ui/icons.tsx';
import { Pill } from '../ui/states.tsx';
import type { Numbers } from './use-live-numbers.ts';

interface CardProps {
  numbers: Numbers;
}

function Card({ title, beside, children }: { title: string; beside?: ReactNode; children: ReactNode }) {
  return (
    <article className="card card-pad">
      <div className="section-head">
        <h2>{title}</h2>
        {beside}
      </div>
      {children}
    </article>
  );
}

export function TiersCard({ numbers: { tiers } }: CardProps) {
  return (
    <Card title="Where reads were answered">
      <ShareBar
        parts={[
          { label: 'Memory (L1)', value: tiers.l1.hits, fill: 'fill-1' },
          { label: 'Redis (L2)', value: tiers.l2.hits, fill: 'fill-2' },
          { label: 'Database', value: tiers.source.reads, fill: 'fill-3' },
        ]}
      />
    </Card>
  );
}

const LATENCY_ROWS = [
  { tier: 'l1', label: 'Hit in memory' },
  { tier: 'l2', label: 'Hit in Redis' },
  { tier: 'source', label: 'Load from the database' },
] as const;

export function LatencyCard({ numbers: { latency } }: CardProps) {
  return (
    <Card title="How long reads take">
      <div className="table-scroll">
        <table className="table">
          <caption className="hidden-visually">
            Percentiles of this process over the last five to ten minutes
          </caption>
          <thead>
            <tr>
              <th scope="col">Read</th>
              <th scope="col" className="number">
                p50
              </th>
              <th scope="col" className="number">
                p95
              </th>
              <th scope="col" className="number">
                p99
              </th>
            </tr>
          </thead>
          <tbody>
            {LATENCY_ROWS.map(({ tier, label }) => (
              <tr key={tier}>
                <th scope="row">{label}</th>
                <td className="number">{duration(latency[tier].p50)}</td>
                <td className="number">{duration(latency[tier].p95)}</td>
                <td className="number">{duration(latency[tier].p99)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="dimmed small">This process, over the last five to ten minutes.</p>
    </Card>
  );
}

const duration = (ms: number | null) => (ms === null ? '–' : milliseconds(ms));

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
