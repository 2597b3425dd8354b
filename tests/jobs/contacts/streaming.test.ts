// A long file: flat memory, and everything else in the process keeps its turn.

import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { messyCsv } from '../../../scripts/messy-csv.ts';
import { readCsv } from '../../../server/csv/index.ts';
import {
  analyzeContacts,
  createContactNormalizer,
  createSummary,
} from '../../../server/jobs/contacts/index.ts';

async function* file(rows: number): AsyncGenerator<Buffer> {
  let chunk = '';
  for (const line of messyCsv(rows, 7)) {
    chunk += line;
    if (chunk.length < 65_536) continue;
    yield Buffer.from(chunk);
    chunk = '';
  }
  yield Buffer.from(chunk);
}

const MB = 1024 * 1024;

it('100,000 rows go through in memory that does not grow with them', { timeout: 240_000 }, async () => {
  const sample = [...messyCsv(2000, 7)].join('');
  const { columns } = await analyzeContacts(sample);
  const normalizer = createContactNormalizer({ columns, defaultCountry: 'US' });
  const counter = createSummary();
  let heapAtTenth = 0;
  let highest = 0;
  for await (const row of await readCsv(file(100_000))) {
    counter.add(normalizer.row(row));
    if (row.index === 10_000) heapAtTenth = process.memoryUsage().heapUsed;
    if (row.index % 5000 === 0) highest = Math.max(highest, process.memoryUsage().heapUsed);
  }
  const summary = counter.summary();
  expect(summary.rows).toBe(100_000);
  expect(summary.validRows + summary.invalidRows).toBe(100_000);
  // The whole file as objects would take several hundred MB; garbage that is not yet collected takes some tens.
  expect(highest - heapAtTenth).toBeLessThan(120 * MB);
});

it('timers fire while a long string is read', { timeout: 240_000 }, async () => {
  const csv = [...messyCsv(20_000, 7)].join('');
  const { columns } = await analyzeContacts(csv);
  const normalizer = createContactNormalizer({ columns });
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  for await (const row of await readCsv(csv)) normalizer.row(row);
  clearInterval(timer);
  await wait(1);
  // 20,000 rows take a second or more; without giving way there would be no tick at all.
  expect(ticks).toBeGreaterThan(10);
});

it('the same rows and seed give the same file, another seed another one', () => {
  const of = (seed: number) => [...messyCsv(50, seed)].join('');
  expect(of(1)).toBe(of(1));
  expect(of(1)).not.toBe(of(2));
});
