/** The numbers of several processes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NumbersReport } from '../../server/monitoring/cache-numbers.ts';
import { openConsole, type TestConsole } from './support/console.ts';

let site: TestConsole;

beforeAll(async () => {
  site = await openConsole();
});

afterAll(() => site.close());

interface Counted {
  hits: number;
  misses: number;
}

async function readInAProcess(reads: number): Promise<Counted & { user: Counted }> {
  const script = 'tests/monitoring/support/reader.ts';
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--import', 'tsx', script, String(reads), '3'], {
    env: process.env,
  });
  return JSON.parse(stdout) as Counted & { user: Counted };
}

describe('The numbers are true', () => {
  it('hits + misses = reads, per namespace and in total, over all processes', async () => {
    const [first, second] = await Promise.all([readInAProcess(300), readInAProcess(200)]);
    expect(first.hits + first.misses).toBe(300);
    expect(second.hits + second.misses).toBe(200);

    const fleet = async () => (await site.query<NumbersReport>('monitoring.cacheStats')).data;
    const inUser = (report: NumbersReport) => report.namespaces.user ?? { hits: 0, misses: 0 };
    await expect
      .poll(async () => inUser(await fleet()).hits, { timeout: 5000 })
      .toBe(first.hits + second.hits);
    const report = await fleet();
    expect(report.scope).toBe('fleet');
    expect(inUser(report).misses).toBe(first.misses + second.misses);
    const rows = Object.values(report.namespaces);
    expect(rows.reduce((sum, row) => sum + row.hits, 0)).toBe(report.hits);
    expect(rows.reduce((sum, row) => sum + row.misses, 0)).toBe(report.misses);
    expect(report.hits).toBe(first.hits + second.hits + report.process.hits);
    expect(report.misses).toBe(first.misses + second.misses + report.process.misses);
  });
});
