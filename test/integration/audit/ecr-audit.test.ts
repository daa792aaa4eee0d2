import { beforeEach, describe, expect, test } from 'vitest';
import { auditEcr, contentOf, errorsOf, expectAsAnew } from '../../support/audits.ts';
import { learnFrom } from '../../support/bases.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { BACKENDS, emptyTables, useEmptyDatabase } from '../../support/databases.ts';
import { useEcr } from '../../support/ecr.ts';
import type { FakeEcr } from '../../support/fake-ecr.ts';
import {
  ARM,
  artifact,
  attestation,
  type BuiltManifest,
  image,
  index,
  tarLayer,
  textLayer,
} from '../../support/image-builder.ts';
import { startRegistry } from '../../support/registry-server.ts';

const ecr = useEcr();
const HOST = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

function fill(fake: FakeEcr, repository: string, images: number): void {
  for (let n = 0; n < images; n++)
    fake.push(repository, image({ layers: ['base', `${repository} ${n}`] }), { tags: [`v${n}`] });
}

/** The distinct blobs that manifests name, in bytes. */
function bytesOf(...contents: readonly BuiltManifest[]): number {
  const blobs = new Map<string, number>();
  const add = ({ blobs: own, children }: BuiltManifest): void => {
    for (const [digest, body] of own) blobs.set(digest, body.length);
    children.forEach(add);
  };
  contents.forEach(add);
  return [...blobs.values()].reduce((sum, size) => sum + size, 0);
}

