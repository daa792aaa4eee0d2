import { expect } from 'vitest';
import type { Queryable } from '../../src/database/database.ts';

const COLUMNS = `source, registry, repository, team, tag, digest, platform, pushed_at, created_at, compressed_bytes, base_image, base_confidence,
  base_bytes, app_bytes, distro, distro_version, distro_eol, first_seen_at, ended_at, tag_id, manifest_id, repository_id, source_id`;

/** Asserts that the narrow view of images has the rows of the public one that are images, with the same values. */
export async function expectSameImages(db: Queryable): Promise<void> {
  const narrow = `select ${COLUMNS}, index_id is not null as in_index from image_history`;
  const wide = `select ${COLUMNS}, index_digest is not null from slimboard_image_history where kind = 'image' and compressed_bytes is not null`;
  expect(await db.query(`${narrow} except all ${wide}`)).toEqual([]);
  expect(await db.query(`${wide} except all ${narrow}`)).toEqual([]);
}
