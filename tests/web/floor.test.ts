/** What holds on every page: readable by everybody, on a phone, in both colours, without breaching the policy, and small. */
import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createLarderClient } from '../../client/index.ts';
import {
  browserProgram,
  buildPages,
  launchBrowser,
  overflow,
  seriousBreaches,
  signIn,
  visit,
} from './support/browser.ts';
import { demoLogin, type RunningServer, startServer } from './support/server.ts';

const ASSETS = 'dist/web/assets';
const MEMBER_LIMIT_KB = 250;
const CONSOLE_LIMIT_KB = 280;

describe.skipIf(!browserProgram)('every page', () => {
  let server: RunningServer;
  let browser: Browser;
  let jobPath: string;
  let entryPath: string;

  beforeAll(async () => {
    await buildPages();
    server = await startServer({ LOGIN_PER_MINUTE: '1000' });
    browser = await launchBrowser();
    const larder = createLarderClient({ url: server.url });
    const { id } = await larder.login(demoLogin('admin'));
    await larder.api.users.byId.query({ id });
    entryPath = `/console/keys?pattern=user:*&key=user:${id}`;
    await larder.api.monitoring.cacheExpire.mutate({ keys: ['user:0'] });
    const job = await larder.upload({
      type: 'contacts',
      fileName: 'people.csv',
      content: await readFile('client/web/public/sample-contacts.csv', 'utf8'),
    });
    jobPath = `/jobs/${job.id}`;
    const isDone = async () => (await larder.api.jobs.byId.query({ id: job.id })).status === 'completed';
    await vi.waitUntil(isDone, { timeout: 30_000, interval: 200 });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Path, and what shows that the page is there. */
  const pages = (): [string, (page: Page) => Promise<unknown>][] => [
    ['/jobs', (page) => page.getByRole('link', { name: /people\.csv/ }).waitFor()],
    [jobPath, (page) => page.getByRole('region', { name: 'Rows' }).getByText('was Hopper, Grace').waitFor()],
    ['/jobs/999999', (page) => page.getByRole('heading', { name: 'There is no such job' }).waitFor()],
    ['/nowhere', (page) => page.getByRole('heading', { name: 'There is no such page' }).waitFor()],
    ['/console', (page) => page.getByTestId('hit-ratio').waitFor()],
    [entryPath, (page) => page.getByTestId('value').waitFor()],
    ['/console/clear?pattern=user:*', (page) => page.getByTestId('preview-matched').waitFor()],
    ['/console/audit', (page) => page.getByTestId('loaded').getByText('1 act').waitFor()],
  ];

  test.each([
    { theme: 'light', width: 1200 },
    { theme: 'dark', width: 1200 },
    { theme: 'light', width: 360 },
    { theme: 'dark', width: 360 },
  ] as const)(
    'is readable for everybody and no wider than its window: $theme, $width px',
    async ({ theme, width }) => {
      const { context, page, complaints } = await visit(browser, { url: server.url, theme, width });
      const found: string[] = [];
      const check = async (path: string) => {
        if ((await overflow(page)) > 0) found.push(`${path} is wider than ${width} px`);
        for (const breach of await seriousBreaches(page)) found.push(`${path}: ${breach}`);
      };
      for (const path of ['/sign-in', '/register']) {
        await page.goto(path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await check(path);
      }
      await signIn(page, demoLogin('admin'));
      for (const [path, isThere] of pages()) {
        await page.goto(path);
        await isThere(page);
        expect(await page.getByRole('heading', { level: 1 }).count(), path).toBe(1);
        await check(path);
      }
      expect(found).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  test('has its colours before its first paint, as the system or the person wants them', async () => {
    const { context, page } = await visit(browser, { url: server.url, theme: 'dark' });
    const schemeAtStart = () => page.evaluate('window.schemeAtStart');
    // The document is interactive before any of the pages' modules has run.
    const scheme = "document.documentElement.getAttribute('data-mantine-color-scheme')";
    await page.addInitScript({
      content: `document.addEventListener('readystatechange', () => { globalThis.schemeAtStart ??= String(${scheme}); });`,
    });
    await page.reload();
    expect(await schemeAtStart()).toBe('dark');
    await page.getByLabel('Light').check({ force: true });
    await page.reload();
    expect(await schemeAtStart()).toBe('light');
    await context.close();
  });

  test('says that the server is away, and comes back by itself', async () => {
    const { context, page } = await visit(browser, { url: server.url });
    await signIn(page, demoLogin('operator'));
    await page.goto('/console');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.goto('/jobs');
    await page.getByRole('link', { name: 'Console' }).waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await page.getByRole('link', { name: 'Console' }).click();
    await page
      .getByText('The server cannot be reached')
      .or(page.getByText(/Reconnecting/))
      .first()
      .waitFor();
    await page.unroute('**/api/**');
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 20_000 });
    await context.close();
  });

  test('is small: members load under 250 KB, the console under 280 KB, compressed', async () => {
    const names = await readdir(ASSETS);
    const sizes = new Map<string, number>();
    for (const name of names) sizes.set(name, gzipSync(await readFile(`${ASSETS}/${name}`)).length / 1024);
    const weight = (wanted: (name: string) => boolean) =>
      [...sizes].filter(([name]) => wanted(name)).reduce((sum, [, kb]) => sum + kb, 0);
    const all = weight(() => true);
    const first = weight((name) => name.startsWith('index-'));
    expect(first).toBeGreaterThan(10);
    expect(first).toBeLessThan(MEMBER_LIMIT_KB);
    expect(all).toBeLessThan(CONSOLE_LIMIT_KB);
  });
});
