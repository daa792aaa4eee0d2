import { beforeAll, describe, expect, test } from 'vitest';
import { computeTotals } from '../../../src/store/totals/totals-store.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { recordPlans } from '../../support/plans.ts';

const AT = '2026-11-24T02:00:00Z';
const IMAGES = 30;

describe.each(BACKENDS)('totals of a source on $name', ({ open }) => {
  let inventory: Inventory;
  const db = useDatabase(open);
  beforeAll(() => {
    inventory = new Inventory(db);
  });

  async function fill(name: string): Promise<number> {
    const source = await inventory.source(name);
    const repository = await inventory.repository(source, `${name}/app`, 'shop', AT);
    for (let number = 0; number < IMAGES; number++) {
      const image = await inventory.image({ name: `${name} ${number}`, layers: [[`${name} layer ${number}`, 10]] });
      await inventory.tag(repository, `${number}`, image, AT);
    }
    return source;
  }

  test('read what the source holds only once, even without statistics', async () => {
    await inventory.audit(await fill('old'), AT);
    await db.query('analyze');
    const source = await fill('new');
    const audit = await inventory.audit(source, AT);
    const [gone] = await db.query<{ id: number }>(
      "select t.id from tag t join repository r on r.id = t.repository_id where r.name = 'new/app' order by t.id limit 1",
    );
    await inventory.endTag(gone?.id ?? 0, AT);
    // What this audit has written already, and writes again.
    await db.query('truncate source_total, team_total, base_total, source_summary');
    const plans: string[] = [];
    await db.transaction((tx) => computeTotals(recordPlans(tx, /delete from image_share/, plans), source, audit));
    const loops = [...plans.join('\n').matchAll(/Scan.* on held\b.*loops=(\d+)/g)].map(([, times]) => Number(times));
    expect(loops, plans.join('\n')).toEqual([1]);
    const shares = await db.query<{ source_id: number; images: number }>(
      'select source_id, count(*) as images from image_share group by source_id order by source_id',
    );
    expect(shares).toEqual([
      { source_id: 1, images: IMAGES },
      { source_id: source, images: IMAGES - 1 },
    ]);
  });

  test('count a layer of an image as shared from when another repository holds it, and until it does not', async () => {
    const source = await inventory.source('nights');
    const shares = async (): Promise<number | undefined> => {
      await inventory.audit(source, AT);
      const [row] = await db.query<{ shared: number }>(
        'select shared_bytes as shared from image_share where manifest_id = $1',
        [one],
      );
      return row?.shared;
    };
    const held = ['layer of nights', 5] as const;
    const one = await inventory.image({ name: 'night one', layers: [held] });
    const two = await inventory.image({ name: 'night two', layers: [held, ['other layer of nights', 3]] });
    await inventory.tag(await inventory.repository(source, 'nights/one', 'shop', AT), '1', one, AT);
    expect(await shares()).toBe(0);
    const tag = await inventory.tag(await inventory.repository(source, 'nights/two', 'shop', AT), '1', two, AT);
    expect(await shares()).toBe(5);
    await inventory.endTag(tag, AT);
    expect(await shares()).toBe(0);
  });

  test('count a foreign layer of several repositories as shared, and as stored by none', async () => {
    const source = await inventory.source('windows');
    for (const [name, bytes] of [
      ['a', 7],
      ['b', 9],
    ] as const) {
      const layers = [
        ['foreign', 1000],
        [`layer of ${name}`, bytes],
      ] as const;
      const image = await inventory.image({ name: `windows ${name}`, layers, configBytes: 1 });
      await inventory.tag(await inventory.repository(source, `windows/${name}`, 'shop', AT), '1', image, AT);
    }
    await db.query('update blob set stored = false where size = 1000');
    await inventory.audit(source, AT);
    const rows = await db.query(
      `select i.repository, i.compressed_bytes, i.shared_bytes, i.exclusive_bytes, r.exclusive_bytes as of_repository
       from slimboard_images i join slimboard_repositories r using (repository_id) where i.source = 'windows' order by 1`,
    );
    expect(rows).toEqual([
      { repository: 'windows/a', compressed_bytes: 1007, shared_bytes: 1000, exclusive_bytes: 7, of_repository: 8 },
      { repository: 'windows/b', compressed_bytes: 1009, shared_bytes: 1000, exclusive_bytes: 9, of_repository: 10 },
    ]);
  });

  test('give no image more shared bytes than it has, though manifests disagree about the size of a layer', async () => {
    const source = await inventory.source('disagreeing');
    for (const [name, bytes] of Object.entries({ first: 1000, second: 1 })) {
      const image = await inventory.image({ name: `disagreeing ${name}`, layers: [['of two sizes', bytes]] });
      await inventory.tag(await inventory.repository(source, `disagreeing/${name}`, 'shop', AT), '1', image, AT);
    }
    await inventory.audit(source, AT);
    const shares = 'select shared_bytes, exclusive_bytes from slimboard_images where source = $1 order by repository';
    expect(await db.query(shares, ['disagreeing'])).toEqual([
      { shared_bytes: 1000, exclusive_bytes: 0 },
      { shared_bytes: 1, exclusive_bytes: 0 },
    ]);
  });

  test('are as a person would add them up: by tag, by image, and without what has ended', async () => {
    const source = await inventory.source('hand');
    const [a = 0, b = 0, gone = 0] = await Promise.all(
      ['hand/a', 'hand/b', 'hand/gone'].map((name) => inventory.repository(source, name, 'hand', AT)),
    );
    await db.query('update repository set ended_at = $2 where id = $1', [gone, AT]);
    const image = (name: string, layer: string, bytes: number) => inventory.image({ name, layers: [[layer, bytes]] });
    const one = await image('hand one', 'layer one', 100);
    for (const tag of ['2', '1']) await inventory.tag(a, tag, one, AT);
    await inventory.tag(b, '1', one, AT);
    await inventory.tag(b, 'other', await image('hand other', 'layer other', 100), AT);
    for (const tag of ['w2', 'w1']) await inventory.tag(b, tag, await image(`hand ${tag}`, 'not stored', 1003), AT);
    await db.query('update blob set stored = false where size = 1003');
    const audit = await inventory.audit(source, AT);
    const sums = 'tags, images, logical_bytes, stored_bytes';
    expect(await db.query(`select repositories, ${sums} from source_total where audit_id = $1`, [audit])).toEqual([
      { repositories: 2, tags: 6, images: 4, logical_bytes: 2406, stored_bytes: 204 },
    ]);
    const ofTeam = `select repositories, ${sums}, median_bytes, largest_bytes, largest_image from team_total where audit_id = $1`;
    expect(await db.query(ofTeam, [audit])).toEqual([
      {
        repositories: 2,
        tags: 6,
        images: 4,
        logical_bytes: 2406,
        stored_bytes: 204,
        median_bytes: 100,
        largest_bytes: 1003,
        largest_image: 'hand/b:w1',
      },
    ]);
    const ofRepositories = `select ${sums}, largest_tag from repository_total where audit_id = $1 order by tags`;
    expect(await db.query(ofRepositories, [audit])).toEqual([
      { tags: 2, images: 1, logical_bytes: 200, stored_bytes: 101, largest_tag: '1' },
      { tags: 4, images: 4, logical_bytes: 2206, stored_bytes: 204, largest_tag: 'w1' },
    ]);
    const ofGroups = 'select grouping, name, stored_bytes, own_bytes from source_group where source_id = $1 order by 1';
    expect(await db.query(ofGroups, [source])).toEqual(
      ['base', 'distro', 'runtime'].map((grouping) => ({
        grouping,
        name: 'unknown',
        stored_bytes: 204,
        own_bytes: 200,
      })),
    );
    // The foreign layer is in two images, but of one repository.
    const shared =
      'select shared_bytes, count(*) as images from image_share where source_id = $1 group by 1 order by 1';
    expect(await db.query(shared, [source])).toEqual([
      { shared_bytes: 0, images: 3 },
      { shared_bytes: 100, images: 1 },
    ]);
  });

  test('of many images tell the size that nine in ten have at most, and the score of those that are assessed', async () => {
    const source = await inventory.source('many');
    // Found before the one whose name comes first.
    const [b, a] = [
      await inventory.repository(source, 'many/b', 'many', AT),
      await inventory.repository(source, 'many/a', 'many', AT),
    ];
    for (let bytes = 1; bytes <= 20; bytes++) {
      const judged = bytes === 20 ? { assessment: { slim_score: 50 } } : {};
      const image = await inventory.image({ name: `many ${bytes}`, layers: [[`many ${bytes}`, bytes]], ...judged });
      for (const repository of bytes === 20 ? [b, a] : [b]) await inventory.tag(repository, `${bytes}`, image, AT);
    }
    const audit = await inventory.audit(source, AT);
    const columns = 'median_bytes, p90_bytes, largest_image, slim_score::float8 as slim_score, scored_bytes';
    expect(await db.query(`select ${columns} from team_total where audit_id = $1`, [audit])).toEqual([
      { median_bytes: 10, p90_bytes: 18, largest_image: 'many/a:20', slim_score: 50, scored_bytes: 20 },
    ]);
  });

  test.each([
    ['registry', 200],
    ['namespace', 300],
    ['repository', 400],
  ])('count a blob once in each %s', async (dedup, stored) => {
    const source = await inventory.source(`by ${dedup}`, dedup);
    const image = await inventory.image({ name: `by ${dedup}`, layers: [[`by ${dedup}`, 100]], configBytes: 0 });
    for (const name of ['same/a', 'same/b', 'other/a', 'elsewhere']) {
      const repository = await inventory.repository(source, name, 'shop', AT);
      if (name === 'elsewhere')
        await db.query("update repository set registry = 'other.example.com', name = 'same/a' where id = $1", [
          repository,
        ]);
      await inventory.tag(repository, '1', image, AT);
    }
    const audit = await inventory.audit(source, AT);
    expect(await db.query('select stored_bytes from source_total where audit_id = $1', [audit])).toEqual([
      { stored_bytes: stored },
    ]);
  });

  test('have a row of a repository only when it changed, and one of zeros when it is gone', async () => {
    const source = await inventory.source('steady');
    const [kept, gone] = [
      await inventory.repository(source, 'steady/kept', 'steady', AT),
      await inventory.repository(source, 'steady/gone', 'steady', AT),
    ];
    const image = await inventory.image({ name: 'steady', layers: [['steady', 10]], configBytes: 0 });
    const tags = [await inventory.tag(kept, '1', image, AT), await inventory.tag(gone, '1', image, AT)];
    await inventory.audit(source, AT);
    await inventory.audit(source, AT);
    await inventory.endTag(tags[1] ?? 0, AT);
    await db.query('update repository set ended_at = $2 where id = $1', [gone, AT]);
    await inventory.audit(source, AT);
    await inventory.audit(source, AT);
    const rows = await db.query<{ name: string; stored_bytes: number; exclusive_bytes: number }>(
      `select r.name, t.stored_bytes, t.exclusive_bytes from repository_total t join repository r on r.id = t.repository_id
       where r.source_id = $1 order by t.audit_id, r.name`,
      [source],
    );
    expect(rows.map((row) => `${row.name} ${row.stored_bytes} ${row.exclusive_bytes}`)).toEqual([
      'steady/gone 10 0',
      'steady/kept 10 0',
      'steady/gone 0 0',
      'steady/kept 10 10',
    ]);
  });
});
