import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, test } from 'vitest';
import { exportBases, importBases } from '../../../src/catalogue/file.ts';
import type { Database, Queryable } from '../../../src/database/database.ts';
import { findCatalogueKey } from '../../../src/store/catalogue-store.ts';
import { findBases } from '../../../src/store/known-bases.ts';
import { auditRegistry } from '../../support/audits.ts';
import { learnFrom } from '../../support/bases.ts';
import { BACKENDS, emptyTables, useEmptyDatabase } from '../../support/databases.ts';
import { ARM, artifact, image, index } from '../../support/image-builder.ts';
import { answer } from '../../support/registry-faults.ts';
import { startRegistry } from '../../support/registry-server.ts';
import { useRegistry } from '../../support/use-registry.ts';

const BASES = `select repository || ':' || tag as name, platform, layer_count, newest from base_image order by 1, 2, learned_at, newest`;

describe.each(BACKENDS)('the base-image catalogue on $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const mirror = useRegistry({ pageSize: 2 });
  beforeEach(() => {
    mirror.push('library/os', '12', index([image({ layers: ['os'] }), image({ layers: ['os arm'], platform: ARM })]));
    mirror.push('library/runtime', '20', image({ layers: ['os', 'runtime 20'] }));
    mirror.push('library/runtime', 'lts', image({ layers: ['os', 'runtime 20'] }));
    mirror.push('other/app', '1', image({ layers: ['other'] }));
  });

  test('contains the images of all tags of all repositories under a prefix', async () => {
    const learned = await learnFrom(db, mirror);
    expect(learned).toEqual({ repositories: 2, tags: 3, unchanged: 0, withImage: 3, failed: 0, images: 2 });
    expect(await db.query(BASES)).toEqual([
      { name: 'library/os:12', platform: 'linux/amd64', layer_count: 1, newest: true },
      { name: 'library/runtime:20', platform: 'linux/amd64', layer_count: 2, newest: true },
      { name: 'library/runtime:lts', platform: 'linux/amd64', layer_count: 2, newest: true },
    ]);
  });

  test('reads known tags by requests without a body, and known images not at all', async () => {
    await learnFrom(db, mirror);
    const before = mirror.requests.length;
    const learned = await learnFrom(db, mirror);
    expect(learned).toMatchObject({ tags: 3, unchanged: 3, images: 0 });
    const sent = mirror.requests
      .slice(before)
      .filter(({ path }) => path.includes('/manifests/') || path.includes('/blobs/'));
    expect(sent).toHaveLength(3);
  });

  test('keeps the earlier image of a tag, marked as not the newest', async () => {
    await learnFrom(db, mirror);
    mirror.push('library/runtime', 'lts', image({ layers: ['os', 'runtime 22'] }));
    await learnFrom(db, mirror, { now: '2026-11-25T02:00:00.000Z' });
    const rows = await db.query(BASES);
    expect(rows.slice(2)).toEqual([
      { name: 'library/runtime:lts', platform: 'linux/amd64', layer_count: 2, newest: false },
      { name: 'library/runtime:lts', platform: 'linux/amd64', layer_count: 2, newest: true },
    ]);
    mirror.push('library/runtime', 'lts', image({ layers: ['os', 'runtime 20'] }));
    await learnFrom(db, mirror, { now: '2026-11-26T02:00:00.000Z' });
    const back = await db.query<{ newest: boolean }>(
      "select newest from base_image where tag = 'lts' order by learned_at",
    );
    expect(back.map(({ newest }) => newest)).toEqual([false, true]);
  });

  test('learns more platforms once they are selected', async () => {
    await learnFrom(db, mirror);
    await learnFrom(db, mirror, { source: { platforms: 'all' } });
    const rows = await db.query(
      "select platform, newest from base_image where repository = 'library/os' order by platform",
    );
    expect(rows).toEqual([
      { platform: 'linux/amd64', newest: true },
      { platform: 'linux/arm64', newest: true },
    ]);
    expect(await learnFrom(db, mirror)).toMatchObject({ unchanged: 3 });
  });

  test('reads known tags and images again if nothing stored is to be believed', async () => {
    await learnFrom(db, mirror);
    expect(await learnFrom(db, mirror, { source: { full: true } })).toMatchObject({ tags: 3, unchanged: 0 });
    expect(await db.query(BASES)).toHaveLength(3);
  });

  test('contains the newest tags of each repository, if no more are wanted', async () => {
    for (const version of ['21', '22']) mirror.push('library/runtime', version, image({ layers: ['os', version] }));
    const selection = { tags: ['2*'], newest: 1 };
    expect(await learnFrom(db, mirror, { source: selection })).toMatchObject({ repositories: 2, tags: 1 });
    expect(await db.query(BASES)).toMatchObject([{ name: 'library/runtime:22' }]);
  });

  test('reads named tags without a listing', async () => {
    const selection = { include: ['library/runtime'], repositories: ['library/runtime'], tags: ['20'] };
    expect(await learnFrom(db, mirror, { source: selection })).toMatchObject({ repositories: 1, tags: 1, images: 1 });
    expect(mirror.requests.filter(({ path }) => path.includes('/tags/list') || path.includes('_catalog'))).toEqual([]);
  });

  test('leaves out what is no image, and continues after failures', async () => {
    mirror.push(
      'library/chart',
      '1',
      artifact({ configType: 'application/vnd.cncf.helm.config.v1+json', layerType: 'application/tar' }),
    );
    const lost = image({ layers: ['lost'] });
    mirror.push('library/lost', '1', lost);
    const undo = mirror.fault({ path: new RegExp(`/blobs/${lost.config.digest}`) }, answer(404, {}, 'BLOB_UNKNOWN'));
    const failures: string[] = [];
    const learned = await learnFrom(db, mirror, {
      onFailure: (item, code) => failures.push(`${item.split('@')[0]} ${code}`),
    });
    expect(learned).toMatchObject({ repositories: 4, tags: 5, failed: 1 });
    expect(failures).toEqual(['library/lost:1 not-found']);
    undo();
    expect(await learnFrom(db, mirror)).toMatchObject({ unchanged: 4, failed: 0, images: 1 });
  });

  test('proves the bases of images in another registry, which are assessed again when it has learned more', async () => {
    const apps = await startRegistry();
    apps.push('team/app', '1', image({ layers: ['os', 'runtime 20', 'app'] }));
    apps.push('team/tool', '1', image({ layers: ['os', 'tool'] }));
    await auditRegistry(db, apps);
    await learnFrom(db, mirror);
    await auditRegistry(db, apps);
    await apps.close();
    const rows = await db.query(
      'select repository, base_image, base_confidence, base_evidence from slimboard_images order by repository',
    );
    expect(rows).toEqual([
      {
        repository: 'team/app',
        base_image: 'library/runtime:20;library/runtime:lts',
        base_confidence: 'proven',
        base_evidence: 'layer-chain:library/runtime:20',
      },
      {
        repository: 'team/tool',
        base_image: 'library/os:12',
        base_confidence: 'proven',
        base_evidence: 'layer-chain:library/os:12',
      },
    ]);
  });

  test('an image has a stale base once a newer build of the base has been learned, until its tags name the old one again', async () => {
    const apps = await startRegistry();
    apps.push('team/app', '1', image({ layers: ['os', 'runtime 20', 'app'] }));
    const stale = async () => {
      await learnFrom(db, mirror, { now: '2026-11-25T02:00:00.000Z' });
      await auditRegistry(db, apps);
      return db.query("select split_part(message, ' ', 1) as base from finding where rule = 'stale-base'");
    };
    expect(await stale()).toEqual([]);
    const again = image({ layers: ['os', 'runtime 20, mended'], created: '2024-02-10T12:00:00Z' });
    mirror.push('library/runtime', 'lts', again);
    expect(await stale()).toEqual([]);
    mirror.push('library/runtime', '20', again);
    expect(await stale()).toEqual([{ base: 'library/runtime:20' }]);
    const { layers, digest } = image({ layers: ['os', 'runtime 20'] });
    const config = { architecture: 'amd64', created: undefined, diffIds: layers.map(({ diffId }) => diffId) };
    const [, known] = await findBases(db, { config, digest, repository: 'team/app' });
    const newer = { createdAt: '2024-02-10T12:00:00Z', ageDays: 40 };
    expect(known?.newerBuilds).toEqual([
      { reference: 'library/runtime:20', ...newer },
      { reference: 'library/runtime:lts', ...newer },
    ]);
    for (const tag of ['lts', '20']) mirror.push('library/runtime', tag, image({ layers: ['os', 'runtime 20'] }));
    expect(await stale()).toEqual([]);
    await apps.close();
  });

  test('is another catalogue when two tags exchange their builds', async () => {
    const learned = async (lts: string, runtime: string) => {
      mirror.push('library/runtime', 'lts', image({ layers: ['os', lts] }));
      mirror.push('library/runtime', '20', image({ layers: ['os', runtime] }));
      await learnFrom(db, mirror);
      return findCatalogueKey(db);
    };
    await learned('old', 'old');
    await learned('new', 'new');
    const before = await learned('old', 'new');
    expect(await learned('old', 'new')).toBe(before);
    expect(await learned('new', 'old')).not.toBe(before);
  });

  describe('as a file', () => {
    const exported = () => text(exportBases(db));
    async function* lines(file: string) {
      yield* file.trimEnd().split('\n');
    }

    test('is the same after an import into another database and an export', async () => {
      await learnFrom(db, mirror, { source: { platforms: 'all' } });
      mirror.push('library/runtime', 'lts', image({ layers: ['os', 'runtime 22'] }));
      await learnFrom(db, mirror, { now: '2026-11-25T02:00:00.000Z' });
      const file = await exported();
      await importBases(db, lines(file), 'bases.ndjson');
      expect(await exported()).toBe(file);
      await emptyTables(db);
      expect(await importBases(db, lines(file), 'bases.ndjson')).toBe(5);
      expect(await exported()).toBe(file);
    });

    test('imports older images without replacing the newest image of a tag', async () => {
      await learnFrom(db, mirror);
      const old = await exported();
      await emptyTables(db);
      mirror.push('library/runtime', 'lts', image({ layers: ['os', 'runtime 22'] }));
      await learnFrom(db, mirror, { now: '2026-11-25T02:00:00.000Z' });
      await importBases(db, lines(old), 'bases.ndjson');
      const rows = await db.query<{ newest: boolean }>(
        "select newest from base_image where tag = 'lts' order by learned_at",
      );
      expect(rows.map(({ newest }) => newest)).toEqual([false, true]);
    });

    test('may come slowly, as through a pipe', async () => {
      const file = await exported();
      const used: Queryable[] = [];
      const watched: Pick<Database, 'transaction'> = {
        transaction: (work) =>
          db.transaction((tx) => {
            used.push(tx);
            return work(tx);
          }),
      };
      async function* slowly() {
        const limits = await used[0]?.query('show idle_in_transaction_session_timeout');
        expect(limits).toEqual([{ idle_in_transaction_session_timeout: '0' }]);
        yield* lines(file);
      }
      expect(await importBases(watched, slowly(), 'bases.ndjson')).toBe(0);
    });

    test('is refused as a whole if it has an error, with the line number', async () => {
      await learnFrom(db, mirror);
      const file = await exported();
      await emptyTables(db);
      const cut = file.trimEnd().split('\n').slice(0, -1).join('\n');
      await expect(importBases(db, lines(cut), 'b.ndjson')).rejects.toThrow(
        'b.ndjson: the file ends early, after line 4',
      );
      const wrong = file.replace('"layer_count":2', '"layer_count":0');
      await expect(importBases(db, lines(wrong), 'b.ndjson')).rejects.toThrow('b.ndjson:3: layer_count: expected 1 to');
      await expect(importBases(db, lines('{"a": 1}'), 'b.ndjson')).rejects.toThrow(
        'b.ndjson:1: the file is not a catalogue',
      );
      await expect(importBases(db, lines('PK'), 'b.ndjson')).rejects.toThrow('b.ndjson:1: the line is not valid JSON');
      expect(await db.query('select 1 from base_image')).toEqual([]);
    });
  });
});
