/** What operators and admins see and do in the console, in a real browser against a running server. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createLarderClient } from '../../client/index.ts';
import { browserProgram, buildPages, launchBrowser, signIn, visit } from './support/browser.ts';
import { demoLogin, type RunningServer, startServer } from './support/server.ts';

describe.skipIf(!browserProgram)('the console', () => {
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    await buildPages();
    server = await startServer({ LOGIN_PER_MINUTE: '1000', CHECK_SHARE: '1' });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function open(role: 'operator' | 'admin', path: string) {
    const { context, page, complaints } = await visit(browser, { url: server.url });
    await signIn(page, demoLogin(role));
    await page.goto(path);
    return { page, complaints, leave: () => context.close() };
  }

  /** Some reads through the cache, made by a program. */
  async function readSome(times: number): Promise<void> {
    const larder = createLarderClient({ url: server.url });
    const { id } = await larder.login(demoLogin('member'));
    for (let i = 0; i < times; i++) await larder.api.users.byId.query({ id });
  }

  const hitsShown = async (page: Page) => {
    const text = await page.getByTestId('hit-ratio').innerText();
    return Number(/([\d,]+) hits of/.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN);
  };

  test('shows an operator the numbers live, with hits and reads, without reloading', async () => {
    const { page, complaints, leave } = await open('operator', '/console');
    await page.getByText('Live', { exact: true }).waitFor();
    const before = await hitsShown(page);
    await readSome(25);
    await expect.poll(() => hitsShown(page), { timeout: 8000 }).toBeGreaterThanOrEqual(before + 24);
    await page.getByTestId('namespace-user').waitFor();
    expect(complaints).toEqual([]);
    await leave();
  });

  test('tells how many reads were compared with the database, and how many were wrong', async () => {
    const { page, leave } = await open('operator', '/console');
    await readSome(5);
    const told = () => page.getByTestId('checks').innerText();
    await expect
      .poll(told, { timeout: 8000 })
      .toMatch(/^Compared with the database: [\d,]+ reads, 0 wrong per million$/);
    await leave();
  });

  test('tells an operator what the last warm-up did, and tells of a new one without reloading', async () => {
    const larder = createLarderClient({ url: server.url });
    await larder.login(demoLogin('operator'));
    const { page, leave } = await open('operator', '/console');
    const line = page.getByTestId('warm-up');
    await line.waitFor();
    const before = await line.innerText();
    // It is refused while Redis does not answer, as on a machine that has much to do.
    const warm = () => larder.api.monitoring.cacheWarm.mutate();
    const { entries } = await vi.waitFor(warm, { timeout: 10_000, interval: 500 });
    // The one at the start may only just have ended.
    const told = `${entries.toLocaleString('en-US')} entries`;
    const isTold = (text: string) => text !== before && text.includes(told);
    await expect.poll(async () => isTold(await line.innerText()), { timeout: 8000 }).toBe(true);
    expect(await line.innerText()).toMatch(/^Last warm-up: .+, [\d,]+ entries in [\d.,]+ m?s$/);
    await leave();
  });

  test('stands still while paused, says so, and goes on', async () => {
    const { page, leave } = await open('operator', '/console');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    const before = await hitsShown(page);
    await readSome(10);
    await page.waitForTimeout(2500);
    expect(await hitsShown(page)).toBe(before);
    await page.getByRole('button', { name: 'Go on' }).click();
    await expect.poll(() => hitsShown(page), { timeout: 8000 }).toBeGreaterThan(before);
    await leave();
  });

  test('keeps the numbers coming by asking where the stream cannot pass', async () => {
    const { context, page } = await visit(browser, { url: server.url });
    await page.route('**/api/trpc/monitoring.stream*', (route) => route.abort());
    await signIn(page, demoLogin('operator'));
    await page.goto('/console');
    await page.getByText('Asking every second').waitFor();
    const before = await hitsShown(page);
    await readSome(10);
    await expect.poll(() => hitsShown(page), { timeout: 8000 }).toBeGreaterThan(before);
    await context.close();
  });

  test('sorts namespaces by the column in the address', async () => {
    await readSome(3);
    const { page, leave } = await open('operator', '/console');
    await page.getByRole('button', { name: 'Hits' }).click();
    await page.waitForURL(/sort=hits/);
    await page.reload();
    expect(await page.getByRole('columnheader', { name: 'Hits' }).getAttribute('aria-sort')).toBe(
      'descending',
    );
    await leave();
  });

  test('lets an operator look at what a clear would take, and leaves clearing to admins', async () => {
    await readSome(1);
    const { page, leave } = await open('operator', '/console/clear?pattern=user:*');
    await page.getByTestId('preview-matched').waitFor();
    await page.getByText('Clearing is for admins').waitFor();
    expect(await page.getByRole('button', { name: /^Delete/ }).count()).toBe(0);
    await leave();
  });

  test('clears what a pattern matches after a look and a question, and tells the true count', async () => {
    await readSome(1);
    const { page, complaints, leave } = await open('admin', '/console/clear');
    await page.getByLabel('Pattern').fill('user:*');
    await page.getByRole('button', { name: 'Show what matches' }).click();
    await page.waitForURL(/pattern=user/);
    const promised = Number(/\d+/.exec(await page.getByTestId('preview-matched').innerText())?.[0]);
    await page.getByRole('button', { name: /^Delete [\d,]+ entr/ }).click();
    const dialog = page.getByRole('dialog');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Cancel');
    await dialog.getByRole('button', { name: /^Delete/ }).click();
    const said = await page.getByTestId('cleared').innerText();
    const deleted = Number(/Deleted (\d+) entr/.exec(said)?.[1]);
    expect(deleted).toBeGreaterThan(0);
    expect(deleted).toBe(promised);
    await page.getByRole('button', { name: 'Show what matches' }).click();
    await expect
      .poll(async () =>
        (await page.getByTestId('preview-matched').or(page.locator('.empty')).first().innerText()).replace(
          /\s+/g,
          ' ',
        ),
      )
      .toMatch(/^Entries [0-9] |No entry matches/);
    expect(complaints).toEqual([]);
    await leave();
  });

  test('asks for a typed word before everything is cleared, and Escape takes it back', async () => {
    const { page, leave } = await open('admin', '/console/clear');
    await page.getByRole('button', { name: 'Everything' }).click();
    await page.getByRole('button', { name: /^Delete [\d,]+ entr/ }).click();
    const dialog = page.getByRole('dialog');
    const confirm = dialog.getByRole('button', { name: /^Delete/ });
    expect(await confirm.isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: /^Delete [\d,]+ entr/ }).click();
    await dialog.getByLabel('Type “everything” to go on').fill('everything');
    await confirm.click();
    await page
      .getByTestId('cleared')
      .getByText(/^Cleared the cache/)
      .waitFor();
    await leave();
  });

  test('says what is wrong with a pattern', async () => {
    const { page, leave } = await open('admin', '/console/clear?pattern=user:[');
    await page
      .getByRole('alert')
      .getByText(/expected a \] for each \[/)
      .waitFor();
    await leave();
  });
});
