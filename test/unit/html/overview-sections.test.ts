import { expect, test } from 'vitest';
import { dashboardLinks } from '../../../src/html/links.ts';
import type { Overview } from '../../../src/html/overview/read-overview.ts';
import { overviewSections } from '../../../src/html/overview/sections.ts';
import type { Cells } from '../../../src/report/report.ts';

const NO_ROWS = { kind: 'leaderboard', audit: null, columns: [], rows: [] };
const TOTALS: Overview['totals'] = {
  repositories: 2,
  tags: 3,
  images: 4,
  logicalBytes: 9_000_000,
  storedBytes: 5_000_000,
  growthBytes: 1_000_000,
  savingsMaxBytes: 2_000_000,
  monthlyCost: 12.5,
  progressPercent: 40,
  repositoriesWithGoal: 2,
  repositoriesAtGoal: 1,
};
const OVERVIEW: Overview = {
  audits: [{ items_failed: 0 } as Overview['audits'][number]],
  totals: TOTALS,
  teams: NO_ROWS,
  map: { repositories: [], others: [] },
  bases: [],
  distros: [],
  sizes: [],
  rules: [],
  layers: [],
  steps: [],
  growth: [],
  trends: [],
  techniques: { ...NO_ROWS, kind: 'techniques' },
};
const VIEW = { links: dashboardLinks, currency: 'EUR', today: '2026-11-24' };
const shown = (parts: Partial<Overview> = {}) => String(overviewSections({ ...OVERVIEW, ...parts }, VIEW));
const textOf = (markup: string) =>
  markup
    .replaceAll('<wbr>', '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
/** The text of the section under a heading. */
function sectionOf(title: string, parts: Partial<Overview>): string {
  return textOf(
    shown(parts)
      .split('<section')
      .find((markup) => markup.includes(`<h2>${title}</h2>`)) ?? '',
  );
}
const share = (name: string, tags = 1, endOfLife: string | null = null) => ({ name, tags, logicalBytes: 1, endOfLife });

test('the figures of all sources', () => {
  expect(textOf(shown())).toContain(
    'Stored 5.0 MB +1.0 MB since the previous audit Storage cost per month 12.50 EUR ' +
      'Logical 9.0 MB pull sizes of all tags Could be saved, up to 2.0 MB pull sizes, added up image by image ' +
      'Progress to the goal 40.0 % reached by 1 of 2 repositories Images 4 under 3 tags in 2 repositories',
  );
  const unknown = textOf(shown({ totals: { ...TOTALS, growthBytes: null, monthlyCost: null } }));
  expect(unknown).toContain('Stored 5.0 MB Storage cost per month not known');
});

test('a table of as many teams as are read says that there may be more', () => {
  const note = (teams: number) => {
    const rows = Array<Cells>(teams).fill([]);
    return sectionOf('Teams by stored bytes', { teams: { ...NO_ROWS, rows } }).includes('The first 500 teams.');
  };
  expect([499, 500].map(note)).toEqual([false, true]);
});

test('sizes are ranges, of which the first and the last are open', () => {
  const sizes = [
    { fromBytes: 0, toBytes: 10e6, images: 2 },
    { fromBytes: 10e6, toBytes: 25e6, images: 0 },
    { fromBytes: 5e9, toBytes: null, images: 1_234 },
  ];
  expect(sectionOf('Images by pull size', { sizes })).toContain(
    'below 10.0 MB 2 10.0 MB to 25.0 MB 0 5.0 GB and more 1,234 ',
  );
});

test('twelve distributions are shown with their share of all tags, and the number of the others', () => {
  const distros = Array.from({ length: 13 }, (_, at) => share(`distro ${at}`, 4));
  const text = sectionOf('Distributions', { distros });
  expect(text).toContain('distro 11 4 · 8 %');
  expect(text).not.toContain('distro 12');
  expect(text).toContain('And 1 more.');
  expect(sectionOf('Distributions', { distros: distros.slice(1) })).not.toContain('more.');
});

test('distributions have the end of their support, and lead to their images; what is not known leads nowhere', () => {
  const distros = [share('debian 12', 2, '2026-11-24'), share('alpine 3.20', 1, '2026-11-23'), share('not known')];
  expect(sectionOf('Distributions', { distros })).toMatch(
    /debian 12 until 2026-11-24 2 · .* alpine 3\.20 ended 2026-11-23 1 · .* not known 1 · /,
  );
  const markup = shown({ distros });
  expect([...markup.matchAll(/<th scope="row"><a href="([^"]*)"/g)].map(([, href]) => href)).toEqual(
    ['debian%3A12', 'alpine%3A3.20'].map((distro) => `/images?distro=${distro}`),
  );
  expect([...markup.matchAll(/<small class="(\w+)"/g)].map(([, tone]) => tone)).toEqual(['plain', 'bad']);
});

test('a base image with several names has one line, and no end of support: that of its distribution is told', () => {
  const bases = [share('library/node:22;library/node:22.1;library/node:lts', 1, '2020-01-01')];
  expect(sectionOf('Base images', { bases })).toContain('library/node:22 +2 1 · 100 %');
  expect(shown({ bases })).toContain('title="library/node:22;library/node:22.1;library/node:lts"');
});

test('that no repository grew is told from not knowing it', () => {
  const text = (growthBytes: number | null) =>
    sectionOf('Repositories that grew', { totals: { ...TOTALS, growthBytes } });
  expect(text(0)).toContain('No repository grew in the last seven days.');
  expect(text(null)).toContain('Not known yet: growth is measured between two audits with the same coverage.');
  const growth = [
    {
      repository: { registry: 'r.example.com', name: 'shop/app', change_bytes: 7, stored_bytes: 900 },
      build: undefined,
    },
  ];
  expect(sectionOf('Repositories that grew', { growth })).toContain('shop/app +7 B 900 B');
});

test('findings, layers and steps are tables, each row with its figures', () => {
  const rules = [{ rule: 'npm-cache', severity: 'warn', images: 8, maxBytes: 1_000_000 }];
  expect(sectionOf('Findings', { rules })).toContain(
    'warn npm-cache npm&#39;s cache of tarballs stays in a layer 8 1.0 MB ',
  );
  const place = { digest: 'sha256:a', registry: 'r.example.com', repository: 'shop/app' };
  const layers = [
    { ...place, bytes: 3_000_000, class: 'base', instruction: 'ADD rootfs.tar /', images: 6, repositories: 5 },
  ];
  expect(sectionOf('Biggest layers', { layers })).toContain('3.0 MB base ADD rootfs.tar / 6 5 shop/app ');
  const steps = [
    {
      ...place,
      tag: '1.0',
      team: 'shop',
      bytes: 900_000_000,
      technique: 'slim-base',
      base: 'node:22-slim',
      gainBytes: 400_000_000,
      images: 3,
      afterMaxBytes: 500_000_000,
      basis: 'measured',
    },
  ];
  expect(sectionOf('What would save most', { steps })).toContain(
    'shop/app 1.0 shop 900 MB Slim base node:22-slim 400 MB 3 500 MB measured',
  );
});

test('before the first audit, the page says how to run one', () => {
  const text = textOf(shown({ audits: [] }));
  expect(text).toContain('No audit has finished yet');
  expect(text).not.toContain('Storage cost');
});
