import { describe, expect, test } from 'vitest';
import { comparedName, isWantedName, parsePlatform, wantedNames } from '../../../src/oci/platform.ts';
import { auditRegistry, errorsOf } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image, index } from '../../support/image-builder.ts';
import { expectSameImages } from '../../support/image-history.ts';
import { startRegistry } from '../../support/registry-server.ts';

const LISTED = ['linux/amd64', 'linux/amd64/v3', 'linux/arm', 'linux/arm/v6', 'linux/arm64', 'linux/arm64/v8'];
const NAMES = [...LISTED, 'linux/x86_64', 'linux/aarch64', 'linux/armhf', 'linux/arm/v7', 'linux/amd64/v1'];

describe.each(BACKENDS)('platforms in $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test('are selected in SQL as they are in memory', async () => {
    for (const wanted of NAMES) {
      const selection = [parsePlatform(wanted)];
      const names = NAMES.map((listed) => comparedName(parsePlatform(listed)));
      const rows = await db.query<{ wanted: boolean }>(
        'select is_wanted_platform(name, $2::text[]) as wanted from unnest($1::text[]) with ordinality n (name, at) order by at',
        [names, wantedNames(selection)],
      );
      expect(rows.map((row) => row.wanted)).toEqual(names.map((name) => isWantedName(name, selection)));
    }
  });

  const platforms = () =>
    db
      .query<{ platform: string }>("select platform from slimboard_images where kind = 'image' order by platform")
      .then((rows) => rows.map(({ platform }) => platform));

  test.each([
    ['linux/arm64/v8', ['linux/arm64', 'linux/arm64/v8']],
    ['linux/aarch64', ['linux/arm64', 'linux/arm64/v8']],
    ['linux/arm/v7', ['linux/arm']],
    ['linux/arm', ['linux/arm', 'linux/arm/v6']],
    ['linux/x86_64', ['linux/amd64', 'linux/amd64/v3']],
  ])('an audit of %s finds what indexes list by other names, and prints it as they do', async (wanted, expected) => {
    const registry = closedAfterTest(await startRegistry());
    const images = LISTED.map((name) => image({ layers: [name], platform: parsePlatform(name) }));
    registry.push('team/app', '1', index(images));
    const audit = async (names: readonly string[]) => {
      const { id } = await auditRegistry(db, registry, { source: { platforms: names.map(parsePlatform) } });
      expect(await errorsOf(db, id)).toEqual([]);
    };
    await audit([wanted]);
    expect(await platforms()).toEqual(expected);
    await expectSameImages(db);
    await audit(['linux/s390x']);
    await audit([wanted]);
    expect(await platforms()).toEqual(expected);
  });

  test('that were stored as listed are found when everything is read again', async () => {
    const registry = closedAfterTest(await startRegistry());
    registry.push('team/app', '1', index([image({ platform: parsePlatform('linux/arm') })]));
    const source = { platforms: [parsePlatform('linux/arm/v7')] };
    await auditRegistry(db, registry, { source });
    await db.query("update index_child set platform = 'linux/arm'");
    expect(await platforms()).toEqual([]);
    await auditRegistry(db, registry, { source: { ...source, full: true } });
    expect(await platforms()).toEqual(['linux/arm']);
  });
});
