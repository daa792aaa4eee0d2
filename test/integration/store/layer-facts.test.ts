import { describe, expect, test } from 'vitest';
import { digestBytes } from '../../../src/oci/digest.ts';
import { auditRegistry } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image, textLayer } from '../../support/image-builder.ts';
import { useRegistry } from '../../support/use-registry.ts';

const LAYER = textLayer('windows');
const FOREIGN = { ...LAYER, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' };

describe.each(BACKENDS)('a layer that is foreign in one image and not in another, audited into $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();

  test.each([[['foreign', 'own']], [['own', 'foreign']], [['*']]])(
    'is stored, whatever is read first: %j',
    async (order) => {
      registry.push('foreign', '1', image({ layers: [FOREIGN, 'a'] }));
      registry.push('own', '1', image({ layers: [LAYER, 'b'] }));
      for (const name of order) await auditRegistry(db, registry, { source: { include: [name] } });
      expect(await db.query("select 1 from blob where not stored or media_type like '%foreign%'")).toEqual([]);
    },
  );

  test.each([[['docker', 'oci']], [['oci', 'docker']], [['*']]])(
    'has the same media type, whatever is read first: %j',
    async (order) => {
      const [docker, oci] = [
        'application/vnd.docker.image.rootfs.diff.tar.gzip',
        'application/vnd.oci.image.layer.v1.tar+gzip',
      ];
      registry.push('docker', '1', image({ layers: [{ ...LAYER, mediaType: docker }, 'a'] }));
      registry.push('oci', '1', image({ layers: [{ ...LAYER, mediaType: oci }, 'b'] }));
      for (const name of order) await auditRegistry(db, registry, { source: { include: [name] } });
      expect(await db.query('select media_type from blob where digest = $1', [digestBytes(LAYER.digest)])).toEqual([
        { media_type: docker },
      ]);
    },
  );

  test.each([[['true', 'more']], [['more', 'true']], [['*']]])(
    'has the smallest size that a manifest states, whatever is read first: %j',
    async (order) => {
      registry.push('true', '1', image({ layers: [LAYER, 'a'] }));
      registry.push('more', '1', image({ layers: [{ ...LAYER, body: Buffer.concat([LAYER.body, LAYER.body]) }, 'b'] }));
      for (const name of order) await auditRegistry(db, registry, { source: { include: [name] } });
      expect(await db.query('select size from blob where digest = $1', [digestBytes(LAYER.digest)])).toEqual([
        { size: LAYER.body.length },
      ]);
    },
  );

  test.each([[['true', 'none']], [['none', 'true']], [['*']]])(
    'has a size that a manifest states, where another says 0, whatever is read first: %j',
    async (order) => {
      registry.push('true', '1', image({ layers: [LAYER, 'a'] }));
      registry.push('none', '1', image({ layers: [{ ...LAYER, body: Buffer.alloc(0) }, 'b'] }));
      for (const name of order) await auditRegistry(db, registry, { source: { include: [name] } });
      expect(await db.query('select size from blob where digest = $1', [digestBytes(LAYER.digest)])).toEqual([
        { size: LAYER.body.length },
      ]);
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
