import { beforeEach, describe, expect, test } from 'vitest';
import { digestBytes } from '../../../src/oci/digest.ts';
import type { OciSource } from '../../../src/settings/settings.ts';
import { auditRegistry } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { ARM, attestation, image, index } from '../../support/image-builder.ts';
import { useRegistry } from '../../support/use-registry.ts';

describe.each(BACKENDS)('children of the same indexes read by other sources, in $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();
  beforeEach(() => {
    const [amd, arm] = [image({ layers: ['base', 'amd'] }), image({ layers: ['arm'], platform: ARM })];
    registry.push('shop/app', '1', index([amd, arm, attestation(amd, { of: 'amd' }), attestation(arm, { of: 'arm' })]));
    // Nothing but what it describes tells for which platform this one is.
    registry.push('shop/plain', '1', index([amd, arm, { ...attestation(arm, { plain: true }), platform: undefined }]));
    // The outer index lists its own image for one platform, and behind it those of the inner one.
    registry.push('shop/nested', '1', index([index([amd, arm, attestation(amd, { nested: true })]), amd]));
  });

  /** What an audit of some settings finds stored, and by how much that has grown. */
  async function storedBy(settings: Partial<OciSource>): Promise<readonly unknown[]> {
    const { id } = await auditRegistry(db, registry, { source: { name: 'nightly', ...settings } });
    return db.query(
      `select 'source' as of, name, stored_bytes, null as exclusive_bytes, null as own_bytes from slimboard_trends where audit_id = $1 and scope = 'source'
       union all select 'team', team, stored_bytes, exclusive_bytes, own_bytes from slimboard_teams where audit_id = $1
       union all select 'repository', repository, stored_bytes, exclusive_bytes, own_bytes from slimboard_repositories where source = 'nightly'
       union all select 'image', i.repository || ' ' || i.platform, i.compressed_bytes, i.exclusive_bytes, null from slimboard_images i where source = 'nightly'
       order by 1, 2`,
      [id],
    );
  }

  const growth = () =>
    db.query("select growth_bytes from slimboard_teams where source = 'nightly' order by audit_id desc limit 1");

  test.each<[string, Partial<OciSource>]>([
    ['platforms', {}],
    ['platforms, without provenance', { provenance: false }],
  ])('do not count for this source: %s', async (_, settings) => {
    const alone = await storedBy(settings);
    expect(alone).toEqual(await storedBy(settings));
    await auditRegistry(db, registry, { source: { name: 'everything', platforms: 'all' } });
    expect(await storedBy(settings)).toEqual(alone);
    expect(await growth()).toEqual([{ growth_bytes: 0 }]);
    await storedBy({ platforms: 'all' });
    expect(await storedBy(settings)).toEqual(alone);
    expect(await growth()).toEqual([{ growth_bytes: 0 }]);
  });

  test('attestations count if the source selects them', async () => {
    const bytesOf = async (settings: Partial<OciSource>) => {
      await storedBy(settings);
      const [row] = await db.query<{ stored_bytes: number }>(
        'select stored_bytes from source_total order by audit_id desc limit 1',
      );
      return row?.stored_bytes ?? 0;
    };
    const without = await bytesOf({ provenance: false });
    const asked = await bytesOf({ provenance: true });
    expect(asked).toBeGreaterThan(without);
    expect(await bytesOf({ provenance: false })).toBe(without);
    expect(await bytesOf({ platforms: 'all' })).toBeGreaterThan(asked);
  });

  test.each([
    ['new', 'shop/inner'],
    ['just stored, too', 'shop/outer'],
  ])('children that a stored index lacks are read for an index that lists it and is %s', async (_, before) => {
    const inner = index([image({ layers: ['base', 'inner'] }), image({ layers: ['inner'], platform: ARM })]);
    const outer = index([inner]);
    registry.push('shop/inner', '1', inner);
    registry.push('shop/outer', '1', outer);
    await auditRegistry(db, registry, { source: { name: 'nightly', include: [before] } });
    // As before the end of that audit, when nested indexes were not listed yet.
    await db.query(
      'delete from index_child c using manifest m where m.id = c.index_id and m.digest = $1 and c.position > 0',
      [digestBytes(outer.digest)],
    );
    const source = { name: 'everything', platforms: 'all', include: ['shop/outer'] } as const;
    await auditRegistry(db, registry, { source });
    const images = await db.query("select platform from slimboard_images where source = 'everything' order by 1");
    expect(images).toEqual([{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }]);
  });
});
