/**
 * The oracle. A read is stale when a version above its own was there before it began; by how much it is stale, its
 * age, is counted from the oldest such version.
 *
 *   after a return whose invalidation Redis acknowledged: nothing, but for L1s of other processes within 50 ms (P1)
 *   after a return in the writer's own process: nothing, acknowledged or not
 *   after a commit whose write never returned, or was not acknowledged: up to P2's bound
 *   after a commit, in a marked namespace: nothing
 */
import { rounded, type Spread, spreadOf } from './figures.ts';
import { READ_KINDS } from './items.ts';
import { KIND, type LogRecord } from './log.ts';

/** Other processes' L1s may lag a returned write by this long, in ms. */
export const L1_LAG_MS = 50;

export interface Verdict {
  reads: number;
  writes: number;
  /** Reads in the writer's own process that a returned write's version escaped. */
  staleInOwnProcess: number;
  /** Reads past L1, in any process. */
  staleWithoutL1: number;
  /** Reads through L1 in other processes, later than 50 ms after the return. */
  staleInL1: number;
  /** How long after an acknowledged return such reads still began. */
  lagOfL1: Spread;
  /** How long after the commit reads of the old row still began: before the return, and where no return came. */
  ageAfterCommit: Spread;
  /** The same in marked namespaces, through L1: none, if Redis took the marks. */
  ageAfterCommitMarked: Spread;
  /** And past L1. */
  ageAfterCommitSealed: Spread;
  /** The instant at which the last read of an old row began; 0: there was none. */
  lastOldRowAt: number;
  /** Versions that no transaction had made when they were read. */
  fromTheFuture: number;
  failures: number;
  refusals: number;
  /** A few of the stale reads, in words. */
  examples: string[];
}

export interface Rules {
  /** Commits before this instant are judged from it on: Redis was away until then. */
  awayUntil?: number;
  /** Reads that began before this instant are not judged. */
  from?: number;
}

export function judge(records: readonly LogRecord[], { awayUntil = 0, from = 0 }: Rules = {}): Verdict {
  const { committed, acknowledged, own, attempted } = historyOf(records);
  const verdict = emptyVerdict();
  const lags: number[] = [];
  const ages: number[] = [];
  const markedAges: number[] = [];
  const sealedAges: number[] = [];
  for (const record of records) {
    if (record.kind === KIND.wrote) verdict.writes++;
    if (record.kind === KIND.failed && record.at >= from)
      if (record.detail === 1) verdict.refusals++;
      else verdict.failures++;
    if (record.kind !== KIND.read || record.at < from) continue;
    verdict.reads++;
    const { key, version, at, who } = record;
    const kind = READ_KINDS[record.detail];
    const since = (history: History, of: string | number): number =>
      Math.max(0, at - oldestAbove(history.get(of), version));
    const isBare = kind === 'bare' || kind === 'sealed';
    const lag = since(acknowledged, key);
    const ownLag = since(own, `${key}:${who}`);
    const isStale = ownLag > 0 || (isBare ? lag > 0 : lag > L1_LAG_MS);
    if (ownLag > 0) verdict.staleInOwnProcess++;
    else if (isBare && lag > 0) verdict.staleWithoutL1++;
    else if (lag > L1_LAG_MS) verdict.staleInL1++;
    if (isStale && verdict.examples.length < EXAMPLES)
      verdict.examples.push(wordsOf(record, { lag, ownLag }));
    if (lag > 0 && !isBare) lags.push(lag);
    const age = Math.min(since(committed, key), Math.max(0, at - awayUntil));
    if (age > 0) verdict.lastOldRowAt = Math.max(verdict.lastOldRowAt, at);
    if (age > 0) (kind === 'marked' ? markedAges : kind === 'sealed' ? sealedAges : ages).push(age);
    if (version > 1 && oldestAbove(attempted.get(key), version - 1) > record.until) verdict.fromTheFuture++;
  }
  verdict.lagOfL1 = spreadOf(lags);
  verdict.ageAfterCommit = spreadOf(ages);
  verdict.ageAfterCommitMarked = spreadOf(markedAges);
  verdict.ageAfterCommitSealed = spreadOf(sealedAges);
  return verdict;
}

const EXAMPLES = 5;

function wordsOf(
  { who, key, version, at, until, detail }: LogRecord,
  age: { lag: number; ownLag: number },
): string {
  const took = `${rounded(until - at)} ms`;
  const after = `${rounded(age.lag)} ms after an acknowledged return, ${rounded(age.ownLag)} ms after an own one`;
  return `process ${who} read version ${version} of ${READ_KINDS[detail]} ${key} within ${took}, begun ${after}`;
}

function emptyVerdict(): Verdict {
  const none = spreadOf([]);
  return {
    reads: 0,
    writes: 0,
    staleInOwnProcess: 0,
    staleWithoutL1: 0,
    staleInL1: 0,
    lagOfL1: none,
    ageAfterCommit: none,
    ageAfterCommitMarked: none,
    ageAfterCommitSealed: none,
    lastOldRowAt: 0,
    fromTheFuture: 0,
    failures: 0,
    refusals: 0,
    examples: [],
  };
}

/** Versions in ascending order, and for each the earliest instant at which it or a later one was there. */
interface Line {
  versions: number[];
  earliest: number[];
}
type History = Map<string | number, Line>;

function historyOf(records: readonly LogRecord[]) {
  const of = (kind: number) => records.filter((record) => record.kind === kind);
  const wrote = of(KIND.wrote);
  return {
    attempted: linesOf(of(KIND.attempt), ({ key }) => key),
    committed: linesOf(of(KIND.committed), ({ key }) => key),
    acknowledged: linesOf(
      wrote.filter(({ detail }) => detail === 1),
      ({ key }) => key,
    ),
    own: linesOf(wrote, ({ key, who }) => `${key}:${who}`),
  };
}

function linesOf(records: readonly LogRecord[], of: (record: LogRecord) => string | number): History {
  const groups = new Map<string | number, LogRecord[]>();
  for (const record of records) {
    const group = groups.get(of(record)) ?? [];
    groups.set(of(record), group);
    group.push(record);
  }
  return new Map([...groups].map(([name, group]) => [name, lineOf(group)]));
}

function lineOf(records: LogRecord[]): Line {
  records.sort((a, b) => a.version - b.version);
  const earliest: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let index = records.length - 1; index >= 0; index--) {
    least = Math.min(least, records[index]?.until ?? least);
    earliest[index] = least;
  }
  return { versions: records.map(({ version }) => version), earliest };
}

/** The earliest instant at which a version above this one was there; infinity when there is none. */
function oldestAbove(line: Line | undefined, version: number): number {
  if (!line) return Number.POSITIVE_INFINITY;
  let [low, high] = [0, line.versions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((line.versions[middle] as number) > version) high = middle;
    else low = middle + 1;
  }
  return line.earliest[low] ?? Number.POSITIVE_INFINITY;
}
