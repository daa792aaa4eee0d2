import { describe, expect, test } from 'vitest';
import { digestBytes } from '../../../src/oci/digest.ts';
import { auditRegistry } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { type BuiltLayer, image, textLayer } from '../../support/image-builder.ts';
import { useRegistry } from '../../support/use-registry.ts';

const LAYER = textLayer('windows');
const FOREIGN = { ...LAYER, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' };
const DOCKER = { ...LAYER, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' };
/** The same layer with other bytes, and so with another size. */
const sized = (body: Buffer): BuiltLayer => ({ ...LAYER, body });

describe.each(BACKENDS)('a layer of which two images say different things, audited into $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();

  const said: readonly [is: string, one: BuiltLayer, other: BuiltLayer, stored: BuiltLayer][] = [
    ['is stored if one of them says so', FOREIGN, LAYER, LAYER],
    ['has the same media type', DOCKER, LAYER, DOCKER],
    ['has the smallest size', LAYER, sized(Buffer.concat([LAYER.body, LAYER.body])), LAYER],
    ['has the size that is not 0', LAYER, sized(Buffer.alloc(0)), LAYER],
  ];
  const orders = [['one', 'other'], ['other', 'one'], ['*']];
  test.each(said.flatMap(([is, ...layers]) => orders.map((order) => [is, order, ...layers] as const)))(
    '%s, whatever is read first: %j',
    async (_, order, one, other, stored) => {
      registry.push('one', '1', image({ layers: [one, 'a'] }));
      registry.push('other', '1', image({ layers: [other, 'b'] }));
      for (const name of order) await auditRegistry(db, registry, { source: { include: [name] } });
      const [row] = await db.query('select stored, media_type, size from blob where digest = $1', [
        digestBytes(LAYER.digest),
      ]);
      expect(row).toEqual({ stored: true, media_type: stored.mediaType, size: stored.body.length });
    },
  );

  test('hides nothing of another image whose config has its digest', async () => {
    const other = image({ layers: ['b'] });
    registry.push('foreign', '1', image({ layers: [{ ...FOREIGN, ...other.config }, 'a'] }));
    registry.push('other', '1', other);
    for (const name of ['foreign', 'other']) await auditRegistry(db, registry, { source: { include: [name] } });
    expect(await db.query('select body from blob where digest = $1', [digestBytes(other.config.digest)])).toEqual([
      { body: expect.anything() },
    ]);
  });
});
