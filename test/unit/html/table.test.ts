import { expect, test } from 'vitest';
import { dashboardLinks, noLinks } from '../../../src/html/links.ts';
import { type ReportTableOptions, recordTable, reportTable } from '../../../src/html/table.ts';
import type { Cells, Column } from '../../../src/report/report.ts';

const COLUMNS: readonly Column[] = [
  { name: 'source', type: 'text', description: 'Where.', detail: true },
  { name: 'registry', type: 'text', description: 'Whose.', detail: true },
  { name: 'repository', type: 'text', description: 'What.' },
  { name: 'kind', type: 'text', description: 'Which kind.' },
  { name: 'base_image', type: 'list', description: 'On what.' },
];
const table = (rows: readonly Cells[], options: Partial<ReportTableOptions> = {}) =>
  String(reportTable({ columns: COLUMNS, rows }, { label: 'Images', links: noLinks, ...options }));
const rows = (count: number, source = (_: number) => 'prod', registry = (_: number) => 'a.example.com') =>
  Array.from({ length: count }, (_, n): Cells => [source(n), registry(n), `app-${n}`, 'image', 'alpine:3.20']);

test('the source is shown only when rows come from several', () => {
  expect(table(rows(3))).not.toContain('>Source<');
  expect(table(rows(3, (n) => (n === 0 ? 'mirror' : 'prod')))).toContain('>Source<');
});

test('the registry is shown only when rows come from several, even of one source; rows without one do not count', () => {
  const regions = rows(3, undefined, (n) => `${n}.example.com`);
  expect(table(regions)).toContain('>Registry<');
  expect(table(regions)).not.toContain('>Source<');
  expect(table(regions, { columns: ['source', 'registry', 'repository'] })).toMatch(/>Registry<.*>Repository</);
  expect(table(rows(3), { columns: ['source', 'registry', 'repository'] })).not.toContain('>Registry<');
  expect(table(rows(3, undefined, (n) => (n === 0 ? '' : 'a.example.com')))).not.toContain('>Registry<');
});

test('the registry is left out if the source tells it', () => {
  const bySource = (n: number) => ['dev', 'prod'][n % 2] ?? '';
  expect(table(rows(4, bySource, (n) => `${n % 2}.example.com`))).not.toContain('>Registry<');
  expect(table(rows(4, bySource, (n) => `${n}.example.com`))).toMatch(/>Source<.*>Registry</);
  const columns: readonly Column[] = [
    { name: 'source', type: 'text', description: 'Always shown.' },
    ...COLUMNS.slice(1),
  ];
  const page = { columns, rows: rows(4, bySource, (n) => `${n % 2}.example.com`) };
  expect(String(reportTable(page, { label: 'Trends', links: noLinks }))).not.toContain('>Registry<');
});

test('an image without a known base shows "not known"; an artifact shows nothing', () => {
  const unknown = 'not known';
  expect(table([...rows(1), ['prod', '', 'app', 'image', null]])).toContain(unknown);
  expect(table([...rows(1), ['prod', '', 'chart', 'artifact', null]])).not.toContain(unknown);
});

test('support that has ended stands out, also for those who do not see the colour', () => {
  const columns: readonly Column[] = [{ name: 'distro_eol', type: 'date', description: '' }];
  const on = (today?: string) =>
    String(
      reportTable({ columns, rows: [['2026-04-01']] }, { label: 'Bases', links: noLinks, ...(today && { today }) }),
    );
  const ended = '<td class="bad">2026-04-01<span class="unseen"> (ended)</span></td>';
  expect(on('2026-04-02')).toContain(ended);
  for (const today of ['2026-04-01', undefined]) expect(on(today)).toContain('<td class="when">2026-04-01</td>');
});

test('a tooltip shows a description without the backticks of Markdown', () => {
  const columns: readonly Column[] = [{ name: 'user', type: 'text', description: 'As in `USER`.' }];
  expect(String(reportTable({ columns, rows: [['root']] }, { label: 'Users', links: noLinks }))).toContain(
    'title="As in USER."',
  );
});

