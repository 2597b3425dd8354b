/**
 * Stamps for a fill (protocol, section 4): those known from the key are read *before* the load, together with the
 * counter; those that only the value tells are read after it and accepted only if they cannot hide an invalidation
 * that the load did not see.
 */
import type { Engine } from './engine.ts';
import { hardNumber } from './look.ts';
import type { Plan } from './plan.ts';
import type { Connection, StampsReply } from './ports.ts';
import type { Shape } from './shape.ts';
import { type RecordedStamp, type WrittenHead, writeHead } from './slot.ts';
import { askStamps, type Stamps } from './stamp-question.ts';

/** A mark stands in the stamp's place (protocol, section 7). */
const IN_DOUBT = 'M';

export interface EarlyStamps {
  recorded: readonly RecordedStamp[];
  counter: StampsReply['counter'];
  era: string;
  /** The connection that they came on. */
  from: Connection;
}

/** The stamps of this tick's loads that ask for the very same list. */
export interface SharedStamps {
  names: readonly string[];
  px: number;
  stamps: Promise<EarlyStamps | null>;
}

/** Stamps live at least as long as the longest entry that may record them. */
export function entryLifeMs(plan: Plan): number {
  const { ttlMs, swrMs, sieMs, adaptive } = plan.policy;
  return Math.max(ttlMs, adaptive?.maxMs ?? 0) + Math.max(swrMs, sieMs);
}

/** Null when in doubt; a mark in a stamp's place is a doubt too. Never rejects. */
export function stampsBeforeLoad(engine: Engine, plan: Plan): Promise<EarlyStamps | null> {
  const tick = engine.reads.tick();
  const { stamps: names } = plan;
  const px = entryLifeMs(plan);
  if (tick.shared?.names === names && tick.shared.px >= px) return tick.shared.stamps;
  const stamps = readEarly(engine, names, px).catch(() => null);
  tick.shared = { names, px, stamps };
  return stamps;
}

async function readEarly(engine: Engine, names: readonly string[], px: number): Promise<EarlyStamps | null> {
  const { texts, counter, era, from } = await askStamps(engine, names, px);
  if (texts.includes(IN_DOUBT)) return null;
  const recorded = names.map((name, at) => ({ name, text: texts[at] as string }));
  return { recorded, counter, era, from };
}

/** The head of an entry of this plan that records the early stamps, and `late` ones beside them. */
export function headOf(
  engine: Engine,
  plan: Plan,
  { early, late, shape }: { early: EarlyStamps; late: readonly RecordedStamp[]; shape: Shape | null },
): WrittenHead {
  const { heads } = plan.namespace;
  const wanted = {
    epoch: early.from.epochOf(plan.slot),
    stampEpoch: early.from.epochOf(engine.names.app),
    version: plan.policy.version,
    shape,
    stamps: late.length === 0 ? early.recorded : [...early.recorded, ...late],
  };
  const known = heads.like(wanted);
  if (known) return known;
  const head = writeHead(wanted);
  heads.meet(head);
  return head;
}

/** A reason when one of them must not be trusted; the next load passes. */
export async function stampsAfterLoad(
  engine: Engine,
  plan: Plan,
  late: { tags: readonly string[]; early: EarlyStamps },
): Promise<RecordedStamp[] | Doubt> {
  const names = [...new Set(late.tags.map((tag) => engine.names.tag(tag)))].filter(
    (name) => !plan.stamps.includes(name),
  );
  if (names.length === 0) return [];
  const reply = await askStamps(engine, names, entryLifeMs(plan));
  const doubt = names.map((_, at) => doubtOf(reply, at, late.early)).find((one) => one !== null);
  if (doubt) return doubt;
  return names.map((name, at) => ({ name, text: softened(reply.texts[at] as string, late.early.counter) }));
}

export type Doubt =
  | 'a late tag is marked'
  | 'a late tag was missing, and some tag was rotated since the load began'
  | 'a late tag is younger than the load';

/**
 * A stamp that the counter numbered before the load began is older than the load. One of a lost counter (another
 * identity) is older too, provided that the counter of the load is still the one that numbers now: else a newer
 * counter may have made it during the load. A stamp that this very command created may hide a rotation that the load
 * did not see, unless the era says that nothing at all was rotated since before the load.
 */
function doubtOf(reply: Stamps, at: number, { counter, era }: EarlyStamps): Doubt | null {
  const stamp = hardNumber(reply.texts[at] as string);
  if (!stamp) return 'a late tag is marked';
  if (reply.missing[at])
    return reply.era === era ? null : 'a late tag was missing, and some tag was rotated since the load began';
  const isOlder = stamp.id === counter.id ? stamp.n <= counter.n : reply.counter.id === counter.id;
  return isOlder ? null : 'a late tag is younger than the load';
}

/** A soft half that is younger than the load: the value may be older than the expiry, so it is recorded as before it. */
function softened(text: string, counter: StampsReply['counter']): string {
  const [hard, soft = '0'] = text.split(';');
  const number = soft === '0' ? null : hardNumber(`${soft};`);
  const isOlder = number === null || (number.id === counter.id && number.n <= counter.n);
  return isOlder ? text : `${hard};0`;
}
