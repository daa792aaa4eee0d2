import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { auditRegistry, errorsOf } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { BACKENDS, PGLITE, useEmptyDatabase } from '../../support/databases.ts';
import { ARM, attestation, type BuiltManifest, image, index, rawManifest } from '../../support/image-builder.ts';
import { body } from '../../support/registry-faults.ts';
import { startRegistry } from '../../support/registry-server.ts';
import { useRegistry } from '../../support/use-registry.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const HEX = 'a'.repeat(64);

/** A manifest over a config of any bytes. */
function withConfig(content: string | Buffer, layers: readonly unknown[] = []): BuiltManifest {
  const bytes = Buffer.from(content);
  const config = { mediaType: CONFIG, digest: digestOf(bytes), size: bytes.length };
  const manifest = rawManifest(MANIFEST, JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers }));
  return { ...manifest, blobs: new Map([[config.digest, bytes]]) };
}

const layerOfSize = (size: string): BuiltManifest => {
  const config = `{"mediaType":"${CONFIG}","digest":"${digestOf('{}')}","size":2}`;
  const layers = `[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:${HEX}","size":${size}}]`;
  const text = `{"schemaVersion":2,"mediaType":"${MANIFEST}","config":${config},"layers":${layers}}`;
  return { ...rawManifest(MANIFEST, text), blobs: new Map([[digestOf('{}'), Buffer.from('{}')]]) };
};

function indexOf(children: readonly unknown[]): BuiltManifest {
  return rawManifest(INDEX, JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: children }));
}

function nested(levels: number): BuiltManifest {
  let top: BuiltManifest = image({ layers: [`innermost of ${levels}`] });
  for (let level = 0; level < levels; level++) {
    const child = { mediaType: top.mediaType, digest: top.digest, size: top.body.length };
    top = { ...indexOf([child]), children: [top] };
  }
  return top;
}

const children = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ mediaType: MANIFEST, digest: digestOf(`child ${at}`), size: 2 }));

const config = (fields: object): string =>
  JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] }, ...fields });

/** An image whose provenance contains a Dockerfile. */
function withDockerfile(dockerfile: string, args: object): BuiltManifest {
  const infos = [{ filename: 'Dockerfile', data: Buffer.from(dockerfile).toString('base64') }];
  const metadata = { 'https://mobyproject.org/buildkit@v1#metadata': { source: { infos } } };
  const built = image({ layers: [dockerfile] });
  return index([built, attestation(built, { predicate: { metadata, invocation: { parameters: { args } } } })]);
}

/** Each variable holds the one before it twice. */
const DOUBLED = [
  'ARG V0=x',
  ...Array.from({ length: 40 }, (_, at) => `ARG V${at + 1}=$V${at}$V${at}`),
  'FROM $V40',
].join('\n');

/** Text that no database makes shorter. */
function noise(length: number): string {
  const parts = Array.from({ length: Math.ceil(length / 64) }, (_, at) => digestOf(`${at}`).slice(7));
  return parts.join('').slice(0, length);
}

/** Two of them are more than any image has. */
const largeLayer = (digit: string) => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: `sha256:${digit.repeat(64)}`,
  size: 6e12,
});

