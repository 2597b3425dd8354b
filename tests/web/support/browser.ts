/** A real browser on the really built pages. Without one on this machine the tests that need it are skipped. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { vi } from 'vitest';

const PROGRAMS = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** The browser's program, or undefined where there is none. */
export const browserProgram = PROGRAMS.find((path) => path && existsSync(path));

// A page is many round trips; on a busy machine each of them waits for its turn.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

if (!browserProgram)
  process.stderr.write('No chromium on this machine: the tests of the pages are skipped.\n');

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserProgram,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

const PAGES = 'client/web';
/** What the pages are built from beside their own folder. */
const SHARED = ['client/errors.ts', 'client/receipts.ts'];
const BUILT = 'dist/web/index.html';
const LOCK = 'dist/.pages-are-being-built';
const BUILD_LIMIT_MS = 60_000;

/**
 * Builds the pages unless that was done since their last change. Only one test file builds at a time, and none while a
 * server of another one serves what is there.
 */
export async function buildPages(): Promise<void> {
  const end = Date.now() + BUILD_LIMIT_MS;
  while (await isStale()) {
    if (await takeLock()) {
      await build({ configFile: `${PAGES}/vite.config.ts`, logLevel: 'error' }).finally(() => rmdir(LOCK));
    } else if (Date.now() > end) {
      throw new Error(`${LOCK} was not given free within ${BUILD_LIMIT_MS} ms: remove it if nothing builds`);
    } else {
      await sleep(200);
    }
  }
}

async function isStale(): Promise<boolean> {
  const built = await stat(BUILT).catch(() => null);
  if (!built) return true;
  const files = (await readdir(PAGES, { recursive: true })).map((file) => `${PAGES}/${file}`);
  const changes = await Promise.all([...files, ...SHARED].map(async (file) => (await stat(file)).mtimeMs));
  return Math.max(...changes) > built.mtimeMs;
}

async function takeLock(): Promise<boolean> {
  await mkdir('dist', { recursive: true });
  return mkdir(LOCK).then(
    () => true,
    () => false,
  );
}

/** How long one step on a page may take on a busy machine. */
const STEP_LIMIT_MS = 10_000;

interface Visitor {
  context: BrowserContext;
  page: Page;
  /** What the browser complained of: errors in scripts, breaches of the content security policy. */
  complaints: string[];
}

interface VisitOptions {
  url: string;
  width?: number;
  theme?: 'light' | 'dark';
}

/** Somebody with a browser of their own, on the site's first page. */
export async function visit(
  browser: Browser,
  { url, width = 1200, theme = 'light' }: VisitOptions,
): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height: 900 },
    colorScheme: theme,
    acceptDownloads: true,
    locale: 'en-GB',
  });
  context.setDefaultTimeout(STEP_LIMIT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/content security policy|refused to|hydrat|each child in a list/i.test(message.text())) {
      complaints.push(message.text());
    }
  });
  await page.goto('/');
  return { context, page, complaints };
}

/** Past the sign-in page, which has tests of its own. */
export async function signIn(page: Page, who: { email: string; password: string }): Promise<void> {
  const url = new URL('/api/trpc/auth.login', page.url()).href;
  const answer = await page.request.post(url, { data: { json: who } });
  if (!answer.ok()) throw new Error(`signing in answered ${answer.status()}: ${await answer.text()}`);
}

/** Serious and critical breaches of the accessibility rules on the page as it stands. */
export async function seriousBreaches(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      impact: string;
      nodes: { html: string; failureSummary?: string }[];
    }
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`).join(' | ')}`,
      );
  });
}

/** By how many pixels the page is wider than the window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - window.innerWidth') as Promise<number>;
}