describe.each(BACKENDS)('an audit of Amazon ECR into $name', ({ open }) => {
  let fake: FakeEcr;

  const db = useEmptyDatabase(open);
  beforeEach(async () => {
    fake = await ecr.start();
  });

  const rows = (repository: string) =>
    db.query(
      `select tag, kind, platform, index_digest is not null as of_index, compressed_bytes is not null as sized, archived
       from slimboard_images where repository = $1 order by tag, kind, platform`,
      [repository],
    );

  test('has a row for each tag and platform, and for untagged manifests that no index lists', async () => {
    const app = image({ layers: ['base', 'app'] });
    fake.push('shop/api', app, { tags: ['1.0', 'latest'] });
    fake.push('shop/api', image({ layers: ['base', 'older app'] }));
    const multi = image({ layers: ['base', 'multi'] });
    fake.push(
      'shop/api',
      index([
        multi,
        image({ layers: ['arm'], platform: ARM }),
        attestation(multi),
        image({ layers: ['windows'], platform: { os: 'windows', architecture: 'amd64' } }),
      ]),
      { tags: ['2.0'] },
    );
    const audit = await auditEcr(db, fake);
    expect(audit).toMatchObject({ status: 'finished', repositoriesListed: 1, tagsListed: 3, tagsAudited: 3 });
    expect(await rows('shop/api')).toEqual([
      { tag: '', kind: 'image', platform: 'linux/amd64', of_index: false, sized: true, archived: false },
      { tag: '1.0', kind: 'image', platform: 'linux/amd64', of_index: false, sized: true, archived: false },
      { tag: '2.0', kind: 'image', platform: 'linux/amd64', of_index: true, sized: true, archived: false },
      { tag: 'latest', kind: 'image', platform: 'linux/amd64', of_index: false, sized: true, archived: false },
    ]);
    await auditEcr(db, fake, { source: { platforms: 'all' } });
    expect((await rows('shop/api')).filter((row) => row.tag === '2.0').map((row) => row.platform)).toEqual([
      'linux/amd64',
      'linux/arm64',
      'windows/amd64',
    ]);
  });

  test('counts the bytes of an index as the union of its children, whichever platform is audited', async () => {
    const shared = image({ layers: ['shared', 'amd'] });
    const arm = image({ layers: ['shared', 'arm'], platform: ARM });
    const multi = index([shared, arm]);
    fake.push('shop/multi', multi, { tags: ['1'] });
    await auditEcr(db, fake);
    const { source } = await contentOf(db);
    expect(source).toMatchObject([{ tags: 1, images: 1, stored_bytes: bytesOf(multi) }]);
  });

  test('stores archived images with the size and kind that the listing gives', async () => {
    const cold = image({ layers: ['cold'] });
    fake.push('shop/cold', cold, { tags: ['old'], status: 'ARCHIVED' });
    fake.push('shop/cold', image({ layers: ['coming back'] }), { tags: ['waking'], status: 'ACTIVATING' });
    fake.push('shop/cold', image({ layers: ['cold, untagged'] }), { status: 'ARCHIVED' });
    fake.push('shop/cold', index([]), { tags: ['many'], status: 'ARCHIVED' });
    const audit = await auditEcr(db, fake);
    expect(audit).toMatchObject({ status: 'finished', tagsListed: 3 });
    expect(fake.callCounts().BatchGetImage).toBeUndefined();
    expect(await rows('shop/cold')).toEqual([
      { tag: '', kind: 'unknown', platform: null, of_index: false, sized: false, archived: true },
      { tag: 'many', kind: 'index', platform: null, of_index: true, sized: false, archived: true },
      { tag: 'old', kind: 'unknown', platform: null, of_index: false, sized: false, archived: true },
      { tag: 'waking', kind: 'unknown', platform: null, of_index: false, sized: false, archived: true },
    ]);
    const reported = await db.query("select reported_bytes from slimboard_images where tag = 'old'");
    expect(reported).toEqual([{ reported_bytes: bytesOf(cold) }]);

    fake.push('shop/cold', cold, { tags: ['old'] });
    await auditEcr(db, fake);
    expect((await rows('shop/cold'))[2]).toMatchObject({ tag: 'old', kind: 'image', sized: true, archived: false });
  });

  test('recognises charts, signatures and referrers', async () => {
    const app = image({ layers: ['app'] });
    fake.push('mixed', app, { tags: ['1'] });
    fake.push(
      'mixed',
      artifact({
        configType: 'application/vnd.cncf.helm.config.v1+json',
        layerType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
      }),
      { tags: ['chart'] },
    );
    fake.push(
      'mixed',
      artifact({
        configType: 'application/vnd.oci.image.config.v1+json',
        layerType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      }),
      { tags: [`${app.digest.replace(':', '-')}.sig`] },
    );
    fake.push(
      'mixed',
      artifact({
        configType: 'application/vnd.oci.empty.v1+json',
        layerType: 'application/spdx+json',
        artifactType: 'application/spdx+json',
        subject: app,
      }),
      { subject: app.digest },
    );
    await auditEcr(db, fake);
    expect((await rows('mixed')).map((row) => [Object(row).tag.slice(0, 6), Object(row).kind])).toEqual([
      ['', 'artifact'],
      ['1', 'image'],
      ['chart', 'artifact'],
      ['sha256', 'signature'],
    ]);
    const subjects = await db.query("select encode(subject, 'hex') as hex from manifest where subject is not null");
    expect(subjects).toEqual([{ hex: app.digest.slice(7) }]);
  });

  test('takes owners from repository tags', async () => {
    fake.createRepository('docker-hub/library/node', { team: 'platform' });
    fake.createRepository('shop/api', { Team: 'other key', team: ' checkout ' });
    fill(fake, 'docker-hub/library/node', 1);
    fill(fake, 'shop/api', 1);
    fill(fake, 'lost', 1);
    await auditEcr(db, fake);
    expect(await db.query('select name, team, team_origin as origin from repository order by name')).toEqual([
      { name: 'docker-hub/library/node', team: 'platform', origin: 'registry' },
      { name: 'lost', team: 'unowned', origin: 'none' },
      { name: 'shop/api', team: 'checkout', origin: 'registry' },
    ]);
  });

  test.each([
    [true, 'once'],
    [false, 'once a repository'],
  ])('with blob mounting %s, a layer in two repositories is stored %s', async (blobMounting, _times) => {
    const mounting = await ecr.start({ blobMounting });
    const one = image({ layers: ['shared'] });
    mounting.push('a', one, { tags: ['1'] });
    mounting.push('b', one, { tags: ['1'] });
    await auditEcr(db, mounting);
    const { source, teams } = await contentOf(db);
    const stored = bytesOf(one) * (blobMounting ? 1 : 2);
    expect(source).toMatchObject([{ stored_bytes: stored }]);
    expect(teams).toMatchObject([{ stored_bytes: stored }]);
  });

  test('keeps the last known state of blob mounting while it cannot be read', async () => {
    const mounting = await ecr.start({ blobMounting: true });
    const [one, two] = [image({ layers: ['shared'] }), image({ layers: ['shared'], config: { User: 'app' } })];
    for (const repository of ['a', 'b']) mounting.push(repository, one, { tags: ['1'] });
    await auditEcr(db, mounting);
    mounting.fail({ operation: 'GetAccountSetting' }, { name: 'AccessDeniedException' });
    for (const repository of ['a', 'b']) mounting.push(repository, two, { tags: ['2'] });
    await auditEcr(db, mounting);
    expect((await contentOf(db)).source).toMatchObject([{ stored_bytes: bytesOf(one, two) }]);
  });

  test('recomputes totals when only blob mounting was switched on', async () => {
    const one = image({ layers: ['shared'] });
    const [off, on] = [await ecr.start({ blobMounting: false }), await ecr.start({ blobMounting: true })];
    for (const mounting of [off, on])
      for (const repository of ['a', 'b']) mounting.push(repository, one, { tags: ['1'] });
    await auditEcr(db, off);
    await auditEcr(db, on, { source: { full: true } });
    expect(await db.query('select stored_bytes from source_total order by audit_id')).toEqual([
      { stored_bytes: 2 * bytesOf(one) },
      { stored_bytes: bytesOf(one) },
    ]);
  });

  test('counts each tag once in its progress, and no untagged manifests', async () => {
    fill(fake, 'shop/api', 4);
    fake.push('shop/api', index([image({ layers: ['child'] })]), { tags: ['multi'] });
    fake.push('shop/api', image({ layers: ['untagged'] }));
    let audited = 0;
    const audit = await auditEcr(db, fake, { onDone: (_outcome, count) => (audited += count) });
    expect([audit.tagsListed, audited]).toEqual([5, 5]);
  });

  test('makes as few calls as possible the first time, and only list calls when nothing is new', async () => {
    fake = await ecr.start({ pageSize: 80 });
    fill(fake, 'large', 110);
    // Two tags of one image are one manifest; the children of indexes are on the list themselves.
    for (let n = 0; n < 40; n++)
      fake.push('large', image({ layers: ['base', `large ${n}`] }), { tags: [`also-v${n}`] });
    for (let n = 0; n < 25; n++) {
      const app = image({ layers: ['multi', `${n}`] });
      fake.push('large', index([app, image({ layers: ['arm', `${n}`], platform: ARM }), attestation(app, { n })]), {
        tags: [`multi-${n}`],
      });
    }
    fill(fake, 'small', 3);
    fake.push('small', image({ layers: ['archived'] }), { tags: ['archived'], status: 'ARCHIVED' });
    fake.createRepository('empty');
    const audit = await auditEcr(db, fake);
    expect(audit).toMatchObject({ status: 'finished', tagsListed: 110 + 40 + 25 + 4 });
    const listed = 110 + 25 * 4;
    const lists = {
      DescribeRepositories: 1,
      ListTagsForResource: 3,
      DescribeImages: Math.ceil(listed / 80) + 1 + 1,
    };
    const configs = 110 + 25 * 2 + 3;
    const provenance = 25;
    const blobs = configs + provenance;
    expect(fake.callCounts()).toEqual({
      ...lists,
      GetAccountSetting: 1,
      BatchGetImage: Math.ceil(listed / 100) + 1,
      GetDownloadUrlForLayer: blobs,
      GetBlob: blobs,
    });
    const asked = fake.calls.flatMap(({ input }) => (input.imageIds ?? []) as { imageDigest: string }[]);
    expect(new Set(asked.map(({ imageDigest }) => imageDigest)).size).toBe(asked.length);
    expect(audit.requests).toBe(fake.calls.length + fake.blobRequests.length);
    const pages = fake.calls.flatMap(({ input }) => (input.maxResults === undefined ? [] : [input.maxResults]));
    expect(new Set(pages)).toEqual(new Set([1_000]));

    const before = await contentOf(db);
    fake.forgetCalls();
    await auditEcr(db, fake);
    expect(fake.callCounts()).toEqual(lists);
    expect(await contentOf(db)).toEqual(before);

    fake.forgetCalls();
    for (let n = 0; n < 60; n++) fake.push('large', image({ layers: ['base', `new ${n}`] }), { tags: [`v${n * 3}`] });
    await auditEcr(db, fake);
    expect(fake.callCounts()).toMatchObject({ BatchGetImage: 1, GetBlob: 60 });
  });

  test('reads each layer once with --deep, from its presigned URL', async () => {
    const layer = await tarLayer({ 'etc/app.conf': 'setting', 'var/cache/apt/pkgcache.bin': 'x'.repeat(500) });
    fake.push('a', image({ layers: [layer] }), { tags: ['1'] });
    fake.push('b', image({ layers: [layer, await tarLayer({ 'app/main.js': 'code' })] }), { tags: ['1'] });
    const audit = await auditEcr(db, fake, { source: { deep: true } });
    expect(audit.status).toBe('finished');
    expect(fake.callCounts().GetBlob).toBe(2 + 2);
    const read = await db.query('select uncompressed_bytes > 0 as read from slimboard_images');
    expect(read).toEqual([{ read: true }, { read: true }]);
  });

  test('fetches the config of an image once, even if several repositories contain it', async () => {
    const promoted = image({ layers: ['base', 'app'] });
    for (const stage of ['dev', 'staging', 'prod']) fake.push(`${stage}/app`, promoted, { tags: ['1'] });
    await auditEcr(db, fake);
    expect(fake.callCounts().GetBlob).toBe(1);
  });

  test('audits each of several regions as a registry of its own', async () => {
    const one = image({ layers: ['one'] });
    fake.push('app', one, { tags: ['1'] });
    fake.push('app', one, { tags: ['1'], region: 'us-east-1' });
    await auditEcr(db, fake, { source: { regions: ['eu-west-1', 'us-east-1'] } });
    expect(await db.query('select registry, tag from slimboard_images order by registry')).toEqual([
      { registry: HOST, tag: '1' },
      { registry: HOST.replace('eu-west-1', 'us-east-1'), tag: '1' },
    ]);
    expect((await contentOf(db)).source).toMatchObject([{ stored_bytes: 2 * bytesOf(one) }]);
  });

  test('continues if access to one repository is denied, and reports which', async () => {
    fill(fake, 'closed', 2);
    fill(fake, 'open', 2);
    fake.fail(
      { operation: 'DescribeImages', repository: 'closed' },
      { name: 'AccessDeniedException', message: 'not authorized' },
    );
    const audit = await auditEcr(db, fake);
    expect(audit).toMatchObject({ status: 'incomplete', repositoriesListed: 2, tagsListed: 2, tagsAudited: 2 });
    expect(await errorsOf(db, audit.id)).toEqual([
      {
        repository: 'closed',
        tag: '',
        code: 'access-denied',
        message: expect.stringContaining('ecr:DescribeImages on arn:aws:ecr:eu-west-1:123456789012:repository/closed'),
        retry: 'never',
      },
    ]);
  });

  test.each(['a-first', 'z-last'])('reads what %s refuses, if another repository has the same', async (name) => {
    const app = image({ layers: ['base', 'app'] });
    const multi = index([image({ layers: ['multi'] }), image({ layers: ['arm'], platform: ARM })]);
    for (const repository of ['middle', name]) {
      fake.push(repository, app, { tags: ['1', 'latest'], pushedAt: 1_767_300_000 });
      fake.push(repository, multi, { tags: ['multi'] });
      fake.push(repository, image({ layers: ['untagged'] }));
    }
    fake.push(name, image({ layers: ['alone'] }), { tags: ['alone'] });
    fake.fail({ operation: 'BatchGetImage', repository: name }, { name: 'AccessDeniedException', message: 'no' });
    const audit = await auditEcr(db, fake, { source: { concurrency: 1 } });
    expect((await errorsOf(db, audit.id)).map(({ tag, code }) => [tag, code])).toEqual([['alone', 'access-denied']]);
    expect(audit).toMatchObject({ status: 'incomplete', tagsListed: 7, tagsAudited: 6, tagsFailed: 1 });
    expect(await rows(name)).toEqual(await rows('middle'));
    const dates = await db.query(
      "select distinct extract(epoch from pushed_at)::int8 as at from slimboard_images where tag = 'latest'",
    );
    expect(dates).toEqual([{ at: 1_767_300_000 }]);
    // What no other repository has is not asked for again.
    expect(fake.callCounts().BatchGetImage).toBe(2);
  });

  test('reports each image deleted after the listing, and each missing config', async () => {
    fill(fake, 'app', 3);
    const gone = image({ layers: ['gone'] });
    fake.push('app', gone, { tags: ['gone'] });
    const broken = image({ layers: ['broken'] });
    fake.push('app', broken, { tags: ['broken'] });
    fake.repository('app').blobs.delete(broken.config.digest);
    fake.afterCall('DescribeImages', () => fake.repository('app').images.delete(gone.digest));
    const audit = await auditEcr(db, fake);
    expect(audit).toMatchObject({ status: 'incomplete', tagsListed: 5, tagsAudited: 3, tagsSkipped: 0, tagsFailed: 2 });
    expect((await errorsOf(db, audit.id)).map(({ tag, code }) => [tag, code])).toEqual([
      ['broken', 'not-found'],
      ['gone', 'not-found'],
    ]);
  });

  test('is slowed down by a rate limit, but does not fail', async () => {
    fill(fake, 'app', 6);
    fake.fail({ operation: 'BatchGetImage', times: 1 }, { name: 'ThrottlingException', message: 'Rate exceeded' });
    fake.fail({ operation: 'GetDownloadUrlForLayer', every: 3, times: 1 }, { name: 'TooManyRequestsException' });
    const audit = await auditEcr(db, fake);
    expect(audit).toMatchObject({ status: 'finished', tagsAudited: 6, throttled: 2 });
  });

  test('stops when AWS refuses the credentials, and reports everything that was not read', async () => {
    const repositories = 120;
    for (let n = 0; n < repositories; n++) fill(fake, `app-${n}`, 1);
    let callsBefore = 0;
    fake.afterCall('GetDownloadUrlForLayer', () => {
      fake.expireSessions();
      callsBefore = fake.calls.length;
    });
    const told: string[] = [];
    const audit = await auditEcr(db, fake, { onFailure: (_item, message) => told.push(message) });
    expect(audit.status).toBe('incomplete');
    expect(told[0]).toMatch(/AWS refused the credentials .*ExpiredTokenException/);
    // Two for each that was under way: one refused, one with credentials asked for anew.
    expect(fake.calls.length - callsBefore).toBeLessThanOrEqual(64 * 2);
    const accountedFor = await db.query(
      "select repository from slimboard_images union select repository from slimboard_errors where repository <> ''",
    );
    expect(accountedFor).toHaveLength(repositories);
  });

  test('keeps the pull time from before it read the image', async () => {
    const day = 86_400;
    const pulledAt = Math.floor(Date.now() / 1000) - 3 * day;
    fake.push('app', image({ layers: ['used'] }), { tags: ['used', 'also'], pulledAt });
    fake.push('app', image({ layers: ['never'] }), { tags: ['never'] });
    const pulls = () =>
      db.query(
        'select tag, extract(epoch from pulled_at)::int8 as pulled from slimboard_image_history order by tag, first_seen_at',
      );
    const before = [
      { tag: 'also', pulled: pulledAt },
      { tag: 'never', pulled: null },
      { tag: 'used', pulled: pulledAt },
    ];
    await auditEcr(db, fake);
    expect(await pulls()).toEqual(before);
    await auditEcr(db, fake);
    expect(await pulls()).toEqual(before);
    fake.push('app', image({ layers: ['never'] }), { tags: ['never'], pulledAt: pulledAt + day });
    await auditEcr(db, fake);
    expect(await pulls()).toEqual([before[0], { tag: 'never', pulled: pulledAt + day }, before[2]]);
  });

  test('keeps that pull time when --full reads the image again', async () => {
    const [now, day] = [Math.floor(Date.now() / 1000), 86_400];
    const used = image({ layers: ['used'] });
    const pull = (daysAgo: number) => fake.push('app', used, { tags: ['used'], pulledAt: now - daysAgo * day });
    pull(400);
    await auditEcr(db, fake);
    // The first reading was a month ago.
    pull(30);
    await db.query('update manifest set fetched_at = to_timestamp($1)', [now - 30 * day]);
    await auditEcr(db, fake, { source: { full: true } });
    await auditEcr(db, fake);
    const pulled = await db.query('select extract(epoch from pulled_at)::int8 as at from slimboard_images');
    expect(pulled).toEqual([{ at: now - 400 * day }]);
  });

  test('keeps that pull time if ECR still reports the first reading after --full, as it records one pull a day', async () => {
    const day = 86_400;
    const read = Math.floor(Date.now() / 1000) - day / 3;
    const used = image({ layers: ['used'] });
    const pull = (at: number) => fake.push('app', used, { tags: ['used'], pulledAt: at });
    pull(read - 400 * day);
    await auditEcr(db, fake);
    pull(read);
    await db.query('update manifest set fetched_at = to_timestamp($1)', [read]);
    await auditEcr(db, fake, { source: { full: true } });
    pull(read);
    await auditEcr(db, fake);
    const pulled = await db.query('select extract(epoch from pulled_at)::int8 as at from slimboard_images');
    expect(pulled).toEqual([{ at: read - 400 * day }]);
  });

  test('is resumed after a stop, and ends with the rows of one that was not stopped', async () => {
    fake = await ecr.start({ blobMounting: true, pageSize: 30 });
    for (let n = 0; n < 12; n++) fill(fake, `app-${n}`, 8);
    const multi = image({ layers: ['multi'] });
    fake.push('app-3', index([multi, image({ layers: ['arm'], platform: ARM }), attestation(multi)]), { tags: ['m'] });
    const stop = new AbortController();
    let sent = 0;
    const stopped = auditEcr(db, fake, {
      signal: stop.signal,
      onRequest: () => {
        if (++sent === 90) stop.abort(new Error('stopped on purpose'));
      },
    });
    await expect(stopped).rejects.toThrow('stopped on purpose');
    const resumed = await auditEcr(db, fake);
    expect(resumed).toMatchObject({
      id: 1,
      status: 'finished',
      repositoriesListed: 12,
      tagsListed: 97,
      tagsAudited: 97,
    });
    await expectAsAnew(db, () => auditEcr(db, fake));
  });

  test('counts less as its own where only the base of an untagged image has become known since', async () => {
    fake.push('app', image({ layers: ['tagged'] }), { tags: ['1'] });
    fake.push('app', image({ layers: ['base', 'untagged'] }));
    const ownBytes = async (): Promise<number | undefined> => {
      await auditEcr(db, fake);
      const [row] = await db.query<{ own_bytes: number }>('select own_bytes from slimboard_repositories');
      return row?.own_bytes;
    };
    const before = await ownBytes();
    const mirror = closedAfterTest(await startRegistry());
    mirror.push('library/debian', '12', image({ layers: ['base'] }));
    await learnFrom(db, mirror);
    expect(await ownBytes()).toBe((before ?? 0) - textLayer('base').body.length);
  });

  test('selects the newest tags by push date, and tags by pattern, with the children of their indexes', async () => {
    for (const [n, tag] of ['1.0', '1.1', '2.0', 'dev'].entries())
      fake.push('app', image({ layers: [tag] }), { tags: [tag], pushedAt: 1_700_000_000 - n });
    const multi = image({ layers: ['multi'] });
    fake.push('app', index([multi, image({ layers: ['arm'], platform: ARM })]), {
      tags: ['1.2'],
      pushedAt: 1_800_000_000,
    });
    const tagsOf = async () => (await rows('app')).map((row) => `${row.tag} ${row.platform}`);
    await auditEcr(db, fake, { source: { newest: 2 } });
    expect(await tagsOf()).toEqual(['1.0 linux/amd64', '1.2 linux/amd64']);
    await emptyTables(db);
    await auditEcr(db, fake, { source: { tags: ['1.*'] } });
    expect(await tagsOf()).toEqual(['1.0 linux/amd64', '1.1 linux/amd64', '1.2 linux/amd64']);
  });
});
