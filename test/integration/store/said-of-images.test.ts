import { describe, expect, test } from 'vitest';
import { digestBytes, digestOf } from '../../../src/oci/digest.ts';
import { readImages } from '../../../src/store/image-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

describe.each(BACKENDS)('what others say of an image, in $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test.each([[['one', 'two']], [['two', 'one']]])(
    'has an order of its own, in whatever order it is stored: %j',
    async (order) => {
      const inventory = new Inventory(db);
      const image = await inventory.image({ name: 'image', layers: [] });
      await db.query("update manifest set body = '{}' where id = $1", [image]);
      for (const name of order) {
        const statement = await inventory.image({ name: `attestation ${name}`, layers: [[`statement ${name}`, 1]] });
        const index = await inventory.index(`index ${name}`, [image]);
        await db.query('update manifest set body = $2 where id = $1', [index, Buffer.from(`index ${name}`)]);
        await db.query(
          'insert into index_child (index_id, position, digest, child_id, describes) values ($1, 1, sha256($2), $3, $4)',
          [index, Buffer.from(name), statement, digestBytes(digestOf('image'))],
        );
      }
      await db.query("update blob set body = encode(digest, 'hex')::bytea");
      const [read] = await readImages(db, [image]);
      const digests = ['one', 'two'].map((name) => digestOf(`statement ${name}`).slice('sha256:'.length));
      expect(read?.provenance.map(textOf)).toEqual(digests.toSorted());
      const indexes = ['index one', 'index two'];
      expect(read?.indexes.map(textOf)).toEqual(indexes.toSorted((a, b) => (digestOf(a) < digestOf(b) ? -1 : 1)));
    },
  );
});

function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString();
}
