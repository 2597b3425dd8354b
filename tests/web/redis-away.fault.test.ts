/** What the pages show while Redis does not answer: they go on, and the console says why it is slower. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedis } from '../support/services.ts';
import { browserProgram, buildPages, launchBrowser, signIn, visit } from './support/browser.ts';
import { demoLogin, type RunningServer, startServer } from './support/server.ts';

const BANNER = /reads go to the database and stay right/;

describe.skipIf(!browserProgram)('while Redis does not answer', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    await buildPages();
    redis = await startRedis();
    server = await startServer({ REDIS_URL: redis.url, LOGIN_PER_MINUTE: '1000' });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await redis?.stop();
  });

  test('the console says so, holds clearing and looking at keys back, and goes on when Redis is back; members notice nothing', async () => {
    const { context, page, complaints } = await visit(browser, { url: server.url });
    await signIn(page, demoLogin('admin'));
    await page.goto('/console/clear?pattern=user:*');
    await page.getByRole('button', { name: /^Delete [\d,]+ entr/ }).waitFor();
    redis.freeze();
    await page.getByText(BANNER).waitFor();
    await page.getByText(/Nothing can be cleared just now/).waitFor();
    await page.getByRole('link', { name: 'Keys' }).click();
    await page.getByText(/Keys cannot be seen just now/).waitFor();
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByText('Nothing was done by hand yet').waitFor();
    await page.getByRole('link', { name: 'Jobs' }).click();
    await page.getByText('No jobs yet').waitFor();
    redis.thaw();
    await page.getByRole('link', { name: 'Console' }).click();
    await page.getByTestId('hit-ratio').waitFor();
    await expect.poll(() => page.getByText(BANNER).count(), { timeout: 20_000 }).toBe(0);
    await page.getByRole('link', { name: 'Keys' }).click();
    await page.getByRole('columnheader', { name: 'Key' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
