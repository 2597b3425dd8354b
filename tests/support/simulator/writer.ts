/**
 * What programs do beside reading: writes by the protocol (`server/db/write.ts` in small, for there is no MySQL here),
 * the relay, and changes by others that are followed by an invalidation.
 *
 * The engine's own parts are real: mark, settle, release, invalidate, clear.
 */
import type { Names, Settlement } from '../../../server/cache/index.ts';
import type { OutboxRow, Row, Transaction } from './database.ts';
import type { SimulatedProcess } from './process.ts';
import type { Run } from './run.ts';

const CLEANUP_MS = 50;
/** The id of no row: of a commit whose outcome is unknown none may be there. */
const NEVER = 0;

type CollectedNames = { keys: string[]; tags: string[]; namespaces: string[] };

/** One write of some rows. Never rejects. */
export async function write(run: Run, process: SimulatedProcess, ids: readonly number[]): Promise<void> {
  const transaction = run.database.begin(process.name);
  process.transactions.add(transaction);
  try {
    await writeIn(run, process, { transaction, ids });
  } finally {
    process.transactions.delete(transaction);
  }
}

interface Work {
  transaction: Transaction;
  ids: readonly number[];
}

async function writeIn(run: Run, process: SimulatedProcess, { transaction, ids }: Work): Promise<void> {
  const { database, world, settings, coverage, oracle } = run;
  const names = await changeRows(run, { transaction, ids });
  await process.reaches('changed');
  const token = settings.hasMarks ? await process.cache.mark(names) : null;
  if (token !== null) run.marked(transaction, names, token);
  await process.reaches('marked');
  await database.state(transaction, 'inserts into the outbox', () => {
    transaction.outbox = { names, token };
  });
  await process.reaches('in outbox');
  if (world.dice.chance(settings.rollbacks)) {
    await database.rollback(transaction);
    coverage.count('rolled back');
    if (token !== null) (await process.cache.settleMarked(names, token)).release();
    return;
  }
  const isKnown = !world.dice.chance(settings.unknownCommits);
  const committing = database.commitAll(transaction, isKnown ? 'known' : 'unknown');
  await process.reaches('committing');
  const committed = await committing;
  await process.reaches('committed');
  const settlement = await settleOnce(process, names, token);
  await process.reaches('settled');
  if (!committed) {
    coverage.count('commit unknown');
    // If the commit lands later, the relay sees its row.
    followUp(run, process, { outboxId: null, settlement });
    return;
  }
  coverage.count('write returned');
  if (settlement.acknowledged) oracle.settledForAll(committed.commit);
  else oracle.settledFor(process.name, committed.commit);
  world.log(
    process.name,
    `write of commit ${committed.commit} returns ${settlement.acknowledged ? 'settled' : 'UNSETTLED'}`,
  );
  followUp(run, process, { outboxId: committed.outboxId, settlement });
  run.afterWrite(ids);
}

async function changeRows(run: Run, { transaction, ids }: Work): Promise<CollectedNames> {
  const { database, scenario, world } = run;
  const names: CollectedNames = { keys: [], tags: [], namespaces: [] };
  for (const id of [...ids].sort((one, other) => one - other)) {
    const before = await database.lock(transaction, id);
    const after = scenario.change(before, id, world.dice);
    await database.state(transaction, `changes row ${id}`, () => transaction.changes.set(id, after));
    collect(names, scenario.names(before, after));
  }
  return names;
}

function collect(all: CollectedNames, { keys = [], tags = [], namespaces = [] }: Names): void {
  all.keys = [...new Set([...all.keys, ...keys])];
  all.tags = [...new Set([...all.tags, ...tags])];
  all.namespaces = [...new Set([...all.namespaces, ...namespaces])];
}

function settleOnce(process: SimulatedProcess, names: Names, token: string | null): Promise<Settlement> {
  return token === null ? process.cache.settle(names) : process.cache.settleMarked(names, token);
}

/** Settled rows are deleted later, in one statement; others stay for the relay, and the process distrusts their names. */
function followUp(
  run: Run,
  process: SimulatedProcess,
  { outboxId, settlement }: { outboxId: number | null; settlement: Settlement },
): void {
  const { world, database } = run;
  if (!settlement.acknowledged) {
    run.distrusted.get(process)?.push({ id: outboxId ?? NEVER, settlement });
    return;
  }
  if (outboxId === null) return;
  world.schedule({ actor: process.name, label: '', ms: CLEANUP_MS }, () => {
    void database.deleteOutbox(process.name, [outboxId]);
  });
}

