/** Getting in: the sign-in page in a real browser against a running server with a low limit. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserProgram, buildPages, launchBrowser, visit } from './support/browser.ts';
import { demoLogin, type RunningServer, startServer } from './support/server.ts';

const TRIES_A_MINUTE = 5;

describe.skipIf(!browserProgram)('the sign-in page', () => {
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    await buildPages();
    server = await startServer({ LOGIN_PER_MINUTE: String(TRIES_A_MINUTE) });
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('comes after signing in to the page that was asked for, and nowhere else', async () => {
    const { context, page } = await visit(browser, { url: server.url });
    await page.goto('/jobs?status=failed');
    await page.getByRole('button', { name: 'Member' }).click();
    await page.waitForURL(/\/jobs\?status=failed/);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await page.goto('/sign-in?next=//example.org/');
    await page.getByRole('button', { name: 'Member' }).click();
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    expect(new URL(page.url()).origin).toBe(server.url);
    await context.close();
  });

  test('signs in and works with the keyboard alone', async () => {
    const { context, page } = await visit(browser, { url: server.url });
    const receipts: (string | undefined)[] = [];
    page.on('request', (request) => receipts.push(request.headers()['x-larder-wrote']));
    await page.getByLabel('E-mail').focus();
    await page.keyboard.type(demoLogin('member').email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(demoLogin('member').password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    expect(receipts, 'the page presents the receipt of its own write').toContainEqual(
      expect.stringMatching(/^\d{13}-0$/),
    );
    await page.keyboard.press('Tab');
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await context.close();
  });

  // The last test: the limit counts for this address, so nobody signs in after it for a minute.
  test('reads that the password is wrong, and after too many tries how many seconds to wait', async () => {
    const { context, page } = await visit(browser, { url: server.url });
    await page.getByLabel('E-mail').fill('mistaken@example.org');
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    const button = page.getByRole('button', { name: 'Sign in' });
    await button.click();
    await page.getByRole('alert').getByText('E-mail address or password is wrong').waitFor();
    for (let tries = 1; tries <= TRIES_A_MINUTE; tries++) {
      await expect.poll(() => button.isEnabled()).toBe(true);
      await button.click();
    }
    await page
      .getByRole('alert')
      .getByText(/Try again in \d+ seconds/)
      .waitFor();
    expect(await page.getByRole('button', { name: /^Wait \d+ s$/ }).isDisabled()).toBe(true);
    await context.close();
  });
});
