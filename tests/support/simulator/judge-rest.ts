/**
 * What must be so once everything is over: every caller was answered, nothing is held or owed, whatever readers would
 * accept equals the database, every process is back at work, and the numbers add up.
 */
import { decodeFrozen } from '../../../server/cache/codec.ts';
import { readEntry } from '../../../server/cache/slot.ts';
import { asText } from './oracle.ts';
import { READ_BOUND_MS } from './process.ts';
import { isHeld, type Run } from './run.ts';
import { isCalm } from './settings.ts';

export async function judgeRest(run: Run): Promise<void> {
  const { oracle, database, server, debts, settings } = run;
  for (const { label, process } of run.open) oracle.violated(`${process.name} waits for ever: ${label}`);
  if (debts.size > 0) oracle.violated('an invalidation could not be made although nothing is ill any more');
  if (database.outbox.size > 0) oracle.violated(`${database.outbox.size} outbox rows are left`);
  for (const name of server.store.names())
    if (isHeld(server.store.text(name))) oracle.violated(`a lease or a mark is left at ${name}`);
  if (
    isCalm(settings) &&
    settings.isHeard &&
    ![...run.coverage.counts.keys()].some((name) => name.startsWith('alone: ')) &&
    oracle.mostLoads > 1
  )
    oracle.violated(`${oracle.mostLoads} loads of one key at once, and nothing had happened`);
  judgeEntries(run);
  await readEverything(run);
  const until = run.world.now + (run.hasFailedBulk ? READ_BOUND_MS : 0);
  while (await run.world.advance(until));
  judgeNumbers(run);
  for (const { name, cache } of run.living) {
    const { breaker, unsettled, data } = cache.state();
    if (unsettled > 0) oracle.violated(`${name} still distrusts ${unsettled} names`);
    if (breaker !== 'closed' || data !== 'up')
      oracle.violated(`${name} does not use Redis: ${breaker}, ${data}`);
  }
}

/** Every entry that a reader would accept holds what the database holds. */
function judgeEntries({ server, scenario, living, database, oracle }: Run): void {
  const [process] = living;
  if (!process) return;
  for (const read of scenario.reads)
    for (const arg of read.args) {
      const key = process.keyOf(read, arg);
      const slot = server.store.text(`sim:${key}`);
      const entry = slot?.[0] === 0x56 ? readEntry(slot, null) : null;
      if (!entry || entry.head.epoch !== server.epoch || entry.goneAt <= server.now()) continue;
      const isCurrent = entry.head.stamps.every(
        ({ name, text }) => hardHalf(server.store.text(name)?.toString()) === hardHalf(text),
      );
      const stands = isCurrent ? asText(decodeFrozen(entry)) : null;
      const should = oracle.textAt(read, arg, database.commit);
      if (stands !== null && stands !== should)
        oracle.violated(`at rest ${key} holds ${stands}, the database ${should}`);
    }
}

function hardHalf(stamp: string | undefined): string | undefined {
  return stamp?.split(';')[0];
}

function judgeNumbers({ living, oracle }: Run): void {
  for (const { name, cache, readsAnswered } of living) {
    const { hits, misses } = cache.stats();
    if (hits + misses !== readsAnswered)
      oracle.violated(`${name} counted ${hits} hits and ${misses} misses of ${readsAnswered} reads`);
  }
}

/** Each process once more reads all there is, as readers that come after everything. */
async function readEverything(run: Run): Promise<void> {
  const { world, scenario, oracle } = run;
  for (let commit = 1; commit <= run.database.commit; commit++) oracle.settledForAll(commit);
  run.settings.loads = { prompt: 1, slow: 0, fails: 0, hangs: 0 };
  world.now += 40;
  for (const process of run.living)
    for (const read of scenario.reads) for (const arg of read.args) void process.read(read, arg);
  const until = world.now + 4000;
  while (run.open.size > 0 && (await world.advance(until)));
  for (const { label, process } of run.open)
    oracle.violated(`${process.name} waits for ever at rest: ${label}`);
}