/** One poll of the relay of one process, and the next. */
export async function relay(run: Run, process: SimulatedProcess): Promise<void> {
  const { world, database, settings } = run;
  run.distrusted.set(process, []);
  for (;;) {
    await sleep(run, process, settings.relayMs);
    const rows = await database.query(process.name, { label: '' }, () =>
      [...database.outbox.values()].filter(({ at }) => world.now - at >= settings.writerFirstMs),
    );
    if (rows.length > 0) await deliver(run, process, rows);
    await endDistrust(run, process);
  }
}

function sleep({ world }: Run, { name }: SimulatedProcess, ms: number): Promise<void> {
  return new Promise((resolve) => world.schedule({ actor: name, label: '', ms }, resolve));
}

async function deliver(run: Run, process: SimulatedProcess, rows: readonly OutboxRow[]): Promise<void> {
  const { coverage, database, oracle, world } = run;
  world.log(process.name, () => `relays outbox rows ${rows.map(({ id }) => id).join(', ')}`);
  const settlements = await Promise.all(
    [...byToken(rows)].map(([token, names]) => settleOnce(process, names, token)),
  );
  await process.reaches('relayed');
  for (const { release } of settlements) release();
  if (!settlements.every(({ acknowledged }) => acknowledged))
    return coverage.count('relay could not deliver');
  coverage.count('relay delivered');
  for (const { commit } of rows) {
    if (!oracle.isSettled(commit)) coverage.count('write settled later by the relay');
    oracle.settledForAll(commit);
  }
  await database.deleteOutbox(
    process.name,
    rows.map(({ id }) => id),
  );
}

function byToken(rows: readonly OutboxRow[]): Map<string | null, CollectedNames> {
  const groups = new Map<string | null, CollectedNames>();
  for (const { token, names } of rows) {
    const all = groups.get(token) ?? { keys: [], tags: [], namespaces: [] };
    groups.set(token, all);
    collect(all, names);
  }
  return groups;
}

/** Rows that are gone were delivered by somebody: the distrust of their names ends. */
async function endDistrust(run: Run, process: SimulatedProcess): Promise<void> {
  const own = run.distrusted.get(process) ?? [];
  if (own.length === 0) return;
  const left = await run.database.query(process.name, { label: 'are my rows gone?' }, () => [
    ...run.database.outbox.keys(),
  ]);
  for (const { id, settlement } of own.filter((one) => !left.includes(one.id))) {
    settlement.release();
    run.coverage.count('own distrust ended');
    run.distrusted.set(
      process,
      (run.distrusted.get(process) ?? []).filter((one) => one.id !== id),
    );
  }
}

/** A change that this program did not write, of which it is told afterwards. */
export async function changeFromOutside(run: Run, process: SimulatedProcess, id: number): Promise<void> {
  const { database, world, scenario } = run;
  const transaction = database.begin(process.name);
  process.transactions.add(transaction);
  const before = await database.lock(transaction, id);
  const after = scenario.change(before, id, world.dice);
  await database.state(transaction, `change row ${id} from outside`, () =>
    transaction.changes.set(id, after),
  );
  run.foreign.set(transaction, { before, after });
  const committed = await database.commitAll(transaction, 'known');
  process.transactions.delete(transaction);
  const debt = [...run.debts].find(({ commit }) => commit === committed?.commit);
  if (debt) await payDebt(run, process, debt);
}

export interface Debt {
  commit: number;
  before: Row | null;
  after: Row | null;
}

/** Invalidates what a change from outside made old, in one of the ways there are. */
export async function payDebt(run: Run, process: SimulatedProcess, debt: Debt): Promise<void> {
  const { world, oracle, coverage, scenario } = run;
  const { cache } = process;
  const names = scenario.names(debt.before, debt.after);
  const namespaces = run.namespacesChangedBy(debt.commit);
  const way = world.dice.pick(['names', 'names', 'pattern', 'namespace', 'all'] as const);
  world.log(process.name, `invalidates commit ${debt.commit} by ${way}`);
  try {
    if (way === 'names') await cache.invalidate(names);
    if (way === 'pattern') for (const one of namespaces) await cache.invalidate({ pattern: `${one}:*` });
    if (way === 'namespace') for (const one of namespaces) await cache.clearNamespace(one);
    if (way === 'all') await cache.clear();
    coverage.count(WAYS[way]);
    run.debts.delete(debt);
    oracle.settledForAll(debt.commit);
    run.afterWrite([]);
  } catch {
    coverage.count('invalidation not acknowledged');
    if (way === 'names') oracle.settledFor(process.name, debt.commit);
  }
}

const WAYS = {
  names: 'foreign change invalidated by key or tag',
  pattern: 'foreign change cleared by pattern',
  namespace: 'foreign change cleared by namespace',
  all: 'foreign change cleared with everything',
} as const;
