import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { htmlReport } from '../../../src/html/report-file.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { openReport } from '../../../src/report/open-report.ts';
import { type ListeningDashboard, listen } from '../../../src/serve/listen.ts';
import { CHROMIUM } from '../../support/chromium.ts';
import { auditedFleet, dashboardOver } from '../../support/dashboard.ts';
import { newFolder } from '../../support/new-folder.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let db: Database;
let server: ListeningDashboard;
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  db = await openDatabase({ dataDir: ':memory:' });
  await auditedFleet(db);
  server = await listen(await dashboardOver(db));
  browser = await chromium.launch(CHROMIUM);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await db?.close();
});
beforeEach(async () => {
  complaints = [];
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  watch(page);
});
afterEach(async () => {
  const harmed = await page.evaluate(() => 'harmed' in globalThis);
  await page.close();
  expect(complaints).toEqual([]);
  expect(harmed).toBe(false);
});

/** Whatever the browser complains of, a broken policy among it, is a fault of the page. */
function watch(watched: Page): void {
  watched.on('console', (line) => ['error', 'warning'].includes(line.type()) && complaints.push(line.text()));
  watched.on('pageerror', (error) => complaints.push(error.message));
}

/** Violations of WCAG that axe-core finds and takes for serious or critical. */
async function seriousViolations(): Promise<readonly string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
      };
    };
    // Whatever else it finds is looked at by nobody, and takes most of its time.
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map(({ html }) => html)
            .join(' | ')}`,
      );
  });
}

const overflow = () =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** Addresses of every kind of page, those of the hostile image among them. */
async function addresses(): Promise<readonly string[]> {
  const rowsOf = async (query: string): Promise<Record<string, string>[]> =>
    ((await (await fetch(`${server.url}/api/v1/reports/${query}`)).json()) as { rows: Record<string, string>[] }).rows;
  const [hostile] = await rowsOf('images?repository=hostile/app');
  const base = new URLSearchParams({ name: hostile?.base_image ?? '' });
  return [
    '/',
    '/compare?old=payments/app-0:v0&new=payments/app-0:v9',
    '/compare?old=hostile/app:1.0&new=payments/app-0:v9',
    '/teams/payments',
    `/teams/${encodeURIComponent(hostile?.team ?? '')}`,
    '/repository?name=payments/app-0',
    '/repository?name=hostile/app',
    `/base?${base}`,
    `/images/${encodeURIComponent(hostile?.digest ?? '')}`,
    '/images?q=%3Cscript%3E&team=%22%3E%3Cimg&sort=-tag',
    '/audits/1',
    '/teams/nobody',
    '/leaderboard',
    '/leaderboard?by=repository&metric=growth&since=30d',
    '/leaderboard?by=base&metric=median',
    '/errors?q=nothing',
    ...Object.keys(KINDS).map((name) => `/${name}`),
  ];
}

test.each([
  { width: 1440, colorScheme: 'light' as const },
  { width: 390, colorScheme: 'dark' as const },
])('at $width px, $colorScheme, every page fits and is accessible', async ({ width, colorScheme }) => {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  const faults: string[] = [];
  for (const path of await addresses()) {
    await page.goto(`${server.url}${path}`);
    if ((await page.locator('h1').count()) !== 1) faults.push(`${path}: no title`);
    if ((await overflow()) !== 0) faults.push(`${path}: wider than the screen`);
    if (await page.evaluate(() => 'harmed' in globalThis)) faults.push(`${path}: ran what a registry brought`);
    faults.push(...(await seriousViolations()).map((violation) => `${path}: ${violation}`));
  }
  // A page that is not there is answered as such, which the browser tells too.
  complaints = complaints.filter((line) => !line.includes('status of 404'));
  expect(faults).toEqual([]);
});

test('a long name widens the table in its frame, never the page', async () => {
  await page.setViewportSize({ width: 390, height: 900 });
  await page.goto(`${server.url}/leaderboard`);
  await page.locator('td a', { hasText: 'payments' }).evaluate((name) => {
    name.textContent = 'x'.repeat(60);
  });
  expect(await overflow()).toBe(0);
});

test('a long name breaks in its figure, which would hide its end', async () => {
  await page.setViewportSize({ width: 390, height: 900 });
  await page.goto(`${server.url}/repository?name=payments/app-0`);
  const note = page.locator('.figures .note a');
  await note.evaluate((name) => {
    name.textContent = 'x'.repeat(255);
  });
  const [frame, text] = [await page.locator('.figures').boundingBox(), await note.boundingBox()];
  expect((text?.x ?? 0) + (text?.width ?? 0)).toBeLessThan((frame?.x ?? 0) + (frame?.width ?? 0));
});

test('a table is sorted, filtered and paged by the server', async () => {
  await page.goto(`${server.url}/images?limit=5`);
  const sorted = (direction: string) => page.locator(`th[aria-sort="${direction}"]`).textContent();
  expect(await sorted('descending')).toBe('Pull size');
  await page.getByRole('link', { name: 'Pull size' }).click();
  await expect.poll(() => sorted('ascending')).toBe('Pull size');
  await page.getByRole('link', { name: 'Pull size' }).click();
  await expect.poll(() => sorted('descending')).toBe('Pull size');
  const sizes = await page
    .locator('td[data-value]')
    .evaluateAll((cells) =>
      cells
        .filter((cell) => (cell as { cellIndex?: number }).cellIndex === 4)
        .map((cell) => Number(cell.getAttribute('data-value'))),
    );
  expect(sizes).toHaveLength(5);
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  await page.getByRole('link', { name: 'Next' }).click();
  await page.getByRole('link', { name: 'Back' }).waitFor();
  await page.getByText('Filters', { exact: true }).click();
  await page.getByLabel('Team').fill('search');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.waitForURL(/team=search/);
  const teams = await page.locator('tbody tr td:nth-child(4)').allTextContents();
  expect(new Set(teams)).toEqual(new Set(['search']));
});

test('links lead from the overview to an image and back', async () => {
  await page.goto(server.url);
  await page.getByRole('link', { name: 'payments', exact: true }).first().click();
  await page.waitForURL(/\/teams\/payments/);
  await page.getByRole('link', { name: 'v9' }).first().click();
  await page.waitForURL(/\/images\/sha256/);
  expect(await page.locator('h1').textContent()).toBe('payments/app-0:v9');
  expect(await page.locator('rect.layer').count()).toBeGreaterThanOrEqual(3);
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.waitForURL(`${server.url}/`);
});

test('the map links to an image, and sections of a page link to their full report', async () => {
  await page.goto(server.url);
  await page.locator('.treemap a[href^="/images/"]').first().click();
  await page.waitForURL(/\/images\/sha256/);
  await page.goto(`${server.url}/repository?name=payments/app-0`);
  await page.getByRole('link', { name: 'Show all: Findings' }).click();
  await page.waitForURL(/\/findings\?repository=payments/);
  expect(new Set(await page.locator('tbody tr td:nth-child(3)').allTextContents())).toEqual(
    new Set(['payments/app-0']),
  );
});

test('the leaderboard ranks by the chosen metric, and its names are links', async () => {
  await page.goto(`${server.url}/leaderboard`);
  await page.getByRole('combobox', { name: 'Rank' }).selectOption('Repositories');
  await page.getByRole('combobox', { name: 'By' }).selectOption('Growth');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.waitForURL(/by=repository&metric=growth/);
  expect(await page.locator('tbody tr:first-child td').first().textContent()).toBe('1');
  await page.getByRole('link', { name: /payments\/app-0$/ }).click();
  await page.waitForURL(/\/repository\?registry=/);
  expect(await page.locator('h1').textContent()).toBe('payments/app-0');
});

test('the overview says what to do next, and links to it', async () => {
  await page.goto(server.url);
  const next = page.locator('section', { has: page.getByRole('heading', { name: 'What to do next' }) });
  expect((await next.boundingBox())?.y).toBeLessThan(400);
  await next.getByRole('link', { name: 'payments/app-0', exact: true }).click();
  await page.waitForURL(/\/repository\?/);
  expect(await page.locator('h1').textContent()).toBe('payments/app-0');
});

test('no text on the overview is cut off, except in small places of the map', async () => {
  await page.goto(server.url);
  const cut = await page
    .locator('th, dt, dd, td.n, .legend li, figcaption')
    .evaluateAll((elements) =>
      (elements as unknown as { scrollWidth: number; clientWidth: number; textContent: string }[])
        .filter(({ scrollWidth, clientWidth }) => clientWidth > 1 && scrollWidth > clientWidth + 1)
        .map(({ textContent }) => textContent),
    );
  expect(cut).toEqual([]);
});

test('the focus on a place of the map can be seen, though the map cuts off what is outside of it', async () => {
  await page.goto(server.url);
  const stroke = () => page.evaluate('getComputedStyle(document.querySelector(".treemap a .leaf")).strokeWidth');
  const isFocused = () => page.evaluate('document.querySelector(".treemap a:has(.leaf)").matches(":focus-visible")');
  const before = await stroke();
  await page.locator('.treemap a').first().focus();
  while (!(await isFocused())) await page.keyboard.press('Tab');
  expect(await stroke()).not.toBe(before);
});

test('figures beside bars have the room that they need', async () => {
  await page.setViewportSize({ width: 390, height: 900 });
  await page.goto(server.url);
  const cut = await page.evaluate(`(() => {
    const cell = document.querySelector('.bars td.n');
    cell.textContent = '1,234,567 · 61 %';
    return cell.scrollWidth - cell.clientWidth;
  })()`);
  expect(cut).toBe(0);
  expect(await overflow()).toBe(0);
});

test('a link beside a note, as of a base with several names, is told from it by more than its colour', async () => {
  await page.goto(server.url);
  const line = 'getComputedStyle(document.querySelector(".bars a")).textDecorationLine';
  expect(await page.evaluate(line)).toBe('underline');
});

test('on a wide screen the header is in line with the content', async () => {
  await page.setViewportSize({ width: 1920, height: 900 });
  await page.goto(server.url);
  const left = async (selector: string) => (await page.locator(selector).boundingBox())?.x;
  expect(await left('.brand')).toBe(await left('h1'));
});

test('the keyboard reaches the content in one step, and a narrow screen shows the current page', async () => {
  await page.goto(`${server.url}/audits`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate<string>('document.activeElement.id')).toBe('content');
  await page.setViewportSize({ width: 390, height: 900 });
  await page.reload();
  const place = await page.locator('nav [aria-current]').boundingBox();
  expect(place?.x).toBeGreaterThanOrEqual(0);
  expect((place?.x ?? 0) + (place?.width ?? 0)).toBeLessThanOrEqual(390);
});

test('a filtered table is downloaded as CSV', async () => {
  await page.goto(`${server.url}/images?team=search`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('slimboard-images.csv');
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.slice(1).every((line) => line.includes(',search,'))).toBe(true);
});

test('without scripts there is no button that does nothing', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  await plain.goto(server.url);
  expect(await plain.locator('#theme').isVisible()).toBe(false);
  await context.close();
});

test('the chosen theme is remembered', async () => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(server.url);
  const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  const light = await background();
  await page.getByRole('button', { name: 'Switch between light and dark' }).click();
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.reload();
  expect(await background()).toBe(dark);
});

describe('a dashboard before the first audit, with a token', () => {
  const token = 'only those who know this may look';
  let empty: Database;
  let closed: ListeningDashboard;
  beforeAll(async () => {
    empty = await openDatabase({ dataDir: ':memory:' });
    await migrate(empty);
    closed = await listen(await dashboardOver(empty, { token }));
  });
  afterAll(async () => {
    await closed?.close();
    await empty?.close();
  });

  test.each([1440, 390])('at %i px it asks for the token, then says how to begin', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${closed.url}/teams`);
    expect(await page.getByRole('navigation').count()).toBe(0);
    expect(await seriousViolations()).toEqual([]);
    await page.getByLabel(/^Token/).fill('a guess that is wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('Wrong token');
    await page.getByLabel(/^Token/).fill(token);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.goto(closed.url);
    expect(await page.getByRole('heading', { name: 'No audit has finished yet' }).isVisible()).toBe(true);
    const audits = page.getByRole('link', { name: 'audits', exact: true });
    expect(await audits.getAttribute('href')).toBe('/audits');
    expect(await overflow()).toBe(0);
    expect(await seriousViolations()).toEqual([]);
    for (const path of [...Object.keys(KINDS), 'leaderboard']) {
      await page.goto(`${closed.url}/${path}`);
      expect(await page.locator('.empty').count(), path).toBe(1);
    }
    // The browser tells of the answer to the guess.
    complaints = complaints.filter((line) => !line.includes('status of 401'));
  });
});