/** What anyone may push: [what it is, its content, the codes of its errors]. */
const HOSTILE: readonly (readonly [string, BuiltManifest, readonly string[]])[] = [
  ['negative-size', layerOfSize('-1'), ['malformed-content']],
  ['size-2-to-the-63', layerOfSize('9223372036854775808'), ['malformed-content']],
  ['size-that-no-registry-takes', layerOfSize('9007199254740991'), ['malformed-content']],
  ['layers-that-no-registry-takes', withConfig(config({}), [largeLayer('a'), largeLayer('b')]), ['malformed-content']],
  ['fractional-size', layerOfSize('1.5'), ['malformed-content']],
  ['size-as-text', layerOfSize('"12"'), ['malformed-content']],
  ['size-as-object', layerOfSize('{"toString":1,"valueOf":1}'), ['malformed-content']],
  ['size-as-deep-list', layerOfSize('['.repeat(50_000) + ']'.repeat(50_000)), ['malformed-content']],
  ['provenance-that-doubles', withDockerfile(DOUBLED, {}), []],
  ['provenance-of-no-text', withDockerfile('ARG A\nFROM $A', { 'build-arg:A': { toString: 1, valueOf: 1 } }), []],
  ['nested-as-deep-as-is-read', nested(3), []],
  // Read on by the second attempt.
  ['nested-one-deeper', nested(4), []],
  ['nested-indexes', nested(6), ['too-large']],
  ['too-many-children', indexOf(children(10_001)), ['malformed-content']],
  ['deep-json', rawManifest(MANIFEST, `{"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`), ['malformed-content']],
  ['deep-config', withConfig(`{"os":"linux","x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`), []],
  ['duplicate-keys', withConfig('{"os":"windows","os":"linux","architecture":"amd64"}'), []],
  ['a-list', rawManifest(MANIFEST, '[]'), ['malformed-content']],
  ['nothing', rawManifest(MANIFEST, ''), ['malformed-content']],
  ['bad-digest', indexOf([{ mediaType: MANIFEST, digest: 'sha256:../../etc/passwd', size: 1 }]), ['malformed-content']],
  ['config-no-json', withConfig('\u0000\u0001'), ['malformed-content']],
  ['year-0', withConfig(config({ created: '0000-01-01T00:00:00Z' })), []],
  ['year-9999', withConfig(config({ created: '9999-12-31T23:59:59Z' })), []],
  ['year-10000', withConfig(config({ created: '+010000-01-01T00:00:00Z' })), []],
  ['invalid-utf8', withConfig(Buffer.from('{"os":"linux","author":"\xff\xfe"}', 'latin1')), []],
  [
    'nul',
    withConfig(
      config({ os: 'a\0b', config: { Labels: { 'a\0b': 'c\0d' }, User: '\0' }, history: [{ created_by: 'RUN \0' }] }),
    ),
    [],
  ],
  [
    'lone-surrogate',
    withConfig(
      '{"os":"linux","config":{"Labels":{"team":"\\ud800"},"User":"\\udfff"},"history":[{"created_by":"RUN \\ud800"}]}',
    ),
    [],
  ],
  ['long-label', withConfig(config({ config: { Labels: { team: 'x'.repeat(10_000) } } })), []],
  ['long-label-of-noise', withConfig(config({ config: { Labels: { team: noise(10_000) } } })), []],
  [
    'prototype',
    withConfig('{"os":"linux","__proto__":{"polluted":true},"config":{"Labels":{"__proto__":"x","constructor":"y"}}}'),
    [],
  ],
  [
    'wrong-types',
    withConfig('{"os":7,"architecture":{},"config":{"Env":{"A":1},"Labels":[],"User":3},"history":{},"rootfs":[]}'),
    ['malformed-content'],
  ],
];

