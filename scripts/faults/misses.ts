// `npx tsx scripts/faults/misses.ts [--rounds 20]`: 4 processes with 250 concurrent misses of one key each; then with
// the process killed whose loader runs.
import { type MissFigures, openMissers, together } from '../../tests/faults/runs/misses.ts';
import { report } from '../../tests/faults/support/figures.ts';
import { numberOption, withServers } from './lib/command.ts';

const rounds = numberOption('rounds', 20);
const TAKEN_OVER_MS = 1500;

async function repeat(round: () => Promise<MissFigures>): Promise<MissFigures> {
  const figures: MissFigures[] = [];
  for (let n = 0; n < rounds; n++) figures.push(await round());
  return together(figures);
}

await withServers(async () => {
  const missers = await openMissers();
  const whole = await repeat(missers.missTogether);
  report('Misses of one key', whole);
  const killed = await repeat(missers.missAndKill);
  report('Misses of one key, the loader killed', killed);
  await missers.close();
  return (
    whole.loads.every((loads) => loads === 1) &&
    killed.loads.every((loads) => loads === 2) &&
    whole.wrongAnswers + killed.wrongAnswers === 0 &&
    killed.slowestMs.every((ms) => ms <= TAKEN_OVER_MS)
  );
});
