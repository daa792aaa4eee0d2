import type { Queryable } from '../database/database.ts';
import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import { columnArrays } from './sql/column-arrays.ts';
import { integersOf, joinDigests, textsOf } from './sql/joined-texts.ts';

/** The result of listing a repository completely. */
export interface CompleteListing {
  readonly repositoryId: number;
  /** All valid names, whether the settings select them or not. */
  readonly tags: readonly Tag[];
  /** Untagged manifests; empty when the registry does not list them. */
  readonly untagged: readonly Digest[];
  /** How many tags the registry listed, including those with invalid names. */
  readonly tagsListed: number;
  /** How many tags the audit had to read, including those that failed during listing. */
  readonly tagsWanted: number;
  /** How many of `tagsWanted` were requested by name but not listed. */
  readonly tagsUnlisted: number;
}

/**
 * Ends the tags and untagged manifests that are missing from complete listings, and marks the repositories as listed by
 * this audit.
 * @param now ISO 8601
 */
export async function closeListings(
  tx: Queryable,
  auditId: number,
  listings: readonly CompleteListing[],
  now: string,
): Promise<void> {
  const ids = listings.map(({ repositoryId }) => repositoryId);
  await endUnlistedTags(tx, ids, listings, now);
  await endUnlistedManifests(tx, ids, listings, now);
  await tx.query(
    `update repository r set listed_by = $2, tags_listed = n.tags, tags_wanted = n.wanted, tags_unlisted = n.unlisted
     from unnest($1::int8[], $3::int4[], $4::int4[], $5::int4[]) as n (id, tags, wanted, unlisted) where r.id = n.id`,
    [ids, auditId, ...columnArrays(listings, 'tagsListed', 'tagsWanted', 'tagsUnlisted')],
  );
}

async function endUnlistedTags(
  tx: Queryable,
  ids: readonly number[],
  listings: readonly CompleteListing[],
  now: string,
): Promise<void> {
  const repositoryIds = listings.flatMap(({ repositoryId, tags }) => tags.map(() => repositoryId));
  await tx.query(
    `update tag t set ended_at = greatest($2::timestamptz, started_at)
     where repository_id = any($1::int8[]) and ended_at is null and name is not null and not exists (
       select 1 from unnest(${integersOf('$3', 'int8')}, ${textsOf('$4')}) as listed (repository_id, name)
       where listed.repository_id = t.repository_id and listed.name = t.name)`,
    [ids, now, repositoryIds.join(','), listings.flatMap(({ tags }) => tags).join(',')],
  );
}

async function endUnlistedManifests(
  tx: Queryable,
  ids: readonly number[],
  listings: readonly CompleteListing[],
  now: string,
): Promise<void> {
  const repositoryIds = listings.flatMap(({ repositoryId, untagged }) => untagged.map(() => repositoryId));
  await tx.query(
    `update tag t set ended_at = greatest($2::timestamptz, started_at)
     where repository_id = any($1::int8[]) and ended_at is null and name is null and not exists (
       select 1 from unnest(${integersOf('$3', 'int8')}, ${textsOf('$4')}) as listed (repository_id, digest)
       join manifest m on m.digest = decode(listed.digest, 'hex')
       where listed.repository_id = t.repository_id and m.id = t.manifest_id)`,
    [ids, now, repositoryIds.join(','), joinDigests(listings.flatMap(({ untagged }) => untagged))],
  );
}