describe.each(BACKENDS)('hostile contents, in an audit into $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();
  beforeEach(() => {
    registry.push('good/image', '1', image({ layers: ['good'] }));
  });

  test('are errors with a code, or clean rows, and everything else is audited', async () => {
    for (const [name, content] of HOSTILE) registry.push(`hostile/${name}`, '1', content);
    const audit = await auditRegistry(db, registry, { source: { platforms: 'all' } });
    const errors = await errorsOf(db, audit.id);
    const expected = HOSTILE.flatMap(([name, , codes]) => codes.map((code) => `hostile/${name} ${code}`));
    expect(errors.map(({ repository, code }) => `${repository} ${code}`).sort()).toEqual(expected.sort());
    const rows = await db.query<{ repository: string }>('select distinct repository from slimboard_images');
    const accounted = new Set([...rows, ...errors].map(({ repository }) => repository));
    expect(accounted.size).toBe(HOSTILE.length + 1);
    expect(Object(Object.prototype).polluted).toBeUndefined();
  });

  test('indexes nested deeper than one audit reads are read on by the next, as the error says', async () => {
    registry.push('hostile/nested', '1', nested(8));
    const errorsOfAudit = async () => errorsOf(db, (await auditRegistry(db, registry)).id);
    expect(await errorsOfAudit()).toMatchObject([
      { code: 'too-large', message: expect.stringContaining('the next attempt continues there'), retry: 'backoff' },
    ]);
    expect(await errorsOfAudit()).toEqual([]);
  });

  test('indexes nested deeper than one audit reads are read on after --full by an audit without it, as the error says', async () => {
    registry.push('hostile/nested', '1', nested(8));
    const errorsOfAudit = async (full: boolean) =>
      errorsOf(db, (await auditRegistry(db, registry, { source: { full } })).id);
    const expected = {
      code: 'too-large',
      message: expect.stringContaining('without --full continues'),
      retry: 'never',
    };
    expect(await errorsOfAudit(true)).toMatchObject([expected]);
    expect(await errorsOfAudit(true)).toMatchObject([expected]);
    await errorsOfAudit(false);
    expect(await errorsOfAudit(false)).toEqual([]);
  });

  test('a manifest of blobs alone is an artifact, and its blobs are stored bytes', async () => {
    const mediaType = 'application/vnd.oci.artifact.manifest.v1+json';
    const blobs = [{ mediaType: 'text/plain', digest: `sha256:${HEX}`, size: 7_000_000 }];
    registry.push('hostile/blobs', '1', rawManifest(mediaType, JSON.stringify({ mediaType, blobs })));
    const audit = await auditRegistry(db, registry, { source: { include: ['hostile/**'] } });
    expect(await errorsOf(db, audit.id)).toEqual([]);
    expect(await db.query('select kind, media_type from slimboard_images')).toEqual([
      { kind: 'artifact', media_type: mediaType },
    ]);
    expect(await db.query('select stored_bytes from source_total')).toEqual([{ stored_bytes: 7_000_000 }]);
  });

  test.each(['{"a":1}\n{"token":"abcdefgh"}', '{"a":1}\n{"b":2}', '[]', '"x"', ''])(
    'a provenance statement that is no JSON object is ignored: %j',
    async (statement) => {
      const built = image({ layers: ['built'] });
      registry.push('hostile/statement', '1', index([built, attestation(built, statement)]));
      const audit = await auditRegistry(db, registry);
      expect(await errorsOf(db, audit.id)).toEqual([]);
      expect(audit.status).toBe('finished');
      const judged = await db.query('select repository from slimboard_images where slim_score is not null order by 1');
      expect(judged).toEqual([{ repository: 'good/image' }, { repository: 'hostile/statement' }]);
    },
  );

  test('an index that lists itself does not loop', async () => {
    // No true digest can: the registry must lie, and its lie is told.
    const self = { mediaType: INDEX, digest: `sha256:${HEX}`, size: 10 };
    registry.push('hostile/cycle', '1', indexOf([self]));
    registry.fault(
      { path: new RegExp(`manifests/sha256:${HEX}`) },
      body(indexOf([self]).body, { 'Content-Type': INDEX }),
    );
    const audit = await auditRegistry(db, registry);
    expect((await errorsOf(db, audit.id)).map(({ code }) => code)).toEqual(['content-mismatch']);
  });

  test('invalid names are errors; pages that link to another host or never end are stopped', async () => {
    registry.listAlso({ repositories: ['../../etc', 'UPPER/case', 'a\u0000b', `long/${'x'.repeat(5_000)}`] });
    registry.push('pages/elsewhere', '1', image());
    registry.push('pages/endless', '1', image());
    const page = (link: string) => body('{"tags":["1"]}', { 'Content-Type': 'application/json', Link: link });
    registry.fault({ path: /pages\/elsewhere\/tags/ }, page('<https://attacker.example.com/next>; rel="next"'));
    registry.fault({ path: /pages\/endless\/tags/ }, page('</v2/pages/endless/tags/list?last=1>; rel="next"'));
    const audit = await auditRegistry(db, registry);
    const errors = await errorsOf(db, audit.id);
    expect(errors.map(({ code }) => code).sort()).toEqual(
      [...Array(4).fill('invalid-reference'), ...Array(2).fill('malformed-content')].sort(),
    );
    expect(audit.tagsAudited).toBeGreaterThanOrEqual(1);
  });

  test('a tag that is listed twice with different images names one of them', async () => {
    registry.push('moving/tag', '1', image({ layers: ['before'] }));
    registry.fault({ path: /moving\/tag\/tags/ }, body('{"tags":["1","1"]}', { 'Content-Type': 'application/json' }));
    registry.fault({ path: /moving\/tag\/manifests\/1/, times: 1 }, (_request, _response, next) => {
      next();
      registry.push('moving/tag', '1', image({ layers: ['after'] }));
    });
    const audit = await auditRegistry(db, registry, { source: { include: ['moving/**'] } });
    expect(await errorsOf(db, audit.id)).toEqual([]);
    expect(audit).toMatchObject({ tagsListed: 1, tagsAudited: 1, tagsSkipped: 0 });
    const open = await db.query(
      "select t.name from tag t join repository r on r.id = t.repository_id where r.name = 'moving/tag' and t.ended_at is null",
    );
    expect(open).toEqual([{ name: '1' }]);
  });

  test('a base with hundreds of tags is one base', async () => {
    const base = image({ layers: ['base'], created: '2024-01-01T00:00:00Z' });
    for (let number = 0; number < 400; number++) registry.push('base/os', digestOf(`${number}`).slice(7), base);
    registry.push('good/app', '1', image({ layers: ['base', 'app'], created: '2024-02-01T00:00:00Z' }));
    const audit = await auditRegistry(db, registry);
    expect(await errorsOf(db, audit.id)).toEqual([]);
    expect(audit.status).toBe('finished');
  });

  test.each(['linux/arm64', 'linux/arm64/v8'])('an index of one image twice counts it once: %s', async (wanted) => {
    const twice = image({ layers: ['twice'], platform: ARM });
    const v8 = { ...twice, platform: { ...twice.platform, variant: 'v8' } };
    registry.push('hostile/twice', '1', index([twice, v8]));
    const source = { include: ['hostile/**'], platforms: [parsePlatform(wanted)] };
    expect((await auditRegistry(db, registry, { source })).status).toBe('finished');
    const sums = await db.query(
      `select (select count(*)::int from slimboard_images) as rows, s.stored_bytes = (select sum(size) from blob) as adds_up,
         s.logical_bytes = i.pull_bytes and r.logical_bytes = i.pull_bytes as as_pulled
       from source_total s, repository_total r, image i`,
    );
    expect(sums).toEqual([{ rows: 1, adds_up: true, as_pulled: true }]);
  });

  test.each(['amd64+cuda', 'windows server', 'arm/v7/x', 'amd64:v3', 'a\u0000b', ''])(
    'a child with the invalid architecture "%s" is selected by no audit, not even the second',
    async (architecture) => {
      const odd = { ...image({ layers: ['odd'] }), platform: { os: 'linux', architecture } };
      registry.push('good/image', '2', index([image({ layers: ['usual'] }), odd]));
      for (let night = 1; night <= 2; night++) {
        const audit = await auditRegistry(db, registry);
        expect(await errorsOf(db, audit.id)).toEqual([]);
        expect(audit).toMatchObject({ status: 'finished', tagsAudited: 2 });
      }
    },
  );

  test('an index that lists another one and an image five thousand times costs only its own size', async () => {
    const listed = ({ mediaType, digest, body }: BuiltManifest, platform?: object) =>
      Array(5_000).fill({ mediaType, digest, size: body.length, ...(platform && { platform }) });
    const often = image({ layers: ['often'] });
    const inner = indexOf(children(5_000).map((child) => ({ ...child, platform: ARM })));
    const outer = indexOf([...listed(often, { os: 'linux', architecture: 'amd64' }), ...listed(inner)]);
    registry.push('hostile/often', '1', { ...outer, children: [inner, often] });
    const audit = await auditRegistry(db, registry, { source: { include: ['hostile/**'] } });
    expect(audit).toMatchObject({ status: 'finished', tagsAudited: 1 });
    expect(
      await db.query('select count(*)::int as entries, count(distinct digest)::int as digests from index_child'),
    ).toEqual([{ entries: 10_000 + 5_000 + 5_000, digests: 5_002 }]);
  });
});

test('each of five thousand missing children is an error', async () => {
  const db = closedAfterTest(await PGLITE.open());
  const registry = closedAfterTest(await startRegistry());
  registry.push('hostile/children', '1', indexOf(children(5_000)));
  const audit = await auditRegistry(db, registry, { source: { platforms: 'all' } });
  expect(audit.status).toBe('incomplete');
  const errors = await errorsOf(db, audit.id);
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['not-found']));
  expect(errors).toHaveLength(5_000);
});
