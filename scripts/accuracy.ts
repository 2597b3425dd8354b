// Prints how well the contact normaliser does on the labelled rows of tests/jobs/contacts/labelled.
// Repair: cells that should get another value, and got it. Flag: cells that should carry a warning or an error, and carry
// the right one. `npx tsx scripts/accuracy.ts --misses` lists every cell that differs from its label.

import {
  isExact,
  type Judged,
  judgeAll,
  precision,
  recall,
  type Score,
  scores,
  type TypeScore,
} from '../tests/jobs/contacts/accuracy.ts';

const { cells, columns } = await judgeAll();
printTable(scores(cells));
for (const column of columns) console.log(`column not recognised: ${column}`);
const misses = cells.filter((cell) => !isExact(cell));
console.log(`${misses.length} of ${cells.length} cells differ from their label.`);
if (process.argv.includes('--misses')) for (const miss of misses) printMiss(miss);

function printTable(lines: TypeScore[]): void {
  console.log('type          cells   exact | repairs  precision  recall |   flags  precision  recall');
  for (const line of lines) {
    const exact = percent(line.exact / line.cells);
    console.log(
      `${line.type.padEnd(13)} ${pad(line.cells, 5)}  ${pad(exact, 6)} | ${task(line.repair)} | ${task(line.flag)}`,
    );
  }
}

function task(score: Score): string {
  return `${pad(score.right + score.missed, 7)}  ${pad(percent(precision(score)), 9)}  ${pad(percent(recall(score)), 6)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function pad(value: number | string, width: number): string {
  return String(value).padStart(width);
}

function printMiss({ list, row, column, expected, got }: Judged): void {
  const wanted = `${JSON.stringify(expected.value)} ${expected.flag ?? ''}`.trim();
  const found = `${JSON.stringify(got.value)} ${got.status} ${got.code ?? ''}`.trim();
  console.log(
    `${list} row ${row + 1}, ${column}: ${JSON.stringify(got.raw)} should be ${wanted}, got ${found}`,
  );
}
