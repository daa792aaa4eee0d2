import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { readImageDetail } from '../../../src/serve/image-detail.ts';
import { resolveImage } from '../../../src/serve/resolve-image.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-01T02:00:00Z';

describe.each(BACKENDS)('what is known of an image, from $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  /** An app on an operating system that has twelve tags; the app has a tag, one that has ended, and one by an index. */
  async function fill(): Promise<void> {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const [app, other, os] = [
      await inventory.repository(source, 'shop/app', 'shop', AT),
      await inventory.repository(source, 'shop/other', 'shop', AT),
      await inventory.repository(source, 'library/os', 'base', AT),
    ];
    const findings = ['root-user', 'apt-cache'].map((rule) => ({ rule, severity: 'warn' }));
    const layers = [
      ['root', 7],
      ['files', 2],
      ['files', 2],
    ] as const;
    const image = await inventory.image({ name: 'app', layers, base: { name: 'library/os:1', layers: 1 }, findings });
    await inventory.tag(app, 'latest', image, AT);
    await inventory.tag(app, 'beta', image, AT);
    await inventory.endTag(await inventory.tag(app, 'old', image, AT), AT);
    await inventory.tag(other, 'many', await inventory.index('many', [image]), AT);
    const base = await inventory.image({ name: 'os', layers: [['root', 7]] });
    for (let number = 12; number >= 1; number--) await inventory.tag(os, `${number}`, base, AT);
    await inventory.tag(os, null, base, AT);
    await db.query('update manifest_layer l set chain_id = b.digest from blob b where b.id = l.blob_id');
    await db.query(
      'update image i set chain_id = l.chain_id from manifest_layer l where l.manifest_id = $1 and i.manifest_id = $1',
      [base],
    );
  }

  test('its places are the open tags that name it, or an index that lists it', async () => {
    await fill();
    const { places, former_place } = await readImageDetail(db, digestOf('app'));
    expect(former_place).toBeNull();
    expect(places.map(({ repository, tag }) => `${repository}:${tag}`)).toEqual([
      'shop/app:beta',
      'shop/app:latest',
      'shop/other:many',
    ]);
  });

  test('its former place is the tag that named it last, once none does any more', async () => {
    await fill();
    await db.query(
      `update tag set ended_at = case name when 'many' then $2 else $1 end::timestamptz where ended_at is null`,
      [AT, '2026-11-20T02:00:00Z'],
    );
    expect(await readImageDetail(db, digestOf('app'))).toMatchObject({
      places: [],
      former_place: { repository: 'shop/other', tag: 'many', team: 'shop', ended_at: '2026-11-20T02:00:00.000Z' },
    });
  });

  test('its proof are the layers of its base, with ten names of images that have the same', async () => {
    await fill();
    const { base_chain_id, base_names, layers } = await readImageDetail(db, digestOf('app'));
    expect(base_chain_id).toBe(digestOf('root'));
    expect(base_names).toEqual(
      ['1', '10', '11', '12', '2', '3', '4', '5', '6', '7'].map((tag) => `registry.example.com/library/os:${tag}`),
    );
    expect(layers.map((layer) => [layer.position, layer.class, layer.of_base, layer.images])).toEqual([
      [0, 'base', true, 2],
      [1, 'none', false, 1],
      [2, 'none', false, 1],
    ]);
    await db.query(
      'update tag set ended_at = $1 where manifest_id = (select manifest_id from image where layer_count = 1)',
      [AT],
    );
    expect(await readImageDetail(db, digestOf('app'))).toMatchObject({ base_chain_id, base_names: [] });
    await db.query(
      `insert into base_image (registry, repository, tag, digest, platform, chain_id, layer_count, pull_bytes, labels, learned_at, newest)
       select 'docker.io', 'library/os', '1', m.digest, i.platform, i.chain_id, 1, 7, '{}', $1, true from image i join manifest m on m.id = i.manifest_id
       where i.layer_count = 1`,
      [AT],
    );
    expect(await readImageDetail(db, digestOf('app'))).toMatchObject({ base_names: ['docker.io/library/os:1'] });
  });

  test('its findings keep their order; without an assessment it has none, nor a base', async () => {
    await fill();
    await db.query('update finding set ordinal = 10 - ordinal');
    const { findings } = await readImageDetail(db, digestOf('app'));
    expect(findings.map(({ rule }) => rule)).toEqual(['apt-cache', 'root-user']);
    expect(await readImageDetail(db, digestOf('os'))).toMatchObject({
      base_image: null,
      base_chain_id: null,
      base_names: [],
      findings: [],
      plan: [],
      layers: [{ class: 'none', of_base: false }],
    });
  });

  test('it goes by its digest, or by a tag that names it now; without a tag, by latest', async () => {
    await fill();
    const app = digestOf('app');
    const hosts = ['registry.example.com', 'registry.example.com:443'];
    for (const name of [
      app,
      'shop/app',
      'shop/app:latest',
      'shop/other:many',
      ...hosts.map((host) => `${host}/shop/app`),
    ])
      expect(await resolveImage(db, name), name).toBe(app);
    for (const name of ['shop/app:old', 'shop/none', 'shop/other', 'elsewhere.example.com/shop/app'])
      await expect(resolveImage(db, name), name).rejects.toMatchObject({ code: 'not-found' });
  });
});