describe('the report as a file', () => {
  let file: string;
  beforeAll(async () => {
    const now = new Date('2026-11-24T02:00:00Z');
    const report = await openReport(db, KINDS.images, { now });
    const text = await htmlReport(db, report, { now, prices: { storagePerGBMonth: 0.1, currency: 'USD' } });
    file = join(await newFolder(), 'report.html');
    await writeFile(file, text);
  });

  test.each([1440, 390])('at %i px it loads nothing else, fits and is accessible', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`file:${file}`);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([`file://${file}`]);
    expect(await overflow()).toBe(0);
    expect(await seriousViolations()).toEqual([]);
  });

  test('its tables sort and filter without a server, also by keyboard', async () => {
    await page.goto(`file:${file}`);
    const images = page.getByRole('region', { name: 'Report: Images' });
    const head = images.getByRole('button', { name: 'Pull size' });
    const column = await head.evaluate(
      (button) => (button.closest('th') as { cellIndex?: number } | null)?.cellIndex ?? 0,
    );
    const sizes = async () =>
      (
        await images
          .locator(`tbody tr:visible td:nth-child(${column + 1})`)
          .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-value')))
      )
        .filter((value) => value !== '')
        .map(Number);
    await head.focus();
    await page.keyboard.press('Enter');
    expect(await sizes()).toEqual((await sizes()).toSorted((a, b) => b - a));
    await page.keyboard.press('Enter');
    expect(await sizes()).toEqual((await sizes()).toSorted((a, b) => a - b));
    await page.getByRole('searchbox', { name: 'Filter: Report: Images' }).fill('hostile/app');
    expect(await sizes()).toHaveLength(1);
  });

  test('it prints without controls, in the light theme, and nothing is cut off', async () => {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    // A4 across, less its margins.
    await page.setViewportSize({ width: 1_030, height: 700 });
    await page.goto(`file:${file}`);
    expect(await page.locator('.filter').first().isVisible()).toBe(false);
    expect(await page.locator('#theme').isVisible()).toBe(false);
    expect(await overflow()).toBe(0);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect((await page.locator('.brand').boundingBox())?.x).toBe((await page.locator('h1').boundingBox())?.x);
  });
});
