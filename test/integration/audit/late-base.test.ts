import { expect, test } from 'vitest';
import { auditRegistry } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { PGLITE, useDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { gate } from '../../support/registry-faults.ts';
import { startRegistry } from '../../support/registry-server.ts';

// So many new images are assessed before the inventory ends.
const IMAGES = 500;

const db = useDatabase(PGLITE.open);

test('images that are being assessed when their base is read, as the last of the registry, are assessed once more', async () => {
  const registry = closedAfterTest(await startRegistry());
  registry.push('last/base', 'latest', image({ layers: ['base'] }));
  for (let n = 0; n < IMAGES; n++) registry.push('app', `v${n}`, image({ layers: ['base', `layer ${n}`] }));
  const base = gate(1);
  registry.fault({ path: /last\/base\/manifests/ }, base.fault);
  let done = 0;
  const audit = await auditRegistry(db, registry, {
    onDone(_outcome, count) {
      done += count;
      if (done === IMAGES) base.release();
    },
  });
  expect(audit).toMatchObject({ status: 'finished', tagsAudited: IMAGES + 1 });
  const bases = await db.query('select base_image, count(*)::int as images from assessment group by 1 order by 2');
  expect(bases).toEqual([
    { base_image: 'scratch', images: 1 },
    { base_image: 'last/base:latest', images: IMAGES },
  ]);
});
