/** Looking into the cache and into the audit, in a real browser against a running server. */
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLarderClient, type LarderClient } from '../../client/index.ts';
import { type Cache, createCache } from '../../server/cache/index.ts';
import { freshPrefix, redisUrl } from '../support/services.ts';
import { type AuditTable, FORMULA, openAudit } from './support/acts.ts';
import { browserProgram, buildPages, launchBrowser, signIn, visit } from './support/browser.ts';
import { demoLogin, type RunningServer, startServer } from './support/server.ts';

const MANY = 260;

describe.skipIf(!browserProgram)('the console', () => {
  let server: RunningServer;
  let browser: Browser;
  let cache: Cache;
  /** Signed in once for all tests. */
  const visitors = {} as Record<'operator' | 'admin', Awaited<ReturnType<typeof visit>>>;
  let page: Page;

  beforeAll(async () => {
    await buildPages();
    const prefix = freshPrefix();
    [server, browser] = await Promise.all([
      startServer({ LOGIN_PER_MINUTE: '1000', CACHE_PREFIX: prefix }),
      launchBrowser(),
    ]);
    cache = createCache({ redis: { url: redisUrl() }, prefix });
    for (const role of ['operator', 'admin'] as const) {
      const visitor = await visit(browser, { url: server.url });
      await visitor.context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await signIn(visitor.page, demoLogin(role));
      visitors[role] = visitor;
    }
  });

  afterAll(async () => {
    await browser?.close();
    await cache?.close();
    await server?.stop();
  });

  afterEach(async () => {
    await page.unrouteAll();
    expect([...visitors.operator.complaints, ...visitors.admin.complaints]).toEqual([]);
  });

  async function open(role: 'operator' | 'admin', path: string): Promise<void> {
    page = visitors[role].page;
    await page.goto(path);
  }

  /** Lets the calls of a procedure fail; answers how to end that. */
  async function breakCalls(procedure: string): Promise<() => void> {
    let isBroken = true;
    await page.route(`**/api/trpc/*${procedure}*`, (route) => {
      const calls = new URL(route.request().url()).pathname.split(',');
      const answer = { status: 400, json: calls.map(() => ({ error: { json: REFUSAL } })) };
      return isBroken ? route.fulfill(answer) : route.continue();
    });
    return () => {
      isBroken = false;
    };
  }

  describe('at its keys', () => {
    beforeEach(async () => {
      await cache.clear();
      const person = {
        id: 1,
        email: 'ann@example.org',
        note: '<b>call +49 151 2345678</b>',
        born: new Date(0),
      };
      await cache.set('thing:1', person, 600, { tags: ['people'] });
      await cache.set('thing:10', 'ten', 600);
      await cache.set('person:email:ann@example.org', person, 600);
    });

    const panel = () => page.getByRole('region', { name: 'Entry' });
    const table = () => page.getByRole('table');

    test('shows the keys that a pattern of the address matches, with namespace, time left and size', async () => {
      await open('operator', '/console/keys?pattern=thing:*');
      await page.getByTestId('scanned').getByText('2 keys; all were looked at').waitFor();
      const line = table().getByRole('row', { name: /^thing:10 / });
      expect(await line.innerText()).toMatch(/thing:10\s+thing\s+(9|10) min( \d+ s)?\s+\d+ B/);
      await page.getByLabel('Pattern').fill('person:*');
      await page.getByRole('button', { name: 'Show keys' }).click();
      await page.waitForURL(/pattern=person/);
      await page.getByTestId('scanned').getByText('1 key; all were looked at').waitFor();
      await page.getByRole('button', { name: 'Everything' }).click();
      await page.waitForURL(/pattern=\*|pattern=%2A/);
      await table().getByRole('link', { name: 'thing:10' }).waitFor();
      await table().getByRole('link', { name: 'person:email:[hidden]' }).waitFor();
    });

    test('goes on where Redis stopped, telling how many keys were looked at, until it has shown all', async () => {
      await cache.setMany(Array.from({ length: MANY }, (_, i) => ({ key: `many:${i}`, value: i, ttl: 600 })));
      await open('operator', '/console/keys?pattern=many:*');
      const told = page.getByTestId('scanned');
      await told.getByText(/^\d+ keys so far; about [\d,]+ of [\d,]+ looked at$/).waitFor();
      const rows = () => table().getByRole('row').count();
      const first = await rows();
      expect(first).toBeGreaterThan(100);
      expect(first).toBeLessThan(260);
      const more = page.getByRole('button', { name: 'Load more' });
      while (await more.isVisible()) {
        const before = await told.innerText();
        await more.click();
        await expect.poll(() => told.innerText()).not.toBe(before);
      }
      expect(await told.innerText()).toBe(`${MANY} keys; all were looked at`);
      expect(await rows()).toBe(MANY + 1);
    });

    test('opens the entry of a key at an address of its own, with what is personal in it hidden', async () => {
      await open('operator', '/console/keys?pattern=thing:*');
      await page.getByRole('link', { name: 'thing:1', exact: true }).click();
      await page.waitForURL(/key=thing/);
      await page.getByTestId('value').waitFor();
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Entry');
      await page.reload();
      const value = await page.getByTestId('value').innerText();
      expect(JSON.parse(value)).toEqual({
        id: 1,
        email: '[email]',
        note: '<b>call [phone]</b>',
        born: '1970-01-01T00:00:00.000Z',
      });
      const said = (await panel().innerText()).replace(/\s+/g, ' ');
      expect(said).toContain('Fresh');
      expect(said).toMatch(/Time left (9|10) min/);
      expect(said).toMatch(/Age \d+ s/);
      expect(said).toContain('Tags people');
      expect(await page.content()).not.toMatch(/ann@example|2345678/);
    });

    test('closes an entry with the focus back on its key, and copies the key', async () => {
      await open('operator', '/console/keys?pattern=thing:*');
      await page.getByRole('link', { name: 'thing:10' }).click();
      await panel().getByRole('button', { name: 'Copy key' }).click();
      await panel().getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe('thing:10');
      await panel().getByRole('button', { name: 'Close' }).click();
      await panel().waitFor({ state: 'hidden' });
      expect(await page.evaluate('document.activeElement.textContent')).toBe('thing:10');
      expect(page.url()).not.toContain('key=');
    });

    test('marks an entry as stale, shows that it is, and says where that was written down', async () => {
      await cache.getOrSet('thing:soft', 600, async () => 'old', { staleWhileRevalidateS: 600, jitter: 0 });
      await open('operator', '/console/keys?key=thing:soft');
      await panel().getByText('Fresh', { exact: true }).waitFor();
      await panel().getByRole('button', { name: 'Mark as stale' }).click();
      await panel().getByText('Stale', { exact: true }).first().waitFor();
      await panel().getByText('Marked as stale').waitFor();
      const number = /as number (\d+)/.exec(await panel().innerText())?.[1];
      await panel().getByRole('link', { name: 'audit' }).click();
      await page.getByTestId(`act-${number}`).getByText('{"keys":["thing:soft"]').waitFor();
      expect(await cache.get('thing:soft')).toBe('old');
    });

    test('says that an entry which was chosen is gone, and finds it once it is back', async () => {
      await open('operator', '/console/keys?pattern=thing:*&key=thing:9');
      await panel().getByText('This entry is gone').waitFor();
      await cache.set('thing:9', 'back', 600);
      await panel().getByRole('button', { name: 'Look again' }).click();
      expect(await page.getByTestId('value').innerText()).toBe('"back"');
    });

    test('leads an admin, and nobody else, to the Clear page with the key alone as its pattern', async () => {
      await open('operator', '/console/keys?key=thing:1');
      await panel().getByRole('button', { name: 'Mark as stale' }).waitFor();
      expect(await panel().getByRole('link', { name: /Clear/ }).count()).toBe(0);
      await open('admin', '/console/keys?key=thing:1');
      await panel().getByRole('link', { name: 'Clear…' }).click();
      await page.waitForURL(/\/console\/clear\?pattern=thing:1$|pattern=thing%3A1$/);
      expect(await page.getByTestId('preview-matched').innerText()).toMatch(/^Entries\s+1\s/);
    });

    test('opens an entry whose key names a person without telling the name, and stars it for the Clear page', async () => {
      await open('admin', '/console/keys?pattern=person:*');
      await page.getByRole('link', { name: 'person:email:[hidden]' }).click();
      await page.getByTestId('value').waitFor();
      await panel().getByRole('button', { name: 'Copy reference' }).waitFor();
      expect(decodeURIComponent(page.url())).toMatch(/key=sealed\./);
      expect(await page.content()).not.toContain('ann@');
      await panel().getByRole('link', { name: 'Clear person:email:*…' }).click();
      expect(await page.getByTestId('preview-matched').innerText()).toMatch(/^Entries\s+1\s/);
    });

    test('says when nothing matches, when a pattern is none, and when the keys could not be asked for', async () => {
      await open('operator', '/console/keys?pattern=nothing:*');
      await page.getByText('No key matches nothing:*').waitFor();
      await page.getByRole('link', { name: 'Show everything' }).click();
      await table().getByRole('link', { name: 'thing:10' }).waitFor();
      await page.goto('/console/keys?pattern=user:[');
      await page
        .getByRole('alert')
        .getByText(/expected a \] for each \[/)
        .waitFor();
      const mend = await breakCalls('monitoring.cacheKeys');
      await page.goto('/console/keys?pattern=thing:*');
      const failure = page.getByRole('alert');
      await failure.waitFor();
      mend();
      await failure.getByRole('button', { name: 'Try again' }).click();
      await table().getByRole('link', { name: 'thing:10' }).waitFor();
    });
  });

  describe('at its audit', () => {
    let audit: AuditTable;
    let adminId: number;
    let operatorId: number;
    let admin: LarderClient;
    let operator: LarderClient;

    beforeAll(async () => {
      audit = await openAudit(server.databaseUrl);
      admin = createLarderClient({ url: server.url });
      operator = createLarderClient({ url: server.url });
      ({ id: adminId } = await admin.login(demoLogin('admin')));
      ({ id: operatorId } = await operator.login(demoLogin('operator')));
    });

    afterAll(() => audit?.close());

    /** From the oldest: 60 acts, one that never ended by somebody who is gone, one that failed, one refused, one done. */
    beforeEach(async () => {
      await audit.refill(operatorId, 60);
      await operator.api.monitoring.cacheClear.mutate().catch(() => {});
      await cache.set('thing:1', 1, 600);
      const { token } = await admin.api.monitoring.cacheClearPreview.query({ pattern: 'thing:1' });
      await admin.api.monitoring.cacheClearPattern.mutate({ pattern: 'thing:1', previewToken: token });
    });

    const rows = () => page.getByRole('table').getByRole('row');
    /** The newest acts come first, below the header. */
    const act = async (place: number) =>
      (
        await rows()
          .nth(place + 1)
          .innerText()
      ).replace(/\s+/g, ' ');

    test('tells of each act when, who, how, what exactly, what came of it, how long it took, and its request', async () => {
      await open('operator', '/console/audit');
      await page.getByTestId('loaded').waitFor();
      await expect.poll(() => rows().count()).toBe(51);
      const cleared = await act(0);
      expect(cleared).toMatch(/^\d{1,2} \w+ \d{4}, \d\d:\d\d:\d\d (UTC|GMT|\w+)/);
      expect(cleared).toMatch(/ Ada Admin admin · (API|command line) /);
      expect(cleared).toMatch(/cacheClearPattern \{"pattern":"thing:1","previewToken":"sealed\./);
      expect(cleared).toMatch(/ Done 1 1 [\d.]+ m?s Copy the request id \w{8}$/);
      expect(await act(1)).toMatch(/cacheClear .*Refused Your role does not allow this – 0 0 ms Copy/);
      expect(await act(2)).toMatch(
        /cacheExpire \{"keys":\["a"\]\} Failed =HYPERLINK.* – 0 12 s Copy the request id @SUM/,
      );
      expect(await act(3)).toMatch(
        /account removed .*cacheClear \{\} Running – – – Copy the request id req-runn$/,
      );
      await page.getByTitle('req-running').click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe('req-running');
    });

    test('loads older acts until there are none', async () => {
      await open('operator', '/console/audit');
      await page.getByTestId('loaded').getByText('The newest 50 acts; there are older ones').waitFor();
      await page.getByRole('button', { name: 'Load older' }).click();
      await page.getByTestId('loaded').getByText('64 acts, newest first').waitFor();
      expect(await rows().count()).toBe(65);
      expect(await page.getByRole('button', { name: 'Load older' }).count()).toBe(0);
    });

    test('shows the acts of one action, result and person, by its address, and says when none fits', async () => {
      await open('operator', '/console/audit');
      await page.getByLabel('Result').selectOption('Failed');
      await page.waitForURL(/result=failed/);
      await expect.poll(() => rows().count()).toBe(2);
      expect(await act(0)).toContain('=HYPERLINK');
      await page.getByLabel('Action').selectOption('cacheClear');
      await page.getByText('No act fits: action cacheClear, result Failed').waitFor();
      await page.getByRole('link', { name: 'Show all acts' }).first().click();
      await expect.poll(() => rows().count()).toBe(51);
      await page.goto(`/console/audit?person=${adminId}&action=cacheClearPattern`);
      await expect.poll(() => rows().count()).toBe(2);
      await page.getByRole('link', { name: 'Show all acts' }).click();
      await page.getByLabel('Person').selectOption('account 999999');
      await page.waitForURL(/person=999999/);
      await expect.poll(() => rows().count()).toBe(2);
      expect(await act(0)).toContain('account removed');
    });

    test('hands out what is loaded as CSV, in which a spreadsheet finds nothing to run', async () => {
      await open('operator', '/console/audit');
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download 50 rows as CSV' }).click(),
      ]);
      expect(file.suggestedFilename()).toMatch(/^larder-audit-\d{4}-\d\d-\d\d\.csv$/);
      const csv = await readFile(await file.path(), 'utf8');
      const records: Record<string, string>[] = parse(csv, { columns: true, bom: true });
      expect(records).toHaveLength(50);
      expect(records[0]).toMatchObject({
        role: 'admin',
        action: 'cacheClearPattern',
        input: expect.stringContaining('{"pattern":"thing:1"'),
        preview_count: '1',
        count: '1',
        result: 'ok',
        at: expect.stringMatching(/^\d{4}-.*Z$/),
      });
      expect(records[2]).toMatchObject({ message: `'${FORMULA}`, request_id: "'@SUM(A1)" });
      expect(records[3]).toMatchObject({ who: 'account removed', result: 'running', count: '' });
      expect(
        Object.values(records)
          .flatMap((each) => Object.values(each))
          .filter((cell) => /^[=+\-@]/.test(cell)),
      ).toEqual([]);
    });

    test('says when it could not be read, and reads it on request', async () => {
      await open('operator', '/console');
      const mend = await breakCalls('monitoring.auditLog');
      await page.getByRole('link', { name: 'Audit' }).click();
      await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
      await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
      mend();
      await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
      await expect.poll(() => rows().count()).toBe(51);
    });

    test('says that nothing was done yet while nothing was', async () => {
      await audit.empty();
      await open('operator', '/console/audit');
      await page.getByText('Nothing was done by hand yet').waitFor();
      expect(await page.getByRole('button', { name: 'Download CSV' }).isDisabled()).toBe(true);
    });
  });
});

const REFUSAL = { message: 'Not now', code: -32600, data: { code: 'BAD_REQUEST', httpStatus: 400 } };
