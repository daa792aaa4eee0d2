import { expect, test } from 'vitest';
import { dashboardLinks, noLinks } from '../../../src/html/links.ts';
import { nextSteps } from '../../../src/html/overview/next-steps.ts';
import type { Overview } from '../../../src/html/overview/read-overview.ts';
import type { Cells } from '../../../src/report/report.ts';

type Parts = Pick<Overview, 'audits' | 'totals' | 'rules' | 'growth' | 'steps' | 'teams'>;

const NOTHING: Parts = {
  audits: [],
  totals: { images: 5 } as Overview['totals'],
  rules: [],
  growth: [],
  steps: [],
  teams: { kind: 'leaderboard', audit: null, columns: [], rows: [] },
};
const STEP = {
  digest: 'sha256:a',
  registry: 'r.example.com',
  repository: 'web/<shop>',
  tag: '1.0',
  team: 'web',
  bytes: 900_000_000,
  technique: 'slim-base',
  base: 'node:22-slim',
  gainBytes: 400_000_000,
  afterMaxBytes: 500_000_000,
  basis: 'measured',
};
const lines = (parts: Partial<Parts>, links = noLinks): readonly string[] =>
  [...String(nextSteps({ ...NOTHING, ...parts } as Overview, links)).matchAll(/<li>(.*?)<\/li>/gs)].map(
    ([, line = '']) => line,
  );

test('a quiet night has nothing to do', () => {
  expect(String(nextSteps(NOTHING as Overview, noLinks))).toContain('Nothing needs attention.');
});

test('what could not be read comes first, be it a tag or a whole list of tags', () => {
  const failed = (...items: number[]) =>
    lines({ audits: items.map((items_failed) => ({ items_failed }) as Overview['audits'][number]) }, dashboardLinks);
  expect(failed(1)).toEqual(['<a href="/errors">1 item</a> could not be read: the figures are incomplete.']);
  expect(failed(2, 3)[0]).toContain('>5 items</a> could not be read');
});

test('a report that could not be written is told, too, but no figure lacks it', () => {
  const audits = [{ items_failed: 0, delivery_failed: true } as Overview['audits'][number]];
  expect(lines({ audits }, dashboardLinks)).toEqual([
    'A report or message of the newest audit could not be <a href="/errors">delivered</a>.',
  ]);
});

test('a registry without images is no good news, unless what could not be read explains it', () => {
  const totals = { images: 0 } as Overview['totals'];
  expect(lines({ totals })).toEqual([expect.stringContaining('No image was found')]);
  const audits = [{ items_failed: 2 } as Overview['audits'][number]];
  expect(lines({ totals, audits })).toEqual([expect.stringContaining('2 items could not be read')]);
});

test('of each sort the two worst are named; the sections of the page have all', () => {
  const names = ['a', 'b', 'c'];
  const rules = names.map((rule) => ({ severity: 'error', rule, images: 1, maxBytes: null }));
  const growth = names.map((name) => ({ repository: { name, change_bytes: 1 }, build: undefined }));
  const steps = names.map((repository) => ({ ...STEP, repository }));
  const beginnings = lines({ rules, growth, steps }).map((line) => line.replace(/<[^>]*>/g, '').slice(0, 9));
  expect(beginnings).toEqual(['error a i', 'error b i', 'a grew by', 'b grew by', 'a:1.0 (te', 'b:1.0 (te']);
});

test('the warning whose fix saves most is named with its sum', () => {
  const rules = [
    { severity: 'error', rule: 'large-file', images: 1, maxBytes: 9_000_000_000 },
    { severity: 'warn', rule: 'root-user', images: 90, maxBytes: null },
    { severity: 'warn', rule: 'npm-cache', images: 8, maxBytes: 1_000_000 },
    { severity: 'info', rule: 'build-tools', images: 7, maxBytes: 2_000_000 },
  ];
  expect(lines({ rules }, dashboardLinks)[1]).toBe(
    '<a href="/findings?q=build-tools">build-tools</a> in 7 images: Compilers and build tools are in the final image. Fixing it everywhere saves up to <b>2.0 MB</b>, added up image by image.',
  );
});

test('errors of the policy come first, warnings are for the list', () => {
  const rules = [
    { severity: 'error', rule: 'secret-in-env', images: 2, maxBytes: null },
    { severity: 'warn', rule: 'root-user', images: 90, maxBytes: null },
  ];
  const [first, ...others] = lines({ rules }, dashboardLinks);
  expect(first).toContain(
    '<a href="/findings?q=secret-in-env">secret-in-env</a> in 2 images: An environment variable of the image holds a secret',
  );
  expect(others).toEqual([]);
});

test('a repository that grew is listed with the build and the step that caused it', () => {
  const repository = { name: 'payments/api', registry: 'r.example.com', team: 'web', change_bytes: 304_000_000 };
  const build = {
    tag: 'v9',
    digest: 'sha256:b',
    previous_digest: 'sha256:a',
    change_bytes: 212_000_000,
    step: 7,
    instruction: 'RUN npm ci',
  };
  const [line] = lines({ growth: [{ repository, build }] }, dashboardLinks);
  expect(line).toContain(
    '<a href="/repository?registry=r.example.com&amp;name=payments%2Fapi">payments/api</a> (team <a href="/teams/web">web</a>) grew by <b>304 MB</b>',
  );
  expect(line).toContain(
    '<a href="/compare?old=sha256%3Aa&amp;new=sha256%3Ab">v9</a> grew most, by 212 MB, mainly in step 7 <code>RUN npm ci</code>',
  );
  for (const unexplained of [undefined, { ...build, step: null }])
    expect(lines({ growth: [{ repository, build: unexplained }] })[0]).toBe(
      'payments/api (team web) grew by <b>304 MB</b> in the last seven days.',
    );
  const unowned = { ...repository, team: 'unowned' };
  expect(lines({ growth: [{ repository: unowned, build: undefined }] })[0]).toContain('payments/api (unowned) grew');
});

test('a long instruction is cut', () => {
  const repository = { name: 'web', registry: 'r.example.com', change_bytes: 1 };
  const told = (instruction: string) =>
    lines({ growth: [{ repository, build: { tag: '1', change_bytes: 1, step: 2, instruction } }] })[0];
  expect(told('x'.repeat(60))).toContain(`<code>${'x'.repeat(60)}</code>`);
  expect(told('x'.repeat(61))).toContain(`<code>${'x'.repeat(60)}…</code>`);
});

test('savings name the image, the amount and the technique; a file has no links', () => {
  expect(lines({ steps: [STEP] })).toEqual([
    'web/&lt;shop&gt;:1.0 (team web) could shrink by about <b>400 MB</b> of 900 MB: Slim base (node:22-slim).',
  ]);
});

test('repositories without an owner are told, and how to begin where no repository has one', () => {
  const columns = ['team', 'repositories', 'stored_bytes'].map(
    (name) => ({ name, type: 'text', description: '' }) as const,
  );
  const told = (...rows: Cells[]) => lines({ teams: { ...NOTHING.teams, columns, rows } }, dashboardLinks);
  const payments: Cells = ['payments', 7, 9_000_000];
  const unowned: Cells = ['unowned', 2, 1_000_000];
  expect(told(payments, unowned)).toEqual([
    'No team owns <a href="/teams/unowned">2 repositories</a> (1.0 MB stored): assign a team under <code>teams</code> in the settings.',
  ]);
  expect(told(unowned)).toEqual([
    'No repository has a team yet: name teams and their repositories under <code>teams</code> in the settings.',
  ]);
  expect(told(payments)).toEqual([]);
});
