import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import type { ImageDetail, Place } from '../../../src/serve/image-detail.ts';
import { comparePage } from '../../../src/serve/pages/compare-page.ts';
import { imagePage } from '../../../src/serve/pages/image-page.ts';

const place = (tag: string): Place => ({
  source: 'main',
  registry: 'r.example.com',
  repository: 'shop/app',
  tag,
  team: 'shop',
  pushed_at: null,
  first_seen_at: '2026-11-01T02:00:00Z',
});
const layer = (position: number, bytes: number) => ({
  position,
  digest: digestOf(`layer ${position}`),
  bytes,
  class: position === 0 ? 'base' : 'dependencies',
  instruction: `RUN step ${position}`,
  of_base: position === 0,
  images: 3 - position,
});
const IMAGE: ImageDetail = {
  digest: digestOf('an image'),
  platform: 'linux/amd64',
  created_at: null,
  compressed_bytes: 4_000_000,
  uncompressed_bytes: null,
  base_image: 'library/node:22;library/node:lts',
  base_digest: null,
  base_confidence: 'proven',
  base_evidence: 'layers',
  base_layers: 1,
  base_bytes: 3_000_000,
  app_bytes: 1_000_000,
  base_chain_id: digestOf('chain'),
  base_names: ['r.example.com/library/node:22'],
  distro: 'debian',
  distro_version: '12',
  distro_eol: '2028-06-30',
  runtime: null,
  runtime_version: null,
  framework: null,
  variant: null,
  build_tool: null,
  multi_stage: null,
  multi_stage_evidence: null,
  user: '',
  runs_as_root: true,
  wasted_bytes: null,
  savings_min_bytes: null,
  savings_max_bytes: 2_000_000,
  slim_score: 70,
  plan: [
    { technique: 'slim-base', gain: 2_000_000, after: { min: 1_000_000, max: 2_000_000 }, basis: 'estimate' },
  ] as ImageDetail['plan'],
  layers: [layer(0, 3_000_000), layer(1, 1_000_000)],
  findings: [
    {
      rule: 'npm-cache',
      severity: 'warn',
      confidence: 'certain',
      message: 'a cache',
      layer: 1,
      min_bytes: 0,
      max_bytes: 7,
    },
    {
      rule: 'root-user',
      severity: 'error',
      confidence: 'certain',
      message: 'runs as root',
      layer: null,
      min_bytes: null,
      max_bytes: null,
    },
  ],
  places: [place('1.0')],
  former_place: null,
};
const textOf = (markup: unknown) =>
  String(markup)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the page of an image', () => {
  const bodyOf = (more: Partial<ImageDetail> = {}) => String(imagePage({ ...IMAGE, ...more }, '2026-11-24').body);
  const shown = (more: Partial<ImageDetail> = {}) => textOf(bodyOf(more));

  test('begins with its sizes, each with its share; what is not known is said', () => {
    expect(shown()).toContain(
      'Pull size 4.0 MB 2 layers Base 3.0 MB 75 % Above the base 1.0 MB 25 % ' +
        'Could be saved, up to 2.0 MB 50 % Slim score 70 of 100 ',
    );
    expect(shown({ base_bytes: null, slim_score: null })).toMatch(
      / Base not known Above .* Slim score not known of 100 /,
    );
  });

  test('has its layers in order, counted from 1, with their share and the images that have them', () => {
    const text = shown();
    expect(text).toMatch(/ 1 3\.0 MB 75(?:\.0)? % base RUN step 0 3 sha256:/);
    expect(text).toMatch(/ 2 1\.0 MB 25(?:\.0)? % dependencies RUN step 1 2 sha256:/);
    expect(shown({ compressed_bytes: 0, layers: [layer(0, 0)] })).toMatch(/ 1 0 B 0(?:\.0)? % base RUN step 0 3 /);
  });

  test('has the plan, each step with the size that it leads to, and the command that tells how', () => {
    expect(shown()).toMatch(/ 1 Slim base 2\.0 MB 1\.0 MB 2\.0 MB .*estimate/);
    const command = `slimboard advise r.example.com/shop/app`;
    expect(shown()).toContain(`${command}:1.0 --platform linux/amd64`);
    expect(shown({ places: [place('')] })).toContain(`${command}@${IMAGE.digest} --platform linux/amd64`);
    expect(shown({ places: [] })).not.toContain(command);
    expect(shown({ plan: [] })).toContain('No technique would make it smaller.');
  });

  test('has its findings, the worst first, with the layer as the table of layers counts it', () => {
    expect(shown()).toMatch(/ error root-user runs as root certain .*warn npm-cache a cache 2 certain 7 B /);
    expect(shown({ findings: [] })).toContain('It trips no rule.');
  });

  test('names the base with all its names, and the layers that prove it', () => {
    expect(bodyOf()).toContain('>library/node:22 = library/node:lts</a>');
    expect(shown()).toContain(
      `the first layer has chain ID ${IMAGE.base_chain_id} , as in r.example.com/library/node:22`,
    );
    expect(shown({ base_layers: 2, base_names: [] })).toMatch(
      /the first 2 layers have chain ID sha256:\w+ (?!, as in)/,
    );
    expect(bodyOf()).toContain('<dt>Proof</dt>');
    expect(bodyOf({ base_confidence: 'inferred' })).not.toContain('Proof');
    const unknown = { base_image: null, base_evidence: 'scratch', base_chain_id: null };
    expect(shown(unknown)).toContain('Base image not known (scratch)');
    expect(shown(unknown)).not.toContain('chain ID');
  });

  test.each([
    ['', true, 'not set, runs as root'],
    ['app', false, 'app'],
    ['app', null, 'app'],
  ])('tells of the user "%s" whether it is root (%s)', (user, isRoot, told) => {
    expect(bodyOf({ user, runs_as_root: isRoot })).toContain(`<dt>User</dt><dd>${told}</dd>`);
  });

  test('tells what is known of it, and nothing of what is not', () => {
    const properties = (more: Partial<ImageDetail> = {}) =>
      [...bodyOf(more).matchAll(/<dt>([^<]*)<\/dt><dd>(.*?)<\/dd>/g)]
        .map(([, name, value]) => textOf(`${name}: ${value}`).trim())
        .filter((line) => /^(?:Base digest|Multi-stage|Runtime|Created|Unpacked|Wasted)/.test(line));
    expect(properties()).toEqual([]);
    const known = {
      base_digest: IMAGE.digest,
      multi_stage: 'likely',
      multi_stage_evidence: 'copies',
      runtime: 'node',
      runtime_version: '22.1',
      created_at: '2026-10-01T02:00:00Z',
      uncompressed_bytes: 9_000_000,
      wasted_bytes: 5_000,
    } as Partial<ImageDetail>;
    expect(properties(known)).toEqual([
      `Base digest: ${IMAGE.digest}`,
      'Multi-stage: likely (copies)',
      'Runtime: node 22.1',
      'Created: 2026-10-01 02:00 UTC',
      'Unpacked: 9.0 MB',
      'Wasted: 5.0 kB',
    ]);
    expect(shown({ savings_max_bytes: null })).toContain('Could be saved, up to 0 B ');
    const unassessed = { base_image: null, base_evidence: null, base_chain_id: null };
    expect(shown(unassessed)).toContain('Base image not known (not assessed yet)');
  });

  test('lists its tags, and offers to compare it; an image without tags says so', () => {
    expect(shown({ places: [place('1.0'), place('')] })).toMatch(
      /r\.example\.com\/shop\/app :1\.0 · shop .*r\.example\.com\/shop\/app \(untagged\) · shop/,
    );
    expect(bodyOf()).toContain(`<input type="hidden" name="new" value="${IMAGE.digest}">`);
    expect(shown({ places: [] })).toContain('No tag points to this image any more.');
  });

  test('of an image whose tag has moved tells which it was, whose, and until when', () => {
    const former_place = { ...place('1.0'), ended_at: '2026-11-20T02:00:00Z' };
    const { title, lead, body } = imagePage({ ...IMAGE, places: [], former_place }, '2026-11-24');
    expect(title).toBe('shop/app:1.0 (until 2026-11-20)');
    expect(textOf(lead)).toContain('r.example.com/shop/app · shop linux/amd64');
    expect(textOf(body)).toContain('any more: shop/app:1.0 did until 2026-11-20 02:00 UTC.');
  });
});

