import { beforeEach, describe, expect, test } from 'vitest';
import { countPrunable, prune } from '../../../src/store/retention-store.ts';
import { auditRegistry } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image, index } from '../../support/image-builder.ts';
import { useRegistry } from '../../support/use-registry.ts';

/** The builds of a golden image by day, each with other layers. */
const golden = (day: number) =>
  image({ layers: [`golden ${day}`], created: `2026-01-0${day}T00:00:00Z`, config: { Cmd: ['sh'] } });
const appOn = (day: number, name: string) =>
  image({ layers: [`golden ${day}`, name], created: '2026-02-01T00:00:00Z', config: { Cmd: [name] } });

describe.each(BACKENDS)('images on builds of a base whose tag has moved on, audited into $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();
  beforeEach(async () => {
    registry.push('golden/java', '17', golden(1));
    registry.push('team/app', '1', appOn(1, 'app'));
    await auditRegistry(db, registry);
  });

  const findings = async () =>
    (
      await db.query<{ message: string }>("select message from slimboard_findings where rule = 'stale-base' order by 1")
    ).map(({ message }) => message);
  const bases = () =>
    db.query(
      "select repository, base_image, base_confidence from slimboard_images where repository like 'team/%' order by 1",
    );
  const onGolden = (repository: string) => ({
    repository,
    base_image: 'golden/java:17',
    base_confidence: 'proven',
  });
  const judged = async (id: number) =>
    (await db.query<{ judged_tasks: number }>('select judged_tasks from audit where id = $1', [id]))[0]?.judged_tasks;

  test('keep it, are told of the newer build, and are assessed again only when the tag moves', async () => {
    expect(await findings()).toEqual([]);
    registry.push('golden/java', '17', golden(2));
    registry.push('team/late', '1', appOn(1, 'late'));
    await auditRegistry(db, registry);
    expect(await bases()).toEqual([onGolden('team/app'), onGolden('team/late')]);
    const message = 'golden/java:17 was built again on 2026-01-02, 1 day after the build that this image is based on';
    expect(await findings()).toEqual(Array(2).fill(expect.stringContaining(message)));
    registry.push('team/other', '1', image({ layers: ['other'] }));
    await auditRegistry(db, registry);
    expect(await judged((await auditRegistry(db, registry)).id)).toBe(0);
    registry.push('golden/java', '17', golden(4));
    await auditRegistry(db, registry);
    expect(await findings()).toEqual(Array(2).fill(expect.stringContaining('2026-01-04, 3 days after')));
  });

  test('keep it within an index', async () => {
    registry.push('golden/java', '17', index([golden(3)]));
    registry.push('team/app', '1', appOn(3, 'app'));
    await auditRegistry(db, registry);
    registry.push('golden/java', '17', index([golden(5)]));
    await auditRegistry(db, registry);
    expect(await bases()).toEqual([onGolden('team/app')]);
    expect(await findings()).toEqual([expect.stringContaining('2026-01-05, 2 days after')]);
  });

  test('have the name that still stands, if there is one, and are not told of others', async () => {
    registry.push('golden/java', '17.0.1', golden(1));
    registry.push('golden/java', '17', golden(2));
    await auditRegistry(db, registry);
    expect(await bases()).toEqual([{ ...onGolden('team/app'), base_image: 'golden/java:17.0.1' }]);
    expect(await findings()).toEqual([]);
  });

  test('keep it where the name that still stands is of another architecture', async () => {
    const builtFor = (architecture: string, created: string, ...layers: string[]) =>
      image({ layers, created, platform: { os: 'linux', architecture } });
    const both = ['amd64', 'arm64'].map((architecture) => builtFor(architecture, '2026-01-01T00:00:00Z', 'pages'));
    registry.push('golden/pages', '1', index(both));
    registry.push('team/app', '1', builtFor('arm64', '2026-02-01T00:00:00Z', 'pages', 'app'));
    const audit = () => auditRegistry(db, registry, { source: { platforms: 'all' } });
    await audit();
    registry.push('golden/pages', '1', builtFor('amd64', '2026-01-02T00:00:00Z', 'pages'));
    const { id } = await audit();
    expect(await judged(id)).toBe(1);
    expect(await bases()).toEqual([{ ...onGolden('team/app'), base_image: 'golden/pages:1' }]);
  });

  test('keep it where only a younger image, or one of their own repository, still has its layers', async () => {
    registry.push('golden/java', '17', golden(2));
    registry.push('team/app', 'base', golden(1));
    registry.push('golden/late', '1', image({ layers: ['golden 1'], created: '2026-03-01T00:00:00Z' }));
    await auditRegistry(db, registry);
    expect(await bases()).toContainEqual(onGolden('team/app'));
  });

  test('have the names of the newest of very many builds with the same layers', async () => {
    const builds = Array.from({ length: 25 }, (_, day) => `2026-01-${`${day + 1}`.padStart(2, '0')}`);
    for (const day of builds)
      registry.push('golden/daily', day, image({ layers: ['daily'], created: `${day}T00:00:00Z` }));
    registry.push('team/app', '1', image({ layers: ['daily', 'app'], created: '2026-01-03T12:00:00Z' }));
    await auditRegistry(db, registry);
    for (const day of builds) registry.untag('golden/daily', day);
    await auditRegistry(db, registry);
    const names = builds.slice(5).map((day) => `golden/daily:${day}`);
    expect(await bases()).toEqual([{ ...onGolden('team/app'), base_image: names.join(';') }]);
  });

  test('keep it when the repository is gone', async () => {
    registry.untag('golden/java', '17');
    await auditRegistry(db, registry);
    expect(await bases()).toEqual([onGolden('team/app')]);
  });

  test('keep it over retention, which removes a build when no image is built on it any more', async () => {
    const options = { auditsBefore: '2000-01-01', contentBefore: '9999-01-01', signal: new AbortController().signal };
    registry.push('golden/java', '17', golden(2));
    await auditRegistry(db, registry);
    const nothing = { tags: 0, repositories: 0, manifests: 0 };
    for (const run of [countPrunable, prune]) expect((await run(db, options)).rows).toMatchObject(nothing);
    registry.push('team/app', '1', appOn(2, 'app'));
    await auditRegistry(db, registry);
    // The first run removes the image, the next one what it was built on.
    for (const run of [countPrunable, prune])
      expect((await run(db, options)).rows).toMatchObject({ tags: 1, manifests: 1 });
    for (const run of [countPrunable, prune])
      expect((await run(db, options)).rows).toMatchObject({ tags: 1, manifests: 1 });
    for (const run of [countPrunable, prune]) expect((await run(db, options)).rows).toMatchObject(nothing);
  });

  test('keep it over retention, even if it is one of several builds with the same layers', async () => {
    registry.push('golden/java', '17', image({ layers: ['golden 1'], created: '2026-01-01T06:00:00Z' }));
    await auditRegistry(db, registry);
    registry.push('golden/java', '17', golden(2));
    await auditRegistry(db, registry);
    const options = { auditsBefore: '2000-01-01', contentBefore: '9999-01-01', signal: new AbortController().signal };
    for (const run of [countPrunable, prune])
      expect((await run(db, options)).rows).toMatchObject({ tags: 0, manifests: 0 });
    await auditRegistry(db, registry);
    expect(await bases()).toEqual([onGolden('team/app')]);
  });
});
