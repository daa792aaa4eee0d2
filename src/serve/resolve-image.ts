import type { Queryable } from '../database/database.ts';
import { NotFoundError } from '../errors.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { withRegistryHost } from '../oci/reference.ts';
import { byBytes } from '../store/sql/by-bytes.ts';
import { digestText } from '../store/sql/digest-text.ts';

/**
 * The digest of the image that a text names: a digest, or `REPOSITORY:TAG` with or without a registry (without a tag,
 * `latest`). Of several registries or platforms it takes the first.
 * @throws NotFoundError when no tag of that name exists now
 */
export async function resolveImage(db: Queryable, text: string): Promise<Digest> {
  if (isDigest(text)) return text;
  const [, name = '', tag] = /^(.+?)(?::([^:/]+))?$/.exec(text) ?? [];
  const [found] = await db.query<{ digest: Digest }>(
    `select ${digestText('m.digest')} as digest from tag t join repository r on r.id = t.repository_id
     join tag_content c on c.tag_id = t.id join image i on i.manifest_id = c.manifest_id join manifest m on m.id = i.manifest_id
     where (r.name = $1 or r.registry || '/' || r.name = $3) and t.name = $2
     order by ${byBytes('r.registry', 'i.platform')} limit 1`,
    [name, tag ?? 'latest', withRegistryHost(name)],
  );
  if (!found) throw new NotFoundError(`tag "${text.slice(0, 200)}" not found: expected REPOSITORY:TAG, or a digest`);
  return found.digest;
}