describe('the page of a comparison', () => {
  const after = { ...IMAGE, digest: digestOf('another'), places: [place('1.1')] };
  const diff = {
    oldBytes: 4_000_000,
    newBytes: 5_000_000,
    changedBytes: 1_000_000,
    keptBytes: 3_000_000,
    layers: [
      { change: 'new', digest: digestOf('l'), bytes: 2_000_000, class: 'dependencies', instruction: 'RUN npm ci' },
    ],
    byClass: [{ class: 'dependencies', changedBytes: 1_000_000 }],
    settings: ['user'],
  } as const;
  const shown = (settings: readonly string[]) =>
    textOf(comparePage('a', 'b', { before: IMAGE, after, diff: { ...diff, settings } }).body);

  test('has both sizes with links, the change in per cent of the old one, and what both have', () => {
    expect(shown(['user'])).toContain(
      'Old 4.0 MB shop/app:1.0 New 5.0 MB shop/app:1.1 Change +1.0 MB +25.0 % Kept 3.0 MB in layers that both images have',
    );
    const { body, title } = comparePage('a', 'b', { before: IMAGE, after, diff });
    expect(title).toBe('shop/app:1.0 → shop/app:1.1');
    for (const { digest } of [IMAGE, after])
      expect(String(body)).toContain(`href="/images/${encodeURIComponent(digest)}"`);
  });

  test('has the change by class, the settings that changed, and the layers', () => {
    const text = shown(['user', 'env PATH']);
    expect(text).toContain(' dependencies +1.0 MB ');
    expect(text).toContain('Names only, because values may be secrets. user env PATH ');
    expect(text).toMatch(/new 2\.0 MB dependencies RUN npm ci sha256:/);
    expect(shown([])).toContain('Names only, because values may be secrets. None. ');
  });
});
