/**
 * What was reached: every branch of the protocol and every fault, counted. Branches are recognised by the engine's own
 * events, and by what its commands did in Redis.
 */
import type { CacheEvent, Command, StampsReply } from '../../../server/cache/index.ts';
import { readEntry } from '../../../server/cache/slot.ts';
import { LEASE, MARK, VALUE } from './redis-store.ts';

const FROM_EVENTS = [
  'hit in L1',
  'hit in L2',
  'stale hit',
  'wait: woken by the push',
  'wait: polled',
  'joined a load, its fill accepted',
  'joined a load, its fill not accepted',
  'miss: loaded for all',
  'miss: asked to be fresh',
  'alone: Redis away',
  'alone: own unsettled name',
  'alone: a command failed',
  'alone: marked',
  'alone: deadline passed',
  'alone: looked three times',
  'alone: in a transaction',
  'not kept: changed since the read was sent',
  'not kept: another generation of the feed',
  'not kept: feed down or of another server',
  'fill refused: the slot was voided',
  'fill refused: late tag younger than the load',
  'fill refused: late tag missing, era over',
  'fill refused: late tag marked',
  'fill refused: outcome unknown',
  'load failed',
  'load over its limit',
  'evicted from L1',
  'settled',
  'not settled',
  'breaker opened',
  'breaker closed again',
  'feed lost',
  'feed back',
] as const;

const FROM_COMMANDS = [
  'absent: lease taken',
  'absent: somebody was faster',
  'invalid: taken over',
  'invalid: somebody was faster',
  'fill accepted',
  'fill refused by the comparison',
  'refresh accepted',
  'refresh refused by the comparison',
  'lease released',
  'lease renewed',
  'renewal refused',
  'refresh claimed',
  'refresh claimed by another',
  'saw a lease',
  'saw a mark',
  'saw an entry of another epoch',
  'saw a rotated stamp',
  'saw a missing stamp',
  'saw a softened stamp',
  'saw an entry of another shape',
  'late tags took a second look',
  'late tag created and accepted',
  'stamp created',
  'stamp in doubt',
  'counter created',
  'stamps softened',
  'stamps rotated',
  'slots emptied',
  'marked',
  'unmarked',
  'marked beside another writer',
  'unmarked, another mark stays',
  'strange bytes seen',
  'wrong type refused the lease',
] as const;

const FROM_WRITERS = [
  'write returned',
  'write settled later by the relay',
  'rolled back',
  'commit unknown',
  'relay delivered',
  'relay could not deliver',
  'own distrust ended',
  'foreign change invalidated by key or tag',
  'foreign change cleared by pattern',
  'foreign change cleared by namespace',
  'foreign change cleared with everything',
  'invalidation not acknowledged',
] as const;

export const BRANCHES = [...FROM_EVENTS, ...FROM_COMMANDS, ...FROM_WRITERS] as const;
export type Branch = (typeof BRANCHES)[number];

const ALONE = {
  away: 'alone: Redis away',
  unsettled: 'alone: own unsettled name',
  error: 'alone: a command failed',
  mark: 'alone: marked',
  deadline: 'alone: deadline passed',
  looks: 'alone: looked three times',
  transaction: 'alone: in a transaction',
} as const satisfies Record<string, Branch>;

const UNKEPT = {
  changed: 'not kept: changed since the read was sent',
  generation: 'not kept: another generation of the feed',
  feed: 'not kept: feed down or of another server',
} as const;

const REFUSED: Record<string, Branch> = {
  'the slot was voided': 'fill refused: the slot was voided',
  'a late tag is younger than the load': 'fill refused: late tag younger than the load',
  'a late tag was missing, and some tag was rotated since the load began':
    'fill refused: late tag missing, era over',
  'a late tag is marked': 'fill refused: late tag marked',
};

/** How things stand while a command is executed. */
interface Now {
  epoch: string;
  /** The shape of the tables as the asking process knows it. */
  version: string;
  marksAt: (key: string) => number;
}

export class Coverage {
  readonly counts = new Map<string, number>();
  /** Stamps that a late look created: name and text. */
  readonly #createdLate = new Set<string>();
  readonly #appStamp: string;

  constructor(appStamp: string) {
    this.#appStamp = appStamp;
  }

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  hear(event: CacheEvent): void {
    const branch = branchOf(event);
    if (branch) this.count(branch);
  }

  executed(command: Command, reply: unknown, now: Now): void {
    switch (command.op) {
      case 'mget':
        this.#seen(command.keys, reply as (Buffer | null)[], now);
        return;
      case 'take':
        if (reply instanceof Error) this.count('wrong type refused the lease');
        else this.count(reply === null ? 'absent: lease taken' : 'absent: somebody was faster');
        return;
      case 'cas':
        this.#compared(command, reply === true);
        return;
      case 'stamps':
        this.#stamped(command.keys, reply as StampsReply);
        return;
      case 'claim':
        this.count(reply === true ? 'refresh claimed' : 'refresh claimed by another');
        return;
      case 'soften':
        this.count('stamps softened');
        return;
      case 'del':
        this.count('stamps rotated');
        return;
      case 'drop':
        this.count('slots emptied');
        return;
      case 'mark':
        this.count('marked');
        if (command.keys.some((key) => now.marksAt(key) > 1)) this.count('marked beside another writer');
        return;
      case 'unmark':
        this.count('unmarked');
        if (command.keys.some((key) => now.marksAt(key) > 0)) this.count('unmarked, another mark stays');
        return;
    }
  }

