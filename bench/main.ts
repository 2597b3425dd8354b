/** Measures every row, or those that are named, and prints the table. Run by `run.mjs`, which starts the servers. */
import { compareClears } from './clear.ts';
import { compare, type Effort } from './measure.ts';
import { openPeers, TWO_LEVELS } from './peers.ts';
import { circumstances, overPeers, type Result, spaceText, table } from './report.ts';
import { prepare, type Row, rows } from './rows.ts';
import { userOf } from './sample.ts';
import { measureSpace } from './space.ts';
import { type Stage, setStage } from './stage.ts';
import { openWriters, WRITERS } from './writes.ts';

const args = process.argv.slice(2);
const chosen = args.filter((arg) => !arg.startsWith('--'));
const isQuick = args.includes('--quick');
const effort: Effort = isQuick
  ? { rounds: 20, turnMs: 40, warmUpMs: 1000 }
  : { rounds: 40, turnMs: 100, warmUpMs: 3000 };
const CLEAR_ROUNDS = isQuick ? 2 : 5;
/** Larder may take half as long again. */
const CLEAR_TARGET = 1 / 1.5;

/** A write takes some ms with 16 at once, so a turn has to be longer. */
const WRITE_TURN_MS = 100;
const WRITE_TARGET = 0.6;
const IDLE_SECONDS = isQuick ? 5 : 20;

const servers = {
  redisUrl: process.env.TEST_REDIS_URL as string,
  databaseUrl: process.env.TEST_DATABASE_URL as string,
};
const stage = await setStage(servers);
const load = async (id: number) => userOf(id);
const peers = args.includes('--no-peers') ? [] : await openPeers({ url: stage.url, load });
try {
  const results: Result[] = [];
  for (const row of rows(stage, peers).filter(({ id }) => isChosen(id))) {
    await prepare(stage, peers);
    results.push(await measureRow(row));
  }
  if (isChosen('clear')) results.push(await measureClear(stage));
  const writers = isChosen('write-16') ? await measureWrites() : null;
  if (writers) results.push(...writers.results);
  console.log(`${circumstances(effort)}\n\n${table(results)}`);
  if (isChosen('space')) console.log(`\n${spaceText(await measureSpace(stage))}`);
  if (writers) console.log(`\nThe relay with nothing to deliver: ${writers.relay} of one core.`);
} finally {
  await Promise.all(peers.map((peer) => peer.close()));
  await stage.close();
}

function isChosen(id: string): boolean {
  return chosen.length === 0 || chosen.includes(id);
}

async function measureRow(row: Row): Promise<Result> {
  console.error(`measuring: ${row.what}`);
  const measured = await compare([row.floor, row.larder, ...row.peers], effort);
  const { rounds } = effort;
  const lead = row.peersTarget && peers.length > 0 ? overPeers(measured, TWO_LEVELS) : null;
  const what = lead ? `${row.what}; ${lead.toFixed(0)} times the best two-level peer` : row.what;
  return { what, target: row.target, measured, rounds };
}

async function measureClear(on: Stage): Promise<Result> {
  console.error('measuring: the clear of 100,000 keys');
  const measured = await compareClears(on, CLEAR_ROUNDS);
  return { what: 'clear of 100,000 keys, for one key', target: CLEAR_TARGET, measured, rounds: CLEAR_ROUNDS };
}

async function measureWrites(): Promise<{ results: Result[]; relay: string }> {
  console.error('measuring: writes, and the empty relay');
  const writers = await openWriters(servers);
  try {
    const results: Result[] = [];
    for (const [what, pair] of [
      [`write, ${WRITERS} writers`, writers.rename],
      [`write that reads the old row, ${WRITERS} writers`, writers.move],
    ] as const) {
      const measured = await compare([...pair], { ...effort, turnMs: WRITE_TURN_MS });
      results.push({ what, target: WRITE_TARGET, measured, rounds: effort.rounds });
    }
    const share = await writers.relayShare(IDLE_SECONDS);
    return { results, relay: `${(100 * share).toFixed(2)} %` };
  } finally {
    await writers.close();
  }
}
