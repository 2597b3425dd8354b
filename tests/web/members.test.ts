/** What a member does with the pages, in a real browser against a running server. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserProgram, buildPages, launchBrowser, visit } from './support/browser.ts';
import { contactsCsv, type RunningServer, startServer } from './support/server.ts';

/** How long a job of some thousand rows may take on a busy machine. */
const JOB_LIMIT_MS = 40_000;

describe.skipIf(!browserProgram)('a member', () => {
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    await buildPages();
    server = await startServer({ LOGIN_PER_MINUTE: '1000' });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function member(): Promise<{ page: Page; complaints: string[]; leave: () => Promise<void> }> {
    const { context, page, complaints } = await visit(browser, { url: server.url });
    await registerNew(page);
    return { page, complaints, leave: () => context.close() };
  }

  test('hands a file in, watches it run, reads what became of each cell and downloads it', async () => {
    const { page, complaints, leave } = await member();
    const csv = contactsCsv(4000);
    await page
      .getByLabel('CSV file')
      .setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await page.getByText('people.csv').waitFor();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('heading', { level: 1, name: 'people.csv' }).waitFor();
    await page.getByTestId('counts').getByText('4,000', { exact: true }).waitFor({ timeout: JOB_LIMIT_MS });
    expect(await page.getByTestId('counts').innerText()).toMatch(/Failed\s+400\b/);

    const rows = page.getByRole('region', { name: 'Rows' });
    await rows.getByText('was LAST0, First').waitFor();
    await page.getByText(/^Only failed 400$/).click();
    await page.waitForURL(/only=failed/);
    await rows.getByText('expected one @, got several').first().waitFor();
    expect(await rows.getByText('Failed', { exact: true }).count()).toBe(50);

    const cleaned = await download(page, /Cleaned rows/);
    expect(cleaned.split('\n')[1]).toMatch(/^First Last0?,Person0@example\.com,\+44207946/i);
    expect(await download(page, /Failed rows/)).toContain('expected one @, got several');
    expect(await download(page, 'The file as it came')).toBe(csv);
    expect(complaints).toEqual([]);
    await leave();
  });

  test('sees progress with rows, and the share in the tab title, while a larger file runs', async () => {
    const { page, leave } = await member();
    const csv = contactsCsv(60_000);
    await page
      .getByLabel('CSV file')
      .setInputFiles({ name: 'large.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await page.getByRole('button', { name: 'Start' }).click();
    await page
      .getByTestId('progress-words')
      .getByText(/of 60,000 rows/)
      .waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await expect.poll(() => page.title(), { timeout: JOB_LIMIT_MS }).toMatch(/^[1-9]\d? % · large\.csv/);
    await page.getByText(/rows\/s/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('This job was cancelled').waitFor();
    await page.getByRole('button', { name: 'Run again' }).waitFor();
    await leave();
  });

  test('pastes rows, and finds the job in the list', async () => {
    const { page, leave } = await member();
    await page.getByRole('button', { name: 'Paste rows' }).click();
    await page.getByLabel('Rows, the header first').fill('Name,E-mail\nAda Lovelace,ada@example.org');
    await page.getByRole('button', { name: 'Use these rows' }).click();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('heading', { level: 1, name: 'pasted.csv' }).waitFor();
    await page.getByText('Fine as they came').waitFor();
    await page.getByRole('link', { name: 'All jobs' }).click();
    await page
      .getByRole('link', { name: /pasted\.csv/ })
      .getByText('Done')
      .waitFor();
    await leave();
  });

  test('reads why a file cannot be used, with line and column', async () => {
    const { page, leave } = await member();
    const csv = 'Name,E-mail\nAda,ada@example.org\n"Grace,grace@example.org\n';
    await page
      .getByLabel('CSV file')
      .setInputFiles({ name: 'broken.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await page.getByRole('button', { name: 'Start' }).click();
    await page
      .getByRole('alert')
      .getByText(/A quoted cell is never closed.*line 3/i)
      .waitFor();
    await leave();
  });

  test('reads at once that a binary file is none', async () => {
    const { page, leave } = await member();
    const buffer = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13, 0, 255]);
    await page.getByLabel('CSV file').setInputFiles({ name: 'picture.csv', mimeType: 'text/csv', buffer });
    await page.getByRole('button', { name: 'Start' }).click();
    await page
      .getByRole('alert')
      .getByText(/not text/)
      .waitFor();
    await leave();
  });

  test('has no console: no link to it, and a word on the role at its address', async () => {
    const { page, leave } = await member();
    expect(await page.getByRole('link', { name: 'Console' }).count()).toBe(0);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto('/console');
    await page.getByText('This page is for the role “operator”.').waitFor();
    expect(asked.filter((url) => url.includes('monitoring.'))).toEqual([]);
    await leave();
  });

  test("gets the page of nothing for somebody else's job", async () => {
    const first = await member();
    await first.page.getByRole('button', { name: 'Paste rows' }).click();
    await first.page.getByLabel('Rows, the header first').fill('Name,E-mail\nAda,ada@example.org');
    await first.page.getByRole('button', { name: 'Use these rows' }).click();
    await first.page.getByRole('button', { name: 'Start' }).click();
    await first.page.waitForURL(/\/jobs\/\d+/);
    const second = await member();
    await second.page.goto(first.page.url());
    await second.page.getByRole('heading', { level: 1, name: 'There is no such job' }).waitFor();
    await first.leave();
    await second.leave();
  });

  test('who signs out is out, also on pages opened before', async () => {
    const { page, leave } = await member();
    const other = await page.context().newPage();
    await other.goto('/jobs');
    await other.getByLabel('Show').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await other.getByLabel('Show').selectOption('failed');
    await other.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await leave();
  });
});

let people = 0;

/** A new account for each test, so that no test waits for the log-in limit of another. */
async function registerNew(page: Page): Promise<void> {
  people++;
  await page.goto('/register');
  await page.getByLabel('Name').fill(`Person ${people}`);
  await page.getByLabel('E-mail').fill(`page-person-${people}@example.org`);
  await page.getByLabel('Password', { exact: true }).fill(`a password of ${people}`);
  await page.getByRole('button', { name: 'Register' }).click();
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
}

async function download(page: Page, name: string | RegExp): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
  return readFile(await file.path(), 'utf8');
}
