import { beforeEach, describe, expect, test } from 'vitest';
import { lifecycleSimulation } from '../../../src/report/kinds/lifecycle.ts';
import { reclaim } from '../../../src/report/kinds/reclaim.ts';
import { parseInUse } from '../../../src/report/reclaim/in-use.ts';
import { parseLifecyclePolicy } from '../../../src/report/reclaim/lifecycle-policy.ts';
import { nearestPolicy } from '../../../src/report/reclaim/nearest-policy.ts';
import { auditEcr } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { useEcr } from '../../support/ecr.ts';
import type { FakeEcr } from '../../support/fake-ecr.ts';
import { image, index } from '../../support/image-builder.ts';
import { readRecords } from '../../support/report-records.ts';

const ecr = useEcr();
const NEWER = 1_775_000_000;
const UNTAGGED = {
  rulePriority: 1,
  selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 1 },
  action: { type: 'expire' },
};

/** ECR lists the children of an index as untagged images: only the index tells that they are none. */
describe.each(BACKENDS)('a repository that is not read to its end, from $name', ({ open }) => {
  let fake: FakeEcr;
  const children = ['amd64', 'arm64'].map((architecture) =>
    image({ layers: [architecture], platform: { os: 'linux', architecture } }),
  );
  const multi = index(children);

  const db = useEmptyDatabase(open);
  beforeEach(async () => {
    fake = await ecr.start();
    fake.push('app', image({ layers: ['newest'] }), { tags: ['newest'], pushedAt: NEWER });
    fake.push('app', image({ layers: ['loose'] }));
  });

  const candidates = async () =>
    (await readRecords(db, reclaim)).map(({ tags, reason }) => [tags, reason].join(' ').trim());
  const simulate = (inUse = '') =>
    readRecords(
      db,
      lifecycleSimulation(parseLifecyclePolicy(JSON.stringify({ rules: [UNTAGGED] })), parseInUse(inUse)),
    );

  test('has no untagged candidates where an index was archived before it was read', async () => {
    fake.push('app', multi, { tags: ['multi'], status: 'ARCHIVED' });
    await auditEcr(db, fake);
    expect(await candidates()).toEqual(['multi archived']);
    const marked = await simulate();
    expect(marked.map(({ outcome, freed_bytes }) => [outcome, freed_bytes])).toEqual([
      ['unknown', 0],
      ['unknown', 0],
    ]);
    fake.push('app', multi, { tags: ['multi'] });
    await auditEcr(db, fake);
    expect(await candidates()).toEqual(['untagged']);
  });

  test('has untagged indexes among its candidates all the same: an index is taken for part of no other', async () => {
    const own = index([image({ layers: ['its own'] })]);
    fake.push('app', multi, { tags: ['multi'], status: 'ARCHIVED' });
    fake.push('app', own, { pushedAt: 1_700_000_000 });
    await auditEcr(db, fake);
    expect(await candidates()).toEqual(['untagged', 'multi archived']);
    const marked = await simulate();
    expect(marked.find(({ digest }) => digest === own.digest)).toMatchObject({ outcome: 'expires' });
  });

  test('has no policy for them where one is in use', async () => {
    fake.push('app', multi, { tags: ['multi'], status: 'ARCHIVED' });
    await auditEcr(db, fake);
    const inUse = parseInUse(children.map(({ digest }) => `app@${digest}`).join('\n'));
    const { rules } = await nearestPolicy(db, inUse, { now: new Date() });
    expect(rules.map(({ selection }) => selection.tagStatus)).not.toContain('untagged');
  });

  test.each([
    ['the audit that found it still reads', "update audit set stage = 'inventory'"],
    ['the audit that found it failed', "update audit set status = 'failed'"],
    ['its tags were not listed to the end', 'update repository set listed_by = null'],
    ['some of its tags were not asked for', 'update repository set tags_wanted = tags_listed - 1'],
  ])('has no untagged candidates where %s', async (_, change) => {
    await auditEcr(db, fake);
    expect(await candidates()).toEqual(['untagged']);
    await db.query(change);
    expect(await candidates()).toEqual([]);
  });

  test('has none where an index could not be read, until it is', async () => {
    fake.push('app', multi, { tags: ['multi'] });
    fake.afterCall('DescribeImages', () => fake.push('app', multi, { tags: ['multi'], status: 'ARCHIVED' }));
    expect(await auditEcr(db, fake)).toMatchObject({ status: 'incomplete' });
    expect(await candidates()).toEqual([]);
    expect((await simulate()).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown']);
    fake.push('app', multi, { tags: ['multi'] });
    await auditEcr(db, fake);
    expect(await candidates()).toEqual(['untagged']);
  });

  test('has none while an audit reads it, or was stopped', async () => {
    fake.push('app', multi, { tags: ['multi'] });
    await auditEcr(db, fake);
    expect(await candidates()).toEqual(['untagged']);
    const stop = new AbortController();
    fake.push('app', image({ layers: ['next'] }), { tags: ['next'], pushedAt: NEWER });
    fake.afterCall('DescribeImages', () => stop.abort(new Error('stopped on purpose')));
    await expect(auditEcr(db, fake, { signal: stop.signal })).rejects.toThrow('stopped on purpose');
    expect(await candidates()).toEqual([]);
    await auditEcr(db, fake);
    expect(await candidates()).toEqual(['untagged']);
  });

  test('has none where the last audit asked for some tags only', async () => {
    await auditEcr(db, fake);
    expect(await candidates()).toEqual(['untagged']);
    fake.push('app', multi, { tags: ['multi'] });
    await auditEcr(db, fake, { source: { tags: ['newest'] } });
    expect(await candidates()).toEqual([]);
  });

  test('has none where the tag of an index is longer than OCI allows', async () => {
    fake.push('app', multi, { tags: ['x'.repeat(200)] });
    await auditEcr(db, fake);
    expect(await candidates()).toEqual([]);
  });

  test('has them where a layer alone could not be read', async () => {
    // Layers of these images are no archives.
    expect(await auditEcr(db, fake, { source: { deep: true } })).toMatchObject({ status: 'incomplete' });
    expect(await candidates()).toEqual(['untagged']);
  });
});
