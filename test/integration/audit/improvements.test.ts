import { beforeEach, describe, expect, test } from 'vitest';
import { digestBytes } from '../../../src/oci/digest.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { prune } from '../../../src/store/retention-store.ts';
import { listTouchedRepositories, readBuildPairs } from '../../../src/store/totals/improvement-store.ts';
import { auditRegistry } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image, index, textLayer } from '../../support/image-builder.ts';
import { Inventory } from '../../support/inventory.ts';
import { pushableBase, pushablePair } from '../../support/pair-images.ts';
import { recordPlans } from '../../support/plans.ts';
import { readRecords } from '../../support/report-records.ts';
import { useRegistry } from '../../support/use-registry.ts';

const month = (number: number) => `2026-0${number}-01T00:00:00Z`;
const FAT = pushablePair('node-single-stage', month(1));
const SLIM = pushablePair('node-multi-stage-slim', month(2));

describe.each(BACKENDS)('techniques that builds applied, in $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();
  beforeEach(() => {
    registry.push('library/node', '20', pushableBase('node-single-stage'));
    registry.push('library/node', '20-slim', pushableBase('node-multi-stage-slim'));
  });

  const rowsOf = (kind: 'improvements' | 'techniques') => readRecords(db, KINDS[kind]);

  test('of two versions found in one audit, with estimated and achieved savings', async () => {
    registry.push('payments/cart-api', '0.9', FAT);
    registry.push('payments/cart-api', '1.0', SLIM);
    await auditRegistry(db, registry);
    const savedBytes = FAT.pullBytes - SLIM.pullBytes;
    expect(await rowsOf('improvements')).toMatchObject([
      {
        repository: 'payments/cart-api',
        tag: '1.0',
        previous_tag: '0.9',
        technique: 'multi-stage;slim-base',
        previous_bytes: FAT.pullBytes,
        compressed_bytes: SLIM.pullBytes,
        saved_bytes: savedBytes,
        base_saved_bytes: 267_285_364 - 71_109_069,
        outcome: 'as estimated',
        digest: SLIM.digest,
        previous_digest: FAT.digest,
      },
    ]);
    expect(await rowsOf('techniques')).toMatchObject([
      {
        technique: 'multi-stage;slim-base',
        guide_min_percent: 70,
        guide_max_percent: 90,
        achieved_percent: Math.round((savedBytes / FAT.pullBytes) * 10_000) / 100,
        builds: 1,
        estimated: 1,
        as_estimated: 1,
        saved_bytes: savedBytes,
      },
    ]);
  });

  test('of repositories of one source are found without the audits of others', async () => {
    const inventory = new Inventory(db);
    const [source, other] = [await inventory.source('lab'), await inventory.source('other')];
    const repository = await inventory.repository(source, 'app', 'team', month(1));
    for (const at of [1, 2]) {
      const build = await inventory.image({ name: `build ${at}`, layers: [], createdAt: month(at), assessment: {} });
      await inventory.tag(repository, `1.${at}`, build, month(1));
    }
    for (const id of [source, other]) await inventory.audit(id, month(2));
    const plans: string[] = [];
    await readBuildPairs(recordPlans(db, /audit_ends/, plans), [repository]);
    expect(plans.join()).toMatch(/CTE ended\n *-> .* rows=1(?:\.00)? loops=1/);
  });

  test('of a tag that moved between two audits; an audit without changes writes nothing', async () => {
    const versions = () => db.query('select ctid::text, xmin::text from improvement');
    registry.push('payments/cart-api', 'main', FAT);
    await auditRegistry(db, registry);
    expect(await versions()).toEqual([]);
    registry.push('payments/cart-api', 'main', SLIM);
    await auditRegistry(db, registry);
    expect(await rowsOf('improvements')).toMatchObject([{ tag: 'main', previous_tag: 'main' }]);
    const before = await versions();
    await auditRegistry(db, registry);
    expect(await versions()).toEqual(before);
  });

  test('count once, though the build that applied them is pruned and an older one stays', async () => {
    const slim = (number: number) => pushablePair('node-multi-stage-slim', month(number));
    registry.push('payments/cart-api', '0.9', FAT);
    registry.push('payments/cart-api', '1.0', SLIM);
    await auditRegistry(db, registry);
    const found = await rowsOf('improvements');
    registry.push('payments/cart-api', '1.1', slim(3));
    await auditRegistry(db, registry);
    registry.untag('payments/cart-api', '1.0');
    await auditRegistry(db, registry);
    const now = new Date().toISOString();
    const pruned = await prune(db, { auditsBefore: now, contentBefore: now, signal: new AbortController().signal });
    expect(pruned.rows).toMatchObject({ tags: 1, manifests: 1 });
    registry.push('payments/cart-api', '1.2', slim(4));
    await auditRegistry(db, registry);
    expect(await rowsOf('improvements')).toEqual(found);

    registry.push('payments/cart-api', '1.3', pushablePair('node-single-stage', month(5)));
    registry.push('payments/cart-api', '1.4', slim(6));
    await auditRegistry(db, registry);
    expect(await rowsOf('improvements')).toMatchObject([{ tag: '1.0' }, { tag: '1.4', previous_tag: '1.3' }]);
  });

  test('a build under several tags counts once, against the newest build before it', async () => {
    registry.push('payments/cart-api', '0.8', pushablePair('node-single-stage', month(1)));
    registry.push('payments/cart-api', 'latest', pushablePair('node-single-stage', month(1)));
    await auditRegistry(db, registry);
    registry.push('payments/cart-api', '0.9', pushablePair('node-single-stage', month(3)));
    registry.push('payments/cart-api', '1.0', pushablePair('node-multi-stage-slim', month(4)));
    registry.push('payments/cart-api', 'latest', pushablePair('node-multi-stage-slim', month(4)));
    await auditRegistry(db, registry);
    expect(await rowsOf('improvements')).toMatchObject([{ tag: '1.0', previous_tag: '0.9' }]);
  });

  test.each([
    ['a tag', SLIM],
    ['an index', index([SLIM])],
  ])('are looked for again in a repository whose images were assessed anew: %s', async (_, build) => {
    registry.push('payments/cart-api', '1.0', build);
    const { id } = await auditRegistry(db, registry);
    const [source] = await db.query<{ id: number }>('select id from source');
    const touched = () => listTouchedRepositories(db, [source?.id ?? 0], id + 1);
    expect(await touched()).toEqual([]);
    await db.query(
      `update assessment a set judged_at = now() + interval '1 minute' from manifest m where m.id = a.manifest_id and m.digest = $1`,
      [digestBytes(SLIM.digest)],
    );
    expect(await touched()).toEqual(
      (await db.query<{ id: number }>("select id from repository where name = 'payments/cart-api'")).map(
        (row) => row.id,
      ),
    );
  });

  test('of a build that only leaves out what its packages left behind', async () => {
    const installing = (number: number, step: string) =>
      image({
        layers: ['os', { ...textLayer(step), body: Buffer.alloc(400_000 / number, 'x') }],
        history: [{ created_by: 'ADD rootfs.tar / # buildkit' }, { created_by: `RUN /bin/sh -c ${step} # buildkit` }],
        created: month(number),
      });
    const install = 'apt-get update && apt-get install -y --no-install-recommends curl';
    registry.push('payments/cart-api', '1.0', installing(1, install));
    registry.push('payments/cart-api', '1.1', installing(2, `${install} && rm -rf /var/lib/apt/lists/*`));
    await auditRegistry(db, registry);
    expect(await rowsOf('improvements')).toMatchObject([{ tag: '1.1', technique: 'clean-up' }]);
  });

  test('a build is as old as its first tag, though it gets another one later', async () => {
    registry.push('payments/cart-api', '1.0', FAT);
    await auditRegistry(db, registry);
    registry.push('payments/cart-api', '1.1', pushablePair('node-multi-stage-slim', month(1)));
    registry.push('payments/cart-api', '1.2', FAT);
    await auditRegistry(db, registry);
    expect(await rowsOf('improvements')).toMatchObject([{ tag: '1.1', previous_tag: '1.0' }]);
  });

  test.each([
    ['variants side by side', { '1.0': FAT, '1.0-slim': SLIM }],
    [
      'a build that got fatter',
      {
        '1.0': pushablePair('node-multi-stage-slim', month(1)),
        '1.1': pushablePair('node-single-stage', month(2)),
      },
    ],
    ['builds of which nobody knows the order', { '1.0': FAT, '1.1': pushablePair('node-multi-stage-slim', month(1)) }],
  ])('none is found in %s', async (_, tags) => {
    for (const [tag, image] of Object.entries(tags)) registry.push('payments/cart-api', tag, image);
    await auditRegistry(db, registry);
    expect(await rowsOf('improvements')).toEqual([]);
  });

  test('none is found in builds of one date that one audit found, even if it read some of them later', async () => {
    registry.push('payments/cart-api', '1.0', FAT);
    registry.push('payments/cart-api', '1.1', pushablePair('node-multi-stage-slim', month(1)));
    await auditRegistry(db, registry);
    await db.query("update tag set started_at = started_at + interval '1 millisecond' where name = '1.1'");
    registry.push('payments/cart-api', '0.9', FAT);
    await auditRegistry(db, registry, { source: { full: true } });
    expect(await rowsOf('improvements')).toEqual([]);
  });

  test('the credit of a build is withdrawn when another build appears between it and its predecessor', async () => {
    registry.push('payments/cart-api', '1.0', FAT);
    registry.push('payments/cart-api', '1.2', pushablePair('node-multi-stage-slim', month(3)));
    await auditRegistry(db, registry);
    expect(await rowsOf('improvements')).toMatchObject([{ tag: '1.2' }]);
    registry.push('payments/cart-api', '1.1', SLIM);
    await auditRegistry(db, registry);
    expect(await rowsOf('improvements')).toMatchObject([{ tag: '1.1', previous_tag: '1.0' }]);
  });

  test('tags belong to one line of builds if they differ only in numbers and commits', async () => {
    const lines = {
      '0.9': '#',
      '1.10.3-alpine': '#-alpine',
      'v2.0.0-rc.1': 'v#-rc.#',
      main: 'main',
      'sha-3f2a1bc': 'sha-#',
      '20261124-0200-3f2a1bc9': '#-#-#',
      a1b2c3d4e5f60718293a4b5c6d7e8f9012345678: '#',
      'node22-slim': 'node#-slim',
    };
    const found = await db.query<{ tag: string; line: string }>(
      'select tag, tag_line(tag) as line from unnest($1::text[]) as t (tag)',
      [Object.keys(lines)],
    );
    expect(Object.fromEntries(found.map(({ tag, line }) => [tag, line]))).toEqual(lines);
  });
});
