import { beforeEach, describe, expect, test } from 'vitest';
import type { OciSource } from '../../../src/settings/settings.ts';
import type { DoneSoFar } from '../../../src/store/progress-store.ts';
import { auditRegistry, contentOf, errorsOf, expectAsAnew } from '../../support/audits.ts';
import { BACKENDS, databaseWith, useEmptyDatabase } from '../../support/databases.ts';
import { ARM, artifact, attestation, image, index, schema1 } from '../../support/image-builder.ts';
import { answer, body } from '../../support/registry-faults.ts';
import { useRegistry } from '../../support/use-registry.ts';

const BASE = ['base layer one', 'base layer two'];

describe.each(BACKENDS)('an audit of a registry into $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry({ pageSize: 2 });
  beforeEach(() => {
    registry.push('library/base', '1', image({ layers: BASE }));
    registry.push('team-a/api', '1.0', image({ layers: [...BASE, 'api'] }));
    registry.push('team-a/api', 'latest', image({ layers: [...BASE, 'api'] }));
    registry.push('team-b/web', '2', image({ layers: [...BASE, 'web'], dialect: 'docker' }));
  });

  test('finds every repository and tag over all pages, and its totals equal the sum of the blobs', async () => {
    const ended: unknown[] = [];
    const stages: string[] = [];
    const audit = await auditRegistry(db, registry, {
      onStage: (stage) => stages.push(stage),
      onEnd: ({ id, tagsAudited }) => ended.push([id, tagsAudited]),
    });
    expect(ended).toEqual([[audit.id, 4]]);
    expect(stages).toEqual(['layers', 'assess', 'close']);
    expect(audit).toMatchObject({
      status: 'finished',
      repositoriesListed: 3,
      tagsListed: 4,
      tagsAudited: 4,
      tagsFailed: 0,
      requests: registry.count(),
    });
    const { images, teams, source } = await contentOf(db);
    const early = 'select * from slimboard_images where least(last_seen_at, audited_at) < first_seen_at';
    expect(await db.query(early)).toEqual([]);
    expect(images.map((row) => `${row.repository}:${row.tag}`)).toEqual([
      'library/base:1',
      'team-a/api:1.0',
      'team-a/api:latest',
      'team-b/web:2',
    ]);
    const [blobs] = await db.query<{ bytes: number }>('select sum(size)::int8 as bytes from blob');
    expect(source).toMatchObject([{ stored_bytes: blobs?.bytes }]);
    expect(teams.reduce((sum: number, row) => sum + Number(row.stored_bytes), 0)).toBe(blobs?.bytes);
  });

  test('knows what a manifest is from its content, whatever tag names it first', async () => {
    const app = image({ layers: [...BASE, 'api'] });
    registry.push('a-first', `${app.digest.replace(':', '-')}.sig`, app);
    await auditRegistry(db, registry);
    const kinds = await db.query('select distinct kind from slimboard_images');
    expect(kinds).toEqual([{ kind: 'image' }]);
  });

  test.each(['a-first', 'z-last'])('reads what %s cannot serve, if another repository has the same', async (name) => {
    const app = image({ layers: [...BASE, 'shared'] });
    const arm = image({ layers: ['arm'], platform: ARM });
    for (const repository of ['middle', name]) {
      registry.push(repository, 'app', app);
      registry.push(repository, 'both', index([app, arm]));
    }
    for (const lost of [app.config.digest, arm.digest])
      registry.fault({ path: new RegExp(`/${name}/.*${lost}`) }, answer(404));
    const source = { platforms: 'all', concurrency: 1 } as const;
    const audit = await auditRegistry(db, registry, { source });
    expect(await errorsOf(db, audit.id)).toEqual([]);
    expect(audit).toMatchObject({ status: 'finished', tagsListed: 8, tagsAudited: 8, tagsFailed: 0 });
    const names = await db.query('select tag, platform from slimboard_images where repository = $1 order by 1, 2', [
      name,
    ]);
    expect(names.map(({ tag, platform }) => `${tag} ${platform}`)).toEqual([
      'app linux/amd64',
      'both linux/amd64',
      'both linux/arm64',
    ]);
  });

  test('proves the base of an image by its layers if another repository contains the base', async () => {
    await auditRegistry(db, registry);
    const rows = await db.query(
      'select repository, base_image, base_confidence, base_evidence from slimboard_images order by repository, tag',
    );
    const proven = {
      base_image: 'library/base:1',
      base_confidence: 'proven',
      base_evidence: 'layer-chain:library/base:1',
    };
    expect(rows.slice(1)).toEqual(
      ['team-a/api', 'team-a/api', 'team-b/web'].map((repository) => ({ repository, ...proven })),
    );
  });

  test('the next audit sends one request per tag, and changes no row', async () => {
    await auditRegistry(db, registry);
    const before = await contentOf(db);
    registry.forgetRequests();
    const again = await auditRegistry(db, registry);
    expect(registry.count({ path: /\/manifests\// })).toBe(4);
    expect(registry.count({ method: 'HEAD', path: /\/manifests\// })).toBe(4);
    expect(registry.count({ path: /\/blobs\// })).toBe(0);
    expect(again.status).toBe('finished');
    expect(await contentOf(db)).toEqual(before);
    const [totals] = await db.query('select count(*) from team_total');
    expect(totals).toEqual({ count: 1 });
  });

  test('tags that moved to a manifest of other tags cost no further request, and a new manifest is read once', async () => {
    const [old, promoted] = [image({ layers: ['old'] }), image({ layers: ['promoted'] })];
    for (const tag of ['a', 'b', 'latest']) registry.push('moving', tag, old);
    registry.push('moving', '2', promoted);
    const source = { include: ['moving'] };
    await auditRegistry(db, registry, { source });
    const fresh = image({ layers: ['fresh'] });
    registry.push('moving', 'latest', promoted);
    for (const tag of ['a', 'b']) registry.push('moving', tag, fresh);
    registry.forgetRequests();
    await auditRegistry(db, registry, { source });
    expect(registry.count({ method: 'HEAD' })).toBe(4);
    expect(
      registry.requests.flatMap(({ method, path }) => (method === 'GET' && /manifests|blobs/.test(path) ? [path] : [])),
    ).toEqual([`/v2/moving/manifests/${fresh.digest}`, `/v2/moving/blobs/${fresh.config.digest}`]);
    const { images } = await contentOf(db);
    expect(images.map((row) => [row.tag, `sha256:${row.digest}`])).toEqual([
      ['2', promoted.digest],
      ['a', fresh.digest],
      ['b', fresh.digest],
      ['latest', promoted.digest],
    ]);
  });

  const unknown = answer(404, {}, 'NAME_UNKNOWN');
  test.each<[string, Partial<OciSource>, ReturnType<typeof answer>, number, string[], string[]]>([
    ['whose last tag was removed, and that the catalog still lists, is empty', {}, unknown, 2, ['1.0', 'latest'], []],
    [
      'that the settings name, and the registry has no more, ends, and is an error',
      { repositories: ['team-a/api', 'team-b/web'] },
      unknown,
      1,
      ['1.0', 'latest'],
      ['team-b/web: not-found'],
    ],
    [
      'whose page is not found for another reason keeps what it held',
      {},
      answer(404, {}, 'NOT_FOUND'),
      2,
      ['1.0', 'latest', '2'],
      ['team-b/web: not-found'],
    ],
  ])('a repository %s', async (_, settings, fault, repositories, tags, errors) => {
    const source = { include: ['team-*/**'], ...settings };
    await auditRegistry(db, registry, { source });
    registry.fault({ path: /team-b\/web\/tags/ }, fault);
    const audit = await auditRegistry(db, registry, { source });
    expect(audit).toMatchObject({ status: errors.length === 0 ? 'finished' : 'incomplete', repositoriesListed: 2 });
    const told = await errorsOf(db, audit.id);
    expect(told.map(({ repository, tag, code }) => `${repository}${tag}: ${code}`)).toEqual(errors);
    const { images, source: totals } = await contentOf(db);
    expect(images.map((row) => row.tag)).toEqual(tags);
    expect(totals).toMatchObject([{ repositories, tags: tags.length }]);
  });

  test('a repository that the settings name ends when it is gone, and comes back', async () => {
    const source = { repositories: ['team-a/api', 'team-b/web'] };
    await auditRegistry(db, registry, { source });
    const opened = async () => db.query("select ended_at is null as open from repository where name = 'team-b/web'");
    registry.fault({ path: /team-b\/web\/tags/, times: 1 }, unknown);
    await auditRegistry(db, registry, { source });
    expect(await opened()).toEqual([{ open: false }]);
    await auditRegistry(db, registry, { source });
    expect(await opened()).toEqual([{ open: true }]);
    expect((await contentOf(db)).source).toMatchObject([{ repositories: 2, tags: 3 }]);
  });

  test('a repository that the settings name and that stays gone, or never was, ended once and changes no totals', async () => {
    const source = { repositories: ['team-a/api', 'team-b/web', 'team-b/wep'] };
    await auditRegistry(db, registry, { source });
    registry.deleteRepository('team-b/web');
    const { id } = await auditRegistry(db, registry, { source });
    const ended = () => db.query('select name, ended_at from repository where ended_at is not null order by name');
    const before = await ended();
    expect(before).toMatchObject([{ name: 'team-b/web' }, { name: 'team-b/wep' }]);
    expect(await auditRegistry(db, registry, { source })).toMatchObject({ status: 'incomplete' });
    expect(await ended()).toEqual(before);
    expect(await db.query('select totals_of from audit order by id desc limit 1')).toEqual([{ totals_of: id }]);
  });

  test('a repository that came back is there even if the list of its tags breaks off', async () => {
    const source = { repositories: ['team-a/api', 'team-b/web'] };
    const mend = registry.fault({ path: /team-b\/web\/tags/ }, unknown);
    await auditRegistry(db, registry, { source });
    mend();
    const again = image({ layers: ['web'] });
    for (let tag = 100; tag < 202; tag++) registry.push('team-b/web', `${tag}`, again);
    registry.fault({ path: /team-b\/web\/tags.*cursor=102/ }, answer(403));
    expect(await auditRegistry(db, registry, { source })).toMatchObject({ status: 'incomplete', tagsAudited: 2 });
    expect((await contentOf(db)).source).toMatchObject([{ repositories: 2, tags: 2 + 100 }]);
  });

  test('totals are recomputed when only the contents below a tag have changed', async () => {
    const arm = image({ layers: ['arm only'], platform: ARM });
    registry.push('mixed/multi', '1', index([image({ layers: ['x'] }), arm]));
    await auditRegistry(db, registry);
    const before = await db.query<{ stored_bytes: number }>('select stored_bytes from source_total');
    await auditRegistry(db, registry, { source: { platforms: 'all' } });
    const [after] = await db.query<{ stored_bytes: number }>(
      'select stored_bytes from source_total order by audit_id desc limit 1',
    );
    expect(after?.stored_bytes).toBeGreaterThan(before[0]?.stored_bytes ?? 0);
    const [blobs] = await db.query('select sum(size)::int8 as stored_bytes from blob');
    expect(after).toEqual(blobs);
  });

  test.each<[string, Partial<OciSource>]>([
    ['platforms', { platforms: 'all' }],
    ['deduplication', { dedup: 'repository' }],
  ])('totals are recomputed when the settings change for %s', async (_, source) => {
    const arm = image({ layers: ['arm only'], platform: ARM });
    registry.push('mixed/multi', '1', index([image({ layers: ['x'] }), arm]));
    const totals = async () => {
      const [row] = await db.query(
        'select images, logical_bytes, stored_bytes from source_total order by audit_id desc limit 1',
      );
      return row;
    };
    await auditRegistry(db, registry, { source });
    const before = await totals();
    await auditRegistry(db, registry);
    const changed = await totals();
    expect(changed).not.toEqual(before);
    await auditRegistry(db, registry, { source: { ...source, full: true } });
    expect(await totals()).toEqual(before);
    await auditRegistry(db, registry);
    expect(await totals()).toEqual(changed);
  });

  test('a digest with many tags is read once', async () => {
    await auditRegistry(db, registry);
    const configs = registry.requests
      .filter(({ path }) => path.includes('/blobs/'))
      .map(({ path }) => path.split('/').at(-1));
    expect(configs.length).toBe(new Set(configs).size);
  });

  test('a tag that moves, disappears and returns has a history', async () => {
    await auditRegistry(db, registry);
    registry.push('team-b/web', '2', image({ layers: [...BASE, 'web', 'more'] }));
    registry.untag('team-a/api', 'latest');
    await auditRegistry(db, registry);
    registry.push('team-a/api', 'latest', image({ layers: [...BASE, 'api'] }));
    registry.deleteRepository('team-b/web');
    await auditRegistry(db, registry);
    const { tags, repositories } = await contentOf(db);
    expect(tags.filter((row) => row.tag === 'latest').map((row) => row.open)).toEqual([false, true]);
    expect(tags.filter((row) => row.repository === 'team-b/web').map((row) => row.open)).toEqual([false, false]);
    expect(repositories.find((row) => row.name === 'team-b/web')).toMatchObject({ open: false });
    registry.push('team-b/web', '2', image({ layers: [...BASE, 'web'] }));
    await auditRegistry(db, registry);
    expect((await contentOf(db)).repositories.find((row) => row.name === 'team-b/web')).toMatchObject({
      open: true,
    });
  });

  test('manifests that are no images are stored under their kind, without a size', async () => {
    const multi = image({ layers: ['multi'] });
    registry.push('mixed/all', 'index', index([multi, image({ layers: ['arm'], platform: ARM }), attestation(multi)]));
    registry.push(
      'mixed/all',
      'chart',
      artifact({
        configType: 'application/vnd.cncf.helm.config.v1+json',
        layerType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
      }),
    );
    registry.push('mixed/all', 'old', schema1('mixed/all'));
    registry.push('mixed/all', 'arm-only', index([image({ layers: ['arm'], platform: ARM })]));
    const audit = await auditRegistry(db, registry);
    expect(audit.status).toBe('finished');
    const rows = await db.query(
      "select tag, kind, platform, compressed_bytes is null as unsized, index_digest is not null as of_index from slimboard_images where repository = 'mixed/all' order by tag",
    );
    expect(rows).toEqual([
      { tag: 'arm-only', kind: 'index', platform: null, unsized: true, of_index: true },
      { tag: 'chart', kind: 'artifact', platform: null, unsized: true, of_index: false },
      { tag: 'index', kind: 'image', platform: 'linux/amd64', unsized: false, of_index: true },
      { tag: 'old', kind: 'unknown', platform: null, unsized: true, of_index: false },
    ]);
  });

  test('the empty config of an attestation is not fetched, but its provenance is', async () => {
    const app = image({ layers: ['attested'] });
    const described = attestation(app);
    registry.push('mixed/attested', '1', index([app, described]));
    expect((await auditRegistry(db, registry)).status).toBe('finished');
    const { config, layers } = JSON.parse(described.body.toString());
    expect(registry.count({ path: new RegExp(`/blobs/${config.digest}`) })).toBe(0);
    expect(registry.count({ path: new RegExp(`/blobs/${layers[0].digest}`) })).toBe(1);
  });

  test('platforms are read once the settings select them', async () => {
    registry.push('mixed/multi', '1', index([image({ layers: ['x'] }), image({ layers: ['arm'], platform: ARM })]));
    await auditRegistry(db, registry);
    await auditRegistry(db, registry, { source: { platforms: 'all' } });
    const rows = await db.query(
      "select platform from slimboard_images where repository = 'mixed/multi' order by platform",
    );
    expect(rows).toEqual([{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }]);
  });

  describe('of an index within indexes', () => {
    const arm = image({ layers: ['nested', 'arm'], platform: ARM });
    const amd = image({ layers: ['nested', 'amd'] });
    const source = { include: ['nested/app'], platforms: 'all' } as const;
    beforeEach(() => {
      registry.push('nested/app', '1', index([index([index([amd, arm])]), amd]));
    });

    test('has a row for each image, judged and counted', async () => {
      for (const night of [1, 2]) {
        const audit = await auditRegistry(db, registry, { source });
        expect({ night, status: audit.status }).toEqual({ night, status: 'finished' });
        const [sums] = await db.query(
          `select (select string_agg(platform, ';' order by platform) from slimboard_images where base_evidence <> '') as judged,
             (select logical_bytes from source_total) = (select sum(pull_bytes) from image) as adds_up`,
        );
        expect(sums).toEqual({ judged: 'linux/amd64;linux/arm64', adds_up: true });
      }
    });

    test('reports in every audit which image failed', async () => {
      registry.fault({ path: new RegExp(`manifests/${arm.digest}`) }, answer(404, {}, 'MANIFEST_UNKNOWN'));
      for (const status of ['incomplete', 'incomplete']) {
        const audit = await auditRegistry(db, registry, { source });
        expect(audit.status).toBe(status);
        expect(await errorsOf(db, audit.id)).toMatchObject([{ repository: 'nested/app', code: 'not-found' }]);
      }
    });
  });

  test('an audit of selected tags counts only those, even if others are stored', async () => {
    await auditRegistry(db, registry);
    const some = await auditRegistry(db, registry, { source: { tags: ['lat*'] } });
    expect(some).toMatchObject({ status: 'finished', tagsListed: 4, tagsAudited: 1, tagsSkipped: 3, tagsFailed: 0 });
    const named = await auditRegistry(db, registry, { source: { include: ['team-a/api'], tags: ['latest', 'gone'] } });
    // What the registry does not list is none of what it lists: that is audited, or left out.
    expect(named).toMatchObject({ status: 'incomplete', tagsListed: 2, tagsAudited: 1, tagsSkipped: 1, tagsFailed: 1 });
    const none = await auditRegistry(db, registry, { source: { include: ['team-a/api'], tags: ['gone'] } });
    expect(none).toMatchObject({ status: 'incomplete', tagsListed: 2, tagsAudited: 0, tagsSkipped: 2, tagsFailed: 1 });
    const newest = await auditRegistry(db, registry, { source: { newest: 1 } });
    expect(newest).toMatchObject({ status: 'finished', tagsListed: 4, tagsAudited: 3, tagsSkipped: 1, tagsFailed: 0 });
  });

  test('a failed item is reported with a code, and all others are audited', async () => {
    const lost = image({ layers: ['lost'] });
    registry.push('broken/config', '1', lost);
    registry.fault({ path: new RegExp(`/blobs/${lost.config.digest}`) }, answer(404, {}, 'BLOB_UNKNOWN'));
    registry.push('broken/json', '1', image({ layers: ['json'] }));
    registry.fault(
      { path: /broken\/json\/manifests\/1$/ },
      body('{"schemaVersion": 2, "config": [', { 'Content-Type': 'application/vnd.oci.image.manifest.v1+json' }),
    );
    registry.push('broken/denied', '1', image({ layers: ['denied'] }));
    registry.fault({ path: /broken\/denied\/tags\/list/ }, answer(403, {}, 'DENIED'));
    registry.listAlso({ tags: { 'team-a/api': ['ghost', 'bad tag!'] } });
    const audit = await auditRegistry(db, registry);
    expect(audit).toMatchObject({ status: 'incomplete', tagsAudited: 4 });
    const errors = await errorsOf(db, audit.id);
    expect(errors.map(({ repository, tag, code }) => [repository, tag, code])).toEqual([
      ['broken/config', '1', 'not-found'],
      ['broken/denied', '', 'access-denied'],
      ['broken/json', '1', 'malformed-content'],
      ['team-a/api', 'bad tag!', 'invalid-reference'],
      ['team-a/api', 'ghost', 'not-found'],
    ]);
  });

  test('every listed name is audited, left out or failed, also if it is not valid', async () => {
    registry.listAlso({ repositories: ['Upper/case'], tags: { 'team-a/api': ['bad tag!', '-bad'] } });
    const all = await auditRegistry(db, registry);
    expect(all).toMatchObject({ status: 'incomplete', tagsListed: 6, tagsAudited: 4, tagsSkipped: 0, tagsFailed: 2 });
    const errors = await db.query('select distinct registry, repository, tag from slimboard_errors order by 2, 3');
    expect(errors).toEqual([
      { registry: registry.host, repository: 'Upper/case', tag: '' },
      { registry: registry.host, repository: 'team-a/api', tag: '-bad' },
      { registry: registry.host, repository: 'team-a/api', tag: 'bad tag!' },
    ]);
    const some = await auditRegistry(db, registry, { source: { exclude: ['Upper/**'], tags: ['1.*'] } });
    expect(some).toMatchObject({ status: 'finished', tagsListed: 6, tagsAudited: 1, tagsSkipped: 5, tagsFailed: 0 });
  });

  test('a tag or repository missing by its full name is an error, one missing by a pattern is not', async () => {
    const named = await auditRegistry(db, registry, { source: { include: ['team-a/api'], tags: ['1.0', 'no-such'] } });
    expect(named.status).toBe('incomplete');
    expect(await errorsOf(db, named.id)).toMatchObject([
      { repository: 'team-a/api', tag: 'no-such', code: 'not-found' },
    ]);
    const selected = await auditRegistry(db, registry, { source: { include: ['team-*/**'], tags: ['no-such'] } });
    expect(selected).toMatchObject({ status: 'finished', repositoriesListed: 2 });
    const nothing = await auditRegistry(db, registry, { source: { include: ['taem/*/**'] } });
    expect(nothing.status).toBe('failed');
    expect(await errorsOf(db, nothing.id)).toMatchObject([
      { repository: '', tag: '', code: 'not-found', message: expect.stringContaining(' matches taem/*/**: check') },
    ]);
  });

  test('a successful audit has none of the errors of the one before', async () => {
    const undo = registry.fault({ path: /team-b\/web\/manifests/ }, answer(404, {}, 'MANIFEST_UNKNOWN'));
    expect((await auditRegistry(db, registry)).status).toBe('incomplete');
    undo();
    const healed = await auditRegistry(db, registry);
    expect(healed.status).toBe('finished');
    expect(await errorsOf(db, healed.id)).toEqual([]);
  });

  test('a stopped audit is resumed, and ends with the rows of one that was not stopped', async () => {
    for (let n = 0; n < 30; n++) registry.push(`many/app-${n}`, '1', image({ layers: [...BASE, `app ${n}`] }));
    const stop = new AbortController();
    let sent = 0;
    const stopped = auditRegistry(db, registry, {
      signal: stop.signal,
      onRequest: () => {
        if (++sent === 40) stop.abort(new Error('stopped on purpose'));
      },
    });
    await expect(stopped).rejects.toThrow('stopped on purpose');
    const running = await db.query("select id from audit where status = 'running'");
    expect(running).toHaveLength(1);
    const resumed = await auditRegistry(db, registry);
    expect(resumed).toMatchObject({ id: Object(running[0]).id, status: 'finished', tagsListed: 34, tagsAudited: 34 });
    await expectAsAnew(db, () => auditRegistry(db, registry));
  });

  test('an audit that was killed between two stages goes on with the next one, and tells which it had reached', async () => {
    const stop = new AbortController();
    const stopped = auditRegistry(db, registry, {
      signal: stop.signal,
      onStage: (stage) => stage === 'assess' && stop.abort(new Error('stopped')),
    });
    await expect(stopped).rejects.toThrow('stopped');
    // As after the last task of a stage: the next one has no tasks yet.
    await db.query('delete from audit_task');
    const stages: string[] = [];
    const resumed = await auditRegistry(db, registry, { onStage: (stage) => stages.push(stage) });
    expect(resumed).toMatchObject({ status: 'finished', tagsAudited: 4 });
    expect(stages).toEqual(['assess', 'close']);
  });

  test('an audit that goes on tells what it had done: with what it does now, that is the whole', async () => {
    for (let n = 0; n < 30; n++) registry.push(`many/app-${n}`, '1', image({ layers: [...BASE, `app ${n}`] }));
    await auditRegistry(db, registry);
    for (let n = 0; n < 30; n += 3) registry.push(`many/app-${n}`, '2', image({ layers: [...BASE, `new ${n}`] }));
    const stop = new AbortController();
    let sent = 0;
    const stopped = auditRegistry(db, registry, {
      signal: stop.signal,
      onRequest: () => {
        if (++sent === 50) stop.abort(new Error('stopped on purpose'));
      },
    });
    await expect(stopped).rejects.toThrow('stopped on purpose');
    let before: DoneSoFar | undefined;
    const now = { repositories: 0, tags: 0, audited: 0, unchanged: 0 };
    await auditRegistry(db, registry, {
      onResumed: (done) => {
        before = done;
      },
      onListed: (tags) => {
        now.repositories++;
        now.tags += tags;
      },
      onDone: (outcome, count) => {
        now[outcome] += count;
      },
    });
    expect(before).toMatchObject({ failed: 0, throttled: 0 });
    expect(before?.requests).toBeGreaterThanOrEqual(50);
    const whole = { repositories: 33, tags: 44, audited: 10, unchanged: 34 };
    for (const key of ['repositories', 'tags', 'audited', 'unchanged'] as const) {
      expect(now[key], key).toBeLessThan(whole[key]);
      expect((before?.[key] ?? 0) + now[key], key).toBe(whole[key]);
    }
  });

  test('an audit stopped while it assesses images does not assess the others first', async () => {
    const stop = new AbortController();
    const watched = databaseWith(db, {
      query(sql, parameters) {
        if (sql.includes('c.body as config')) stop.abort(new Error('stopped'));
        return db.query(sql, parameters);
      },
    });
    await expect(auditRegistry(watched, registry, { signal: stop.signal })).rejects.toThrow('stopped');
    expect(await db.query('select 1 from assessment')).toEqual([]);
    expect((await auditRegistry(db, registry)).status).toBe('finished');
  });

  test('reports are delivered when all requests of the audit are recorded', async () => {
    const recorded: unknown[] = [];
    const deliver = async (auditId: number) =>
      void recorded.push(...(await db.query('select requests from audit where id = $1', [auditId])));
    await auditRegistry(db, registry, { deliver });
    expect(recorded).toEqual([{ requests: registry.count() }]);
  });

  test('an audit stopped during delivery is delivered once, by the next audit', async () => {
    const stop = new AbortController();
    const stopped = auditRegistry(db, registry, {
      signal: stop.signal,
      deliver: async (_auditId, signal) => {
        stop.abort(new Error('stopped'));
        signal.throwIfAborted();
      },
    });
    await expect(stopped).rejects.toThrow('stopped');
    const delivered: number[] = [];
    const deliver = async (auditId: number) => void delivered.push(auditId);
    const next = await auditRegistry(db, registry, { deliver });
    await auditRegistry(db, registry, { deliver });
    expect(delivered).toEqual([next.id - 1, next.id, next.id + 1]);
  });

  test('owners come from patterns, then from the image label, but not from the label of its base', async () => {
    registry.push(
      'library/labelled',
      '1',
      image({ layers: BASE.concat('labelled'), config: { Labels: { team: 'base-makers' } } }),
    );
    registry.push('x/own', '1', image({ layers: ['own'], config: { Labels: { team: 'search' } } }));
    registry.push(
      'x/inherited',
      '1',
      image({ layers: [...BASE, 'labelled', 'app'], config: { Labels: { team: 'base-makers' } } }),
    );
    await auditRegistry(db, registry, {
      teams: [
        { name: 'a', repositories: ['team-a/**'] },
        { name: 'late', repositories: ['team-*/**'] },
      ],
    });
    const owners = await db.query('select name, team, team_origin from repository order by name');
    expect(owners).toEqual([
      { name: 'library/base', team: 'unowned', team_origin: 'none' },
      { name: 'library/labelled', team: 'base-makers', team_origin: 'label' },
      { name: 'team-a/api', team: 'a', team_origin: 'pattern' },
      { name: 'team-b/web', team: 'late', team_origin: 'pattern' },
      { name: 'x/inherited', team: 'unowned', team_origin: 'none' },
      { name: 'x/own', team: 'search', team_origin: 'label' },
    ]);
  });
});