test('long tables scroll by themselves, unless the server cuts them into pages', () => {
  expect(table(rows(31))).toContain('class="frame tall"');
  expect(table(rows(30))).not.toContain('tall');
  expect(table(rows(31), { sortLink: (column) => `?sort=${column}` })).not.toContain('tall');
});

test('a heading sorts texts from A, figures and times from the largest, and turns the order on the next click', () => {
  const columns: readonly Column[] = [
    { name: 'tag', type: 'text', description: '' },
    { name: 'bytes', type: 'bytes', description: '' },
    { name: 'created_at', type: 'timestamp', description: '' },
    { name: 'id', type: 'integer', description: '', detail: true },
  ];
  const page = { columns, rows: [['v1', 1, '2026-11-20T09:12:41Z', 7]] };
  const sorts = (sortedBy?: string) => {
    const shown = String(reportTable(page, { label: '', links: noLinks, sortLink: (by) => `?sort=${by}`, sortedBy }));
    return [...shown.matchAll(/title=""([^>]*)><a href="\?sort=([^"]+)"/g)].map(([, marks, sort]) => `${sort}${marks}`);
  };
  expect(sorts()).toEqual(['tag', '-bytes class="n"', '-created_at']);
  expect(sorts('tag')).toEqual(['-tag aria-sort="ascending"', '-bytes class="n"', '-created_at']);
  expect(sorts('-tag')).toEqual(['tag aria-sort="descending"', '-bytes class="n"', '-created_at']);
  expect(sorts('-bytes')).toEqual(['tag', 'bytes class="n" aria-sort="descending"', '-created_at']);
});

test('what grew stands out from what shrank; other figures have no colour', () => {
  const columns: readonly Column[] = ['change_bytes', 'stored_bytes'].map((name) => ({
    name,
    type: 'bytes',
    description: '',
  }));
  const page = { columns, rows: [1, 0, -1].map((bytes): Cells => [bytes, 1]) };
  const shown = String(reportTable(page, { label: 'Growth', links: noLinks }));
  expect([...shown.matchAll(/<td class="([^"]*)"/g)].map(([, name]) => name)).toEqual([
    'n up',
    'n',
    'n',
    'n',
    'n down',
    'n',
  ]);
});

test('a heading tells the zone of times', () => {
  const columns: readonly Column[] = [{ name: 'created_at', type: 'timestamp', description: 'When.' }];
  const shown = String(reportTable({ columns, rows: [['2026-11-20T09:12:41Z']] }, { label: 'Builds', links: noLinks }));
  expect(shown).toContain('>Created (UTC)<');
});

test('texts of a column have one size, however long they are', () => {
  const columns: readonly Column[] = [{ name: 'what', type: 'text', description: 'What it finds.' }];
  const cells = String(
    reportTable({ columns, rows: [['short'], ['x'.repeat(100)]] }, { label: 'Rules', links: noLinks }),
  );
  expect(cells.match(/<td class="[^"]*"/g)).toEqual(['<td class="long text"', '<td class="long text"']);
});

test('a link may depend on a cell that has no column', () => {
  interface Build {
    readonly tag: string;
    readonly digest: string;
  }
  const builds: readonly Build[] = [{ tag: 'v1', digest: 'sha256:1' }];
  const columns: readonly Column[] = [{ name: 'tag', type: 'text', description: 'The tag.' }];
  const shown = String(recordTable(columns, builds, { label: 'Builds', links: dashboardLinks }));
  expect(shown).toContain('<td><a href="/images/sha256%3A1">v1</a></td>');
  expect(shown.match(/<th /g)).toHaveLength(1);
});

test('without rows it shows a text instead', () => {
  expect(table([])).toContain('Nothing to show.');
  expect(table([], { empty: 'All was read.' })).toBe('<p class="empty">All was read.</p>');
});