  #seen(keys: readonly string[], values: readonly (Buffer | null)[], now: Now): void {
    for (const value of values) {
      if (value?.[0] === LEASE && value.length === 17) this.count('saw a lease');
      else if (value?.[0] === MARK && value.length > 17) this.count('saw a mark');
      else if (value?.[0] === VALUE) this.#seenEntry(value, { keys, values, now });
    }
  }

  #seenEntry(
    slot: Buffer,
    { keys, values, now }: { keys: readonly string[]; values: readonly (Buffer | null)[]; now: Now },
  ): void {
    const head = readEntry(slot, null)?.head;
    if (!head) {
      this.count('strange bytes seen');
      return;
    }
    if (head.epoch !== now.epoch) this.count('saw an entry of another epoch');
    else if (head.version !== now.version) this.count('saw an entry of another shape');
    if (head.stamps.some(({ name }) => !keys.includes(name))) this.count('late tags took a second look');
    for (const { name, text } of head.stamps) {
      const place = keys.indexOf(name);
      const current = place < 0 ? text : values[place]?.toString();
      if (current === undefined) this.count('saw a missing stamp');
      else if (current.split(';')[0] !== text.split(';')[0]) this.count('saw a rotated stamp');
      else if (current !== text) this.count('saw a softened stamp');
    }
  }

  #compared({ expect, value }: Extract<Command, { op: 'cas' }>, isDone: boolean): void {
    const from = expect[0] === LEASE ? 'lease' : 'entry';
    const to = value === null ? 'nothing' : value[0] === LEASE ? 'lease' : 'entry';
    if (from === 'lease' && to === 'entry') {
      this.count(isDone ? 'fill accepted' : 'fill refused by the comparison');
      if (isDone) this.#countAcceptedTags(value as Buffer);
    } else if (from === 'lease' && to === 'lease') this.count(isDone ? 'lease renewed' : 'renewal refused');
    else if (from === 'lease') this.count('lease released');
    else if (to === 'lease') this.count(isDone ? 'invalid: taken over' : 'invalid: somebody was faster');
    else if (to === 'entry') this.count(isDone ? 'refresh accepted' : 'refresh refused by the comparison');
  }

  #countAcceptedTags(slot: Buffer): void {
    for (const { name, text } of readEntry(slot, null)?.head.stamps ?? [])
      if (this.#createdLate.has(`${name} ${text}`)) this.count('late tag created and accepted');
  }

  #stamped(keys: readonly string[], { texts, missing, counter }: StampsReply): void {
    const isLate = !keys.includes(this.#appStamp);
    for (const [at, isMissing] of missing.entries()) {
      if (texts[at] === 'M') this.count('stamp in doubt');
      if (!isMissing) continue;
      this.count('stamp created');
      if (texts[at] === `${counter.id}:1;0`) this.count('counter created');
      if (isLate) this.#createdLate.add(`${keys[at]} ${texts[at]}`);
    }
  }
}

function branchOf(event: CacheEvent): Branch | null {
  switch (event.type) {
    case 'hit':
      if (event.stale) return 'stale hit';
      return event.tier === 'l1' ? 'hit in L1' : 'hit in L2';
    case 'wait':
      return event.woken ? 'wait: woken by the push' : 'wait: polled';
    case 'join':
      return event.accepted ? 'joined a load, its fill accepted' : 'joined a load, its fill not accepted';
    case 'miss':
      if (event.reason === 'bypass') return ALONE[event.why as keyof typeof ALONE] ?? null;
      if (event.reason === 'fresh') return 'miss: asked to be fresh';
      return event.reason === 'absent' ? 'miss: loaded for all' : null;
    case 'unkept':
      return UNKEPT[event.reason];
    case 'refused':
      return REFUSED[event.reason] ?? 'fill refused: outcome unknown';
    case 'load':
      if (event.error === undefined) return null;
      return (event.error as Error).name === 'LoadTimeoutError' ? 'load over its limit' : 'load failed';
    case 'evict':
      return 'evicted from L1';
    case 'invalidate':
      return event.acknowledged ? 'settled' : 'not settled';
    case 'breaker':
      if (event.state === 'half-open') return null;
      return event.state === 'open' ? 'breaker opened' : 'breaker closed again';
    case 'link':
      if (event.role === 'data') return null;
      return event.state === 'up' ? 'feed back' : 'feed lost';
    default:
      return null;
  }
}
