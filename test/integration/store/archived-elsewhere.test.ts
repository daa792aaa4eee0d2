import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { type NewManifest, saveContent } from '../../../src/store/content-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';

const AT = '2026-11-01T02:00:00.000Z';

describe.each(BACKENDS)('a manifest in $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test('that one repository gives and another one has archived is stored with its content, in whatever order', async () => {
    const body = Buffer.from('{}');
    const listed = {
      digest: digestOf(body),
      mediaType: 'application/vnd.oci.image.index.v1+json',
      layers: [],
      children: [],
    };
    const archived: NewManifest = { ...listed, kind: 'unknown' };
    const read: NewManifest = { ...listed, kind: 'index', body };
    const kinds = async (...manifests: readonly NewManifest[]) => {
      await db.query('delete from manifest');
      await saveContent(db, [], manifests, AT);
      return db.query('select kind, body is not null as "isRead" from manifest');
    };
    expect(await kinds(archived, read)).toEqual([{ kind: 'index', isRead: true }]);
    expect(await kinds(read, archived)).toEqual([{ kind: 'index', isRead: true }]);
    expect(await kinds(archived, archived)).toEqual([{ kind: 'unknown', isRead: false }]);
  });
});
