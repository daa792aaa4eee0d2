import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ReportFilters } from '../../../src/report/filters.ts';
import { leaderboard } from '../../../src/report/leaderboard.ts';
import type { Grouping } from '../../../src/report/names.ts';
import { BACKENDS, emptyTables, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

const AT = '2026-11-01T02:00:00Z';
/** A filter that takes all: with one, groups are added up from the images. */
const ALL: ReportFilters = { repository: '**' };
const GROUPINGS = ['base', 'distro', 'runtime'] as const;

interface FleetImage {
  readonly base: string | null;
  readonly runtime: string | null;
  readonly baseLayers: number;
  /** Numbers of layers; layer n has 100 + 7n bytes. */
  readonly layers: readonly number[];
  readonly errors: number;
}
interface Fleet {
  readonly dedup: 'registry' | 'repository';
  readonly images: readonly FleetImage[];
  /** Of repository `a/r0`, `a/r1`…: what each of its tags leads to, one image or several platforms. */
  readonly repositories: readonly (readonly (readonly number[])[])[];
}

const IMAGES = 5;
const fleets: fc.Arbitrary<Fleet> = fc.record({
  dedup: fc.constantFrom('registry', 'repository'),
  images: fc.array(
    fc.record({
      base: fc.constantFrom('debian', 'alpine', null),
      runtime: fc.constantFrom('node', 'python', null),
      baseLayers: fc.nat({ max: 2 }),
      layers: fc.uniqueArray(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 }),
      errors: fc.nat({ max: 2 }),
    }),
    { minLength: IMAGES, maxLength: IMAGES },
  ),
  repositories: fc.array(
    fc.array(fc.uniqueArray(fc.nat({ max: IMAGES - 1 }), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
    { minLength: 1, maxLength: 3 },
  ),
});

const sizeOf = (layer: number): number => 100 + 7 * layer;
const CONFIG_BYTES = 1;

describe.each(BACKENDS)('groups of images of $name', ({ open }) => {
  let inventory: Inventory;

  const db = useEmptyDatabase(open);
  beforeEach(async () => {
    inventory = new Inventory(db);
  });

  async function fill({ dedup, images, repositories }: Fleet): Promise<void> {
    const source = await inventory.source('lab', dedup);
    const ids: number[] = [];
    for (const [number, { base, runtime, baseLayers, layers, errors }] of images.entries()) {
      ids.push(
        await inventory.image({
          name: `image ${number}`,
          platform: `linux/v${number}`,
          configBytes: CONFIG_BYTES,
          layers: layers.map((layer) => [`layer ${layer}`, sizeOf(layer)]),
          assessment: { base_image: base, base_layers: baseLayers, distro: base, runtime },
          findings: Array.from({ length: errors }, () => ({ rule: 'runs-as-root', severity: 'error' })),
        }),
      );
    }
    for (const [number, tags] of repositories.entries()) {
      const repository = await inventory.repository(source, `a/r${number}`, 'shop', AT);
      for (const [place, members] of tags.entries()) {
        const [only = 0, ...others] = members.map((member) => ids[member] ?? 0);
        const to = others.length === 0 ? only : await inventory.index(`${number} ${place}`, [only, ...others]);
        await inventory.tag(repository, `t${place}`, to, AT);
      }
    }
    await inventory.audit(source, AT);
  }

  const rows = (by: Grouping, filters: ReportFilters = {}) =>
    readRecords(db, leaderboard({ by, metric: 'stored' }), { filters });

  test('are stored and computed as a person would add them up', async () => {
    await fc.assert(
      fc.asyncProperty(fleets, async (fleet) => {
        await emptyTables(db);
        await fill(fleet);
        for (const by of GROUPINGS) {
          const kept = await rows(by);
          expect(kept).toEqual(await rows(by, ALL));
          expect(Object.fromEntries(kept.map((row) => [row[by], row]))).toMatchObject(sumsOf(fleet, by));
        }
      }),
      { numRuns: 12 },
    );
  });

  test('are read as stored until the next audit ends', async () => {
    const image = { base: 'debian', runtime: 'node', baseLayers: 1, layers: [1, 2], errors: 1 };
    await fill({ dedup: 'registry', images: [image], repositories: [[[0]]] });
    await db.query("update source_group set tags = 99 where grouping = 'base'");
    expect(await rows('base')).toMatchObject([{ tags: 99 }]);
    expect(await rows('base', { source: 'lab' })).toMatchObject([{ tags: 99 }]);
    expect(await rows('base', ALL)).toMatchObject([{ tags: 1 }]);
    await inventory.audit(1, AT);
    expect(await rows('base')).toMatchObject([
      { base: 'debian', tags: 1, stored_bytes: 107 + 114 + 1, own_bytes: 114 },
    ]);
  });

  test('over several sources count an image in both once, and its bytes in each', async () => {
    const image = { base: 'debian', runtime: 'node', baseLayers: 1, layers: [1, 2], errors: 1 };
    await fill({ dedup: 'registry', images: [image], repositories: [[[0]]] });
    const other = await inventory.source('mirror');
    const [{ id } = { id: 0 }] = await db.query<{ id: number }>('select manifest_id as id from image');
    await inventory.tag(await inventory.repository(other, 'mirror/a', 'shop', AT), '1', id, AT);
    await inventory.audit(other, AT);
    for (const by of GROUPINGS) {
      const kept = await rows(by);
      expect(kept).toMatchObject([{ tags: 2, images: 1, repositories: 2, stored_bytes: 2 * (107 + 114 + 1) }]);
      expect(kept).toEqual(await rows(by, ALL));
    }
    await db.query("update source_group set tags = 99 where grouping = 'base' and source_id = $1", [other]);
    expect(await rows('base')).toMatchObject([{ tags: 100 }]);
    expect(await rows('runtime')).toMatchObject([{ tags: 2 }]);
    expect(await rows('base', { source: 'mirror' })).toMatchObject([{ tags: 99 }]);
  });

  test.each(['team', 'repository'] as const)('when a group goes, those behind it move up: by %s', async (by) => {
    const later = '2026-11-02T02:00:00Z';
    const source = await inventory.source('lab');
    for (const [name, bytes] of [
      ['a', 40],
      ['b', 30],
      ['c', 20],
    ] as const) {
      const id = await inventory.repository(source, `${name}/app`, name, AT);
      await inventory.tag(id, '1', await inventory.image({ name, layers: [[`layer of ${name}`, bytes]] }), AT);
    }
    await inventory.audit(source, AT);
    await db.query('update tag set ended_at = $1 where repository_id = 1', [later]);
    await db.query('update repository set ended_at = $1 where id = 1', [later]);
    await inventory.audit(source, later);
    const board = leaderboard({ by, metric: 'stored' });
    const moves = async (request: { readonly filters?: ReportFilters; readonly audit?: number } = {}) =>
      (await readRecords(db, board, request)).map((row) => [row.rank, row.stored_bytes, row.moved]);
    const now = [
      [1, 31, 1],
      [2, 21, 1],
    ];
    expect(await moves()).toEqual(now);
    expect(await moves({ audit: 2 })).toEqual(now);
    expect(await moves({ filters: { team: 'b' } })).toEqual([[1, 31, 0]]);
    expect(await moves({ audit: 1 })).toEqual([
      [1, 41, null],
      [2, 31, null],
      [3, 21, null],
    ]);
  });

  test('a team is credited with what other teams build on, not with what it builds on itself', async () => {
    const source = await inventory.source('lab');
    for (const [owner, builder] of [
      ['a', 'a'],
      ['b', 'c'],
    ] as const) {
      const name = `base of ${owner}`;
      const base = await inventory.repository(source, `${owner}/base`, owner, AT);
      await inventory.tag(base, '1', await inventory.image({ name, layers: [[name, 30]] }), AT);
      const app = await inventory.image({
        name: `app on ${name}`,
        layers: [
          [name, 30],
          [`above ${name}`, 5],
        ],
        base: { name: `${owner}/base:1`, image: name, layers: 1 },
      });
      await inventory.tag(await inventory.repository(source, `${builder}/app`, builder, AT), '1', app, AT);
    }
    await inventory.audit(source, AT);
    const credited = (await rows('team')).map((row) => [row.team, row.credited_bytes]).sort();
    expect(credited).toEqual([
      ['a', 0],
      ['b', 30],
      ['c', 0],
    ]);
  });

  test('a team that had too few images for a rank by median has not moved', async () => {
    const source = await inventory.source('lab');
    const add = async (repository: number, team: string, number: number) =>
      inventory.tag(
        repository,
        `${number}`,
        await inventory.image({ name: `${team} ${number}`, layers: [[`layer of ${team}`, team === 'few' ? 40 : 30]] }),
        AT,
      );
    const few = await inventory.repository(source, 'few/app', 'few', AT);
    const many = await inventory.repository(source, 'many/app', 'many', AT);
    for (const number of [1, 2]) await add(few, 'few', number);
    for (const number of [1, 2, 3]) await add(many, 'many', number);
    await inventory.audit(source, AT);
    await add(few, 'few', 3);
    await inventory.audit(source, '2026-11-02T02:00:00Z');
    const found = await readRecords(db, leaderboard({ by: 'team', metric: 'median' }), {});
    expect(found.map((row) => [row.rank, row.team, row.moved])).toEqual([
      [1, 'few', null],
      [2, 'many', -1],
    ]);
  });
});

/** The groups of a fleet by name, each number added up on its own. */
function sumsOf(
  { dedup, images, repositories }: Fleet,
  by: (typeof GROUPINGS)[number],
): Readonly<Record<string, object>> {
  const nameOf = (image: FleetImage): string => (by === 'runtime' ? image.runtime : image.base) ?? 'unknown';
  const standing = repositories.flatMap((tags, repository) =>
    tags.flatMap((members, tag) =>
      members.flatMap((number) => {
        const image = images[number];
        return image ? [{ repository, tag, number, image, name: nameOf(image), bytes: pullBytesOf(image) }] : [];
      }),
    ),
  );
  const holders = new Map<string, Set<string>>();
  const own = new Set<string>();
  for (const { repository, number, image, name } of standing) {
    const scope = dedup === 'registry' ? 'all' : repository;
    const blobs = [...image.layers.map((layer) => `${layer} ${sizeOf(layer)}`), `config${number} ${CONFIG_BYTES}`];
    for (const [position, blob] of blobs.entries()) {
      const key = `${scope} ${blob}`;
      holders.set(key, (holders.get(key) ?? new Set()).add(name));
      if (position >= image.baseLayers && position < image.layers.length) own.add(`${name} ${key}`);
    }
  }
  const names = [...new Set(standing.map(({ name }) => name))];
  return Object.fromEntries(
    names.map((name) => {
      const rows = standing.filter((row) => row.name === name);
      const once = [...new Map(rows.map((row) => [row.number, row])).values()];
      const sizes = once.map(({ bytes }) => bytes).sort((a, b) => a - b);
      const held = [...holders].filter(([, by]) => by.has(name)).map(([key, by]) => ({ key, by: [...by].sort() }));
      const bytesOf = (key: string): number => Number(key.split(' ').at(-1));
      const total = (some: typeof held): number => some.reduce((sum, { key }) => sum + bytesOf(key), 0);
      return [
        name,
        {
          repositories: new Set(rows.map(({ repository }) => repository)).size,
          tags: new Set(rows.map(({ repository, tag }) => `${repository} ${tag}`)).size,
          images: once.length,
          logical_bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
          stored_bytes: held.reduce((sum, { key, by }) => {
            const rest = by.indexOf(name) < bytesOf(key) % by.length ? 1 : 0;
            return sum + Math.floor(bytesOf(key) / by.length) + rest;
          }, 0),
          exclusive_bytes: total(held.filter(({ by }) => by.length === 1)),
          shared_bytes: total(held.filter(({ by }) => by.length > 1)),
          own_bytes: total(held.filter(({ key }) => own.has(`${name} ${key}`))),
          median_bytes: sizes[Math.ceil(sizes.length / 2) - 1],
          p90_bytes: sizes[Math.ceil(sizes.length * 0.9) - 1],
          largest_bytes: sizes.at(-1),
          findings_error: once.reduce((sum, { image }) => sum + image.errors, 0),
        },
      ];
    }),
  );
}

function pullBytesOf({ layers }: FleetImage): number {
  return layers.reduce((sum, layer) => sum + sizeOf(layer), 0);
}
