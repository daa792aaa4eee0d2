import { expect, test } from 'vitest';
import { dashboardLinks } from '../../../src/html/links.ts';
import { mapSection } from '../../../src/html/overview/map-section.ts';
import type { ByteMap, MapRepository } from '../../../src/html/overview/read-map.ts';

const APP: MapRepository = {
  registry: 'r.example.com',
  team: 'shop',
  repository: 'shop/app',
  storedBytes: 1_000_000,
  imageCount: 5,
  images: [
    { tag: '1.0', digest: 'sha256:a', platform: 'linux/amd64', addedBytes: 600_000 },
    { tag: '2.0', digest: 'sha256:b', platform: 'linux/amd64', addedBytes: 300_000 },
  ],
};
const drawn = (map: Partial<ByteMap>) =>
  String(mapSection({ repositories: [APP], others: [], ...map }, dashboardLinks));
/** The places of the map with their bytes. */
const places = (map: Partial<ByteMap>) => [...drawn(map).matchAll(/<title>([^<]*)</g)].map(([, title]) => title);

test('the map has registries, teams, repositories, their images, and what else each repository stores', () => {
  const tiny = { ...APP, team: 'search', repository: 'search/web', storedBytes: 500_000, images: [] };
  expect(places({ repositories: [APP, tiny] })).toEqual([
    'r.example.com: 1.5 MB',
    'r.example.com › shop: 1.0 MB',
    'r.example.com › search: 500 kB',
    'r.example.com › shop › shop/app: 1.0 MB',
    'r.example.com › search › search/web: 500 kB',
    'r.example.com › shop › shop/app › 1.0: 600 kB',
    'r.example.com › shop › shop/app › 2.0: 300 kB',
    'r.example.com › shop › shop/app › 3 other images: 100 kB',
  ]);
});

test.each([
  ['configs and untagged images, where all others are shown', { imageCount: 2 }, 'configs and untagged images: 100 kB'],
  ['nothing, where the images add up to it', { storedBytes: 900_000 }, '2.0: 300 kB'],
])('what else a repository stores is %s', (_, repository, last) => {
  expect(places({ repositories: [{ ...APP, ...repository }] }).at(-1)).toBe(
    `r.example.com › shop › shop/app › ${last}`,
  );
});

test('repositories that are not shown one by one are one place of their team, and counted', () => {
  const others = [
    { registry: 'r.example.com', team: 'shop', namespace: null, repositories: 70, storedBytes: 200_000 },
    { registry: 'r.example.com', team: 'shop', namespace: 'deep', repositories: 9, storedBytes: 300_000 },
  ];
  expect(places({ others })).toContain('r.example.com › shop › 70 other repositories: 200 kB');
  expect(places({ others })).toContain('r.example.com › shop › deep: 9 other repositories: 300 kB');
  expect(drawn({ others })).toContain('aria-label="Stored bytes of 80 repositories"');
  expect(drawn({})).toContain('aria-label="Stored bytes of 1 repository"');
});

test('teams, repositories and images lead to their pages', () => {
  expect([...drawn({}).matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
    '/teams/shop',
    '/repository?registry=r.example.com&amp;name=shop%2Fapp',
    '/images/sha256%3Aa',
    '/images/sha256%3Ab',
  ]);
});

test('without repositories there is nothing to show', () => {
  expect(drawn({ repositories: [] })).toBe('<p class="empty">Nothing to show.</p>');
});
