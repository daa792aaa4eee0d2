import { beforeEach, describe, expect, test } from 'vitest';
import { readTagShares } from '../../../src/html/overview/read-summaries.ts';
import type { ReportFilters } from '../../../src/report/filters.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

const AT = '2026-11-01T02:00:00Z';
/** A filter that takes all: with one, rows are added up from the images. */
const ALL: ReportFilters = { repository: '**' };

describe.each(BACKENDS)('base images of $name', ({ open }) => {
  let inventory: Inventory;
  let source: number;

  const db = useEmptyDatabase(open);
  beforeEach(async () => {
    inventory = new Inventory(db);
    source = await inventory.source('lab');
    await fill(source);
    await inventory.audit(source, AT);
  });

  /** Two platforms under one tag, a tag of its own in another team, an image whose base nobody knows, one without a tag. */
  async function fill(sourceId: number): Promise<void> {
    const base = { name: 'library/debian:12', layers: 1 };
    const debian = { distro: 'debian', distro_version: '12', distro_eol: '2028-06-30', app_bytes: 20 };
    const [amd64, arm64] = [
      await inventory.image({
        name: 'amd64',
        layers: [
          ['debian', 100],
          ['code', 20],
        ],
        base,
        assessment: debian,
        createdAt: '2026-10-01T00:00:00Z',
      }),
      await inventory.image({
        name: 'arm64',
        platform: 'linux/arm64',
        layers: [
          ['debian arm', 110],
          ['code', 20],
        ],
        base,
        assessment: debian,
        createdAt: '2026-10-02T00:00:00Z',
      }),
    ];
    const index = await inventory.index('both', [amd64, arm64]);
    const unknown = await inventory.image({ name: 'unknown', layers: [['whatever', 7]], assessment: {} });
    const untagged = await inventory.image({ name: 'untagged', layers: [['debian', 100]], base, assessment: debian });
    const shop = await inventory.repository(sourceId, 'shop/cart', 'shop', AT);
    const pay = await inventory.repository(sourceId, 'pay/api', 'pay', AT);
    await inventory.tag(shop, '1.0', index, AT);
    await inventory.tag(shop, 'latest', index, AT);
    await inventory.tag(pay, '1', amd64, AT);
    await inventory.tag(pay, '2', unknown, AT);
    await inventory.tag(pay, null, untagged, AT);
  }

  async function rows(filters: ReportFilters = {}, audit?: number) {
    return readRecords(db, KINDS.bases, { filters, ...(audit ? { audit } : {}) });
  }

  test('are stored when an audit ends, equal to the sums of its images', async () => {
    const kept = await rows();
    expect(kept).toMatchObject([
      {
        base_image: 'library/debian:12',
        distro: 'debian',
        distro_eol: '2028-06-30',
        images: 2,
        tags: 3,
        repositories: 2,
        teams: 2,
        logical_bytes: 620,
      },
      {
        base_image: null,
        distro: null,
        images: 1,
        tags: 1,
        repositories: 1,
        teams: 1,
        base_bytes: null,
        logical_bytes: 7,
      },
    ]);
    expect(kept).toEqual(await rows(ALL));
    await db.query('update source_base set images = 99 where base_image is null');
    expect(await rows()).toMatchObject([{ images: 99 }, { images: 2 }]);
    expect(await rows({}, 1)).toMatchObject([{ images: 2 }, { images: 1 }]);
    await inventory.audit(source, AT);
    expect(await rows()).toEqual(kept);
  });

  test('have the same tags in the history of audits: a tag of several platforms counts once', async () => {
    expect(await readTagShares(db, 'base')).toMatchObject([
      { name: 'library/debian:12', tags: 3, logicalBytes: 620 },
      { name: 'not known', tags: 1, logicalBytes: 7 },
    ]);
  });

  test('are computed until an audit has ended', async () => {
    const kept = await rows();
    await db.query('delete from source_base');
    expect(await rows()).toEqual(kept);
  });

  describe('of several sources', () => {
    let other: number;

    beforeEach(async () => {
      other = await inventory.source('mirror');
      const copy = await inventory.repository(other, 'mirror/cart', 'shop', AT);
      const [{ id } = { id: 0 }] = await db.query<{ id: number }>(
        "select manifest_id as id from image where platform = 'linux/arm64'",
      );
      await inventory.tag(copy, '1.0', id, AT);
      await inventory.audit(other, AT);
    });

    test('count an image in both once; those of a single source are read as stored', async () => {
      const [debian] = await rows();
      expect(debian).toMatchObject({ images: 2, tags: 4, repositories: 3, teams: 2 });
      expect(await rows()).toEqual(await rows(ALL));
      const kept = await rows({ source: 'lab' });
      expect(kept).toEqual(await rows({ ...ALL, source: 'lab' }));
      await db.query('update source_base set images = 99 where source_id = $1', [other]);
      expect(await rows({ source: 'lab' })).toEqual(kept);
      expect(await rows({ source: 'mirror' })).toMatchObject([{ images: 99, tags: 1 }]);
    });

    test('tell in which ways a base is known, and count its images by distribution', async () => {
      const repository = await inventory.repository(other, 'mirror/old', 'shop', AT);
      for (const [at, version] of ['12', '11'].entries()) {
        const assessment = { distro: 'debian', distro_version: version, base_confidence: 'inferred', base_bytes: 0 };
        const base = { name: 'library/debian:12', layers: 0 };
        const image = await inventory.image({ name: `of ${version}`, layers: [[version, 1]], base, assessment });
        await inventory.tag(repository, `${at}`, image, AT);
      }
      await db.query("update assessment set distro_eol = '2028-06-30' where distro_version = '12'");
      await inventory.audit(other, AT);
      const found = await rows({ base: 'debian:*' });
      expect(found).toEqual((await rows()).filter(({ base_image: name }) => name !== null));
      expect(found.map((row) => [row.distro_version, row.base_confidence, row.images])).toEqual([
        ['12', 'inferred;proven', 3],
        ['11', 'inferred', 1],
      ]);
      const ofMirror = await rows({ source: 'mirror' });
      expect(ofMirror).toEqual(await rows({ ...ALL, source: 'mirror' }));
      expect(ofMirror[0]).toMatchObject({ distro_version: '12', base_confidence: 'inferred;proven', images: 2 });
    });
  });
});
