import { text as wholeText } from 'node:stream/consumers';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FORMATS } from '../../../src/report/formats/formats.ts';
import type { StreamedFormat } from '../../../src/report/names.ts';
import type { Cells, Column } from '../../../src/report/report.ts';
import { packed } from '../../support/packed-report.ts';

const COLUMNS: readonly Column[] = [
  { name: 'name', type: 'text', description: 'A name.' },
  { name: 'bytes', type: 'bytes', description: 'A size.' },
  { name: 'share', type: 'percent', description: 'A share.' },
  { name: 'root', type: 'boolean', description: 'A truth.' },
  { name: 'at', type: 'timestamp', description: 'A time.' },
];

function write(format: StreamedFormat, rows: readonly Cells[], options = {}, columns = COLUMNS): Promise<string> {
  const report = { kind: 'images', columns, audit: null, rows: packed(columns, rows) };
  return wholeText(FORMATS[format](report, options));
}

/** Text as anyone may put it into a label or a tag's history. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '=cmd|/c calc!A1',
    '+1+1',
    '-2+3',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\u001b=1+1',
    ' =1+1',
    '\uff1d1+1',
    'x;=1+1',
    'x; "\uff0b1+1"; -1',
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '\u202etxt.exe',
    '\u001b[31mred\u001b]0;title\u0007',
    'a|b`c*d_e[f](g)',
    'line\r\nbreak',
    '"quoted", and more',
    'x'.repeat(10_240),
  ),
);
const row = fc.tuple(
  fc.option(hostile),
  fc.option(fc.maxSafeInteger()),
  fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
  fc.option(fc.boolean()),
  fc.constantFrom(null, '2026-11-23T02:00:00Z'),
);

const rows: readonly Cells[] = [
  ['web', 1_500_000, 12.345, true, '2026-11-23T02:00:00Z'],
  ['=1+1', -5, null, false, null],
];

describe('csv', () => {
  test('has a header, CRLF and empty cells for what is not known', async () => {
    expect(await write('csv', rows)).toBe(
      "name,bytes,share,root,at\r\nweb,1500000,12.345,true,2026-11-23T02:00:00Z\r\n'=1+1,-5,,false,\r\n",
    );
  });

  test('has a header even without rows', async () => {
    expect(await write('csv', [])).toBe('name,bytes,share,root,at\r\n');
  });

  test('reads back, text without control characters and with at most an apostrophe before it and behind semicolons and line ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row), async (given) => {
        const read = parse(await write('csv', given), { relax_column_count: false, record_delimiter: '\r\n' });
        expect(read.slice(1).map(([name]) => name?.replace(/(^|[;\r\n])'/g, '$1'))).toEqual(
          given.map(([name]) => (name ?? '').replace(/(?![\t\r\n])\p{Cc}/gu, '').replace(/(^|[;\r\n])'/g, '$1')),
        );
        expect(read.slice(1).map(([, bytes]) => bytes)).toEqual(given.map(([, bytes]) => String(bytes ?? '')));
      }),
    );
  });

  test('begins no cell of text like a formula', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const [, [cell] = ['']] = parse(await write('csv', [[text, 1, 1, true, null]]), { record_delimiter: '\r\n' });
        expect(cell).not.toMatch(/(?![\t\r\n])\p{Cc}/u);
        expect(cell).not.toMatch(/^[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/);
      }),
    );
  });

  test.each([';', '\n', '\r\n'])(
    'begins no text behind %j like a formula, for spreadsheets to which it ends a cell',
    async (end) => {
      await fc.assert(
        fc.asyncProperty(hostile, hostile, async (before, text) => {
          const lines = await write('csv', [[`${before}${end}${text}`, 1, 1, true, null]]);
          const [, ...cells] = lines.slice(lines.indexOf('\r\n') + 2).split(/[;\r\n]/);
          for (const cell of cells) expect(cell).not.toMatch(/^["\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]/);
        }),
      );
    },
  );

  test.each(['\n', '\n "', ';='])(
    'is written in time that grows with the length of text, whatever it repeats: %j',
    async (piece) => {
      expect(await write('csv', [[`x${piece.repeat(300_000)}`, 1, 1, true, null]])).toContain(',1,1,true,');
    },
  );

  test('leaves other text behind a semicolon as it is', async () => {
    expect(await write('csv', [['node;library/node', 1, 1, true, null]])).toContain('\r\nnode;library/node,1');
  });
});

describe('json', () => {
  test('is one document', async () => {
    expect(JSON.parse(await write('json', rows))).toEqual({
      schema: 'slimboard.report/1',
      kind: 'images',
      audit: null,
      rows: [
        { name: 'web', bytes: 1_500_000, share: 12.345, root: true, at: '2026-11-23T02:00:00Z' },
        { name: '=1+1', bytes: -5, share: null, root: false, at: null },
      ],
    });
  });

  test.each(['json', 'ndjson'] as const)('%s reads back whatever the text', async (format) => {
    await fc.assert(
      fc.asyncProperty(fc.array(row), async (given) => {
        const text = await write(format, given);
        const read: unknown[] =
          format === 'json'
            ? (JSON.parse(text) as { rows: unknown[] }).rows
            : text
                .split('\n')
                .slice(0, -1)
                .map((line) => JSON.parse(line) as unknown);
        expect(read).toEqual(
          given.map(([name, bytes, share, root, at]) => JSON.parse(JSON.stringify({ name, bytes, share, root, at }))),
        );
      }),
    );
  });
});

describe('table', () => {
  test('aligns numbers to the right and gives sizes their unit', async () => {
    expect(await write('table', rows)).toBe(
      [
        'name   bytes   share  root  at',
        'web   1.5 MB  12.3 %  yes   2026-11-23T02:00:00Z',
        '=1+1    -5 B          no',
        '',
      ].join('\n'),
    );
  });

  test('says so when there is nothing', async () => {
    expect(await write('table', [])).toBe('nothing to report\n');
  });

  test('uses colour only for a terminal', async () => {
    expect(await write('table', rows, { colour: true })).toContain('\u001b[1m');
    expect(await write('table', rows)).not.toContain('\u001b');
  });

  test('leaves out the last columns that a narrow terminal has no room for', async () => {
    expect((await write('table', rows, { width: 20 })).split('\n')[0]).toBe('name   bytes   share');
  });

  test('cuts texts and prefers columns of the gist on a narrow terminal', async () => {
    const columns: readonly Column[] = [
      { name: 'repository', type: 'text', description: '' },
      { name: 'tag', type: 'text', description: '' },
      { name: 'tags', type: 'integer', description: '' },
      { name: 'size', type: 'bytes', description: '', gist: true },
    ];
    const cells = ['shop/web', `sha256-${'f'.repeat(64)}.sig`, 7, 1_500_000];
    const text = async (width: number) => (await write('table', [cells], { width }, columns)).split('\n');
    expect(await text(48)).toEqual([
      'repository  tag                             size',
      `shop/web    sha256-${'f'.repeat(20)}…  1.5 MB`,
      '',
    ]);
    expect((await text(40))[0]).toBe('repository  tags    size');
    expect((await text(20))[0]).toBe('repository    size');
  });

  test('cuts a text of the gist to make room for the other columns of the gist', async () => {
    const columns: readonly Column[] = [
      { name: 'rank', type: 'integer', description: '' },
      { name: 'repository', type: 'text', description: '', gist: true },
      { name: 'tags', type: 'integer', description: '' },
      { name: 'pushed_at', type: 'timestamp', description: '', gist: true },
      { name: 'savings', type: 'bytes', description: '', gist: true },
    ];
    const at = '2026-11-20T09:12:41Z';
    const cells = [1, `registry.example.com/payments/${'x'.repeat(30)}`, 7, at, 1_500_000];
    const line = async (width: number) => (await write('table', [cells], { width }, columns)).split('\n')[1];
    expect(await line(80)).toBe(`   1  registry.example.com/payments/${'x'.repeat(12)}…  ${at}   1.5 MB`);
    expect(await line(49)).toBe(`   1  registry.ex…  ${at}   1.5 MB`);
  });

  test('shows a message to its end, on several lines if need be, and cuts a long tag before it leaves out columns', async () => {
    const columns: readonly Column[] = [
      { name: 'tag', type: 'text', description: '', gist: true },
      { name: 'base_image', type: 'text', description: '' },
      { name: 'message', type: 'text', description: '', gist: true },
    ];
    const message = `${'word '.repeat(20)}end`;
    const cells = [`sha256-${'f'.repeat(64)}.sig`, 'library/node:20', message];
    const lines = async (width?: number) => (await write('table', [cells], { width }, columns)).trim().split('\n');
    const words = (count: number) => Array(count).fill('word').join(' ');
    expect((await lines())[1]).toContain(message);
    expect((await lines(100)).slice(1)).toEqual([
      `sha256-${'f'.repeat(32)}…  ${words(11)}`,
      `${' '.repeat(42)}${words(9)} end`,
    ]);
    expect((await lines(200)).slice(1)).toEqual([`sha256-${'f'.repeat(52)}…  library/node:20  ${message}`]);
    expect((await lines(120)).slice(1)).toEqual([
      `sha256-${'f'.repeat(32)}…  library/node:20  ${words(12)}`,
      `${' '.repeat(59)}${words(8)} end`,
    ]);
  });

  test('cuts the longest texts of the gist first, to the same width', async () => {
    const columns = ['repository', 'tag', 'rule', 'comment'].map(
      (name) => ({ name, type: 'text', gist: true }) as Column,
    );
    const line = async (repository: string) =>
      (await write('table', [[repository, 't'.repeat(40), 'root-user', 'm'.repeat(90)]], { width: 80 }, columns)).split(
        '\n',
      )[1];
    expect(await line('shop/web')).toBe(`shop/web    ${'t'.repeat(26)}…  root-user  ${'m'.repeat(27)}…`);
    expect(await line('r'.repeat(60))).toBe(`${'r'.repeat(20)}…  ${'t'.repeat(20)}…  root-user  ${'m'.repeat(22)}…`);
  });

  test('cuts texts of medium length too where they leave no room for the figures of the gist', async () => {
    const columns = ['repository', 'tags', 'reason', 'freed_bytes'].map(
      (name) => ({ name, type: name === 'freed_bytes' ? 'bytes' : 'text', gist: true }) as Column,
    );
    const cells = ['team-00/service-00000017', '2026.11.30-0f3c2a1b', 'superseded', 469e6];
    const line = async (width: number) => (await write('table', [cells], { width }, columns)).split('\n')[1];
    expect(await line(70)).toBe('team-00/service-00000017  2026.11.30-0f3c2a1b  superseded       469 MB');
    expect(await line(60)).toBe('team-00/service…  2026.11.30-0f3c2…  superseded       469 MB');
  });

  test('shows the source and the registry of rows that differ in them, and gives them up before the gist', async () => {
    const columns: readonly Column[] = [
      { name: 'source', type: 'text', description: '', detail: true },
      { name: 'registry', type: 'text', description: '', detail: true },
      { name: 'repository', type: 'text', description: '' },
      { name: 'size', type: 'bytes', description: '', gist: true },
    ];
    const head = async (width: number, ...given: Cells[]) =>
      (await write('table', given, { width }, columns)).split('\n')[0]?.split(/ +/);
    const [east, west] = [
      ['prod', 'east.example.com', 'web', 1] as const,
      ['prod', 'west.example.com', 'web', 1] as const,
    ];
    expect(await head(80, east, east)).toEqual(['repository', 'size']);
    expect(await head(80, east, west)).toEqual(['registry', 'repository', 'size']);
    const lab = ['lab', ...west.slice(1)];
    expect(await head(80, east, lab)).toEqual(['source', 'repository', 'size']);
    expect(await head(80, east, west, lab)).toEqual(['source', 'registry', 'repository', 'size']);
    expect(await head(20, east, west)).toEqual(['repository', 'size']);
  });

  test('shows numbers with one decimal, as pages do', async () => {
    const columns: readonly Column[] = [{ name: 'slim_score', type: 'number', description: '' }];
    expect(await write('table', [[100], [27.84]], {}, columns)).toBe('slim_score\n     100.0\n      27.8\n');
  });

  test('shows the first column even on the narrowest terminal', async () => {
    expect(await write('table', rows, { width: 1 })).toBe('name\nweb\n=1+1\n');
  });

  test('counts a wide character as two columns', async () => {
    const [, first, second] = (
      await write('table', [
        ['日本', 1, 1, true, null],
        ['abcd', 1, 1, true, null],
      ])
    ).split('\n');
    expect(first?.indexOf('1 B')).toBe((second?.indexOf('1 B') ?? 0) - 2);
  });

  test('writes rows beyond those that it measures widths on', async () => {
    const many = Array.from({ length: 1000 }, (_, index): Cells => [`image ${index}`, index, null, null, null]);
    expect((await write('table', many)).split('\n')).toHaveLength(1002);
  });
});

test.each(['table', 'markdown'] as const)('%s gives a rise a sign, as a fall has one', async (format) => {
  const columns: readonly Column[] = [
    { name: 'growth_bytes', type: 'bytes', description: '' },
    { name: 'growth_percent', type: 'percent', description: '' },
    { name: 'moved', type: 'integer', description: '' },
    { name: 'progress_change', type: 'number', description: '' },
    { name: 'stored_bytes', type: 'bytes', description: '' },
  ];
  const text = await write(
    format,
    [[1_500_000, 12.34, 2, 0.5, 5_000], [-5, -1, -3, -0.5, 0], Array(5).fill(0)],
    {},
    columns,
  );
  const lines = text.split('\n').map((line) => line.replaceAll('|', ' ').trim().split(/ {2,}/));
  expect(lines.filter(([first]) => first?.endsWith('B'))).toEqual([
    ['+1.5 MB', '+12.3 %', '+2', '+0.5', '5.0 kB'],
    ['-5 B', '-1.0 %', '-3', '-0.5', '0 B'],
    ['0 B', '0.0 %', '0', '0.0', '0 B'],
  ]);
});

test.each(['table', 'markdown'] as const)('%s shows no control, reordering or invisible character', async (format) => {
  await fc.assert(
    fc.asyncProperty(hostile, async (text) => {
      expect(await write(format, [[text, 1, 1, true, null]])).not.toMatch(
        /[\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|(?!\n)\p{Cc}/u,
      );
    }),
  );
});

test.each(['table', 'markdown'] as const)('%s keeps a row on a line', async (format) => {
  const lines = (await write(format, [['a\r\nb\u2028c', 1, 1, true, null]])).trimEnd().split('\n');
  expect(lines).toHaveLength(format === 'table' ? 2 : 3);
});

test('markdown escapes all text', async () => {
  const text = '<script>|`x`*y*[a](http://example.com)@team me@team';
  expect((await write('markdown', [[text, 1, 1, true, null]])).split('\n')[2]).toBe(
    '| &lt;script&gt;\\|\\`x\\`\\*y\\*\\[a\\](http&#58;//example.com)@&#8203;team me&#64;team | 1 B | 1.0 % | yes |  |',
  );
});
