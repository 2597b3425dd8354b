/** What an entry of the cache is, in words. */
import type { ReactNode } from 'react';
import type { Outputs } from '../data/session.ts';
import { span } from '../ui/format.ts';
import { CheckIcon, ClockIcon, InfoIcon, RepeatIcon, WarnIcon } from '../ui/icons.tsx';
import type { Tone } from '../ui/states.tsx';

export type Entry = Outputs['monitoring']['cacheEntry'];

interface EntryState {
  tone: Tone;
  icon: ReactNode;
  word: string;
  meaning: string;
}

/** What the next read makes of it. `now` in milliseconds. */
export function stateOf(entry: Entry, now: number): EntryState {
  if (entry.kind !== 'value') return OTHER_KINDS[entry.kind];
  if (!entry.isGood) return MADE_OLD;
  return entry.staleAt && entry.staleAt.getTime() <= now ? STALE : FRESH;
}

const FRESH: EntryState = {
  tone: 'ok',
  icon: <CheckIcon size={13} />,
  word: 'Fresh',
  meaning: 'The next read is answered with it.',
};

const STALE: EntryState = {
  tone: 'warn',
  icon: <ClockIcon size={13} />,
  word: 'Stale',
  meaning: 'Reads that allow it are answered with it while a fresh value loads.',
};

const MADE_OLD: EntryState = {
  tone: 'quiet',
  icon: <RepeatIcon size={13} />,
  word: 'Made old',
  meaning: 'A write or a clear ended it: no read is answered with it, the next one loads.',
};

const OTHER_KINDS: Record<Exclude<Entry['kind'], 'value'>, EntryState> = {
  large: {
    tone: 'info',
    icon: <InfoIcon size={13} />,
    word: 'Large',
    meaning: 'Values of entries above 256 KB are not shown.',
  },
  lease: {
    tone: 'info',
    icon: <ClockIcon size={13} />,
    word: 'Being loaded',
    meaning: 'One read loads it just now, the others wait for that one.',
  },
  mark: {
    tone: 'info',
    icon: <ClockIcon size={13} />,
    word: 'Being written',
    meaning: 'A write marked it: reads go to the database until that write has ended.',
  },
  strange: {
    tone: 'warn',
    icon: <WarnIcon size={13} />,
    word: 'Unreadable',
    meaning: 'These bytes are no entry of this program: the next read replaces them.',
  },
};

/** Seconds until an entry is gone, as Redis tells them. */
export function timeLeft(ttlS: number): string {
  return ttlS < 0 ? 'no end' : span(ttlS);
}

/** A value as indented text: JSON, with what JSON lacks in the form nearest to it. */
export function valueText(value: unknown): string {
  return JSON.stringify(value, plainer, 2) ?? 'undefined';
}

function plainer(_name: string, value: unknown): unknown {
  if (value instanceof Map) return { Map: [...value] };
  if (value instanceof Set) return { Set: [...value] };
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
