import type { Queryable } from '../database/database.ts';
import { type Digest, digestHex } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import type { StoredRepository } from './inventory-store.ts';
import { integersOf, rowByDigest, textsOf } from './sql/joined-texts.ts';
import { columnArrays } from './sql/rows.ts';

/** The result of listing a repository completely. */
export interface CompleteListing {
  readonly repository: Pick<StoredRepository, 'id'>;
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
  /** Whether the registry has no such repository. */
  readonly isGone: boolean;
}

/**
 * Ends the tags and untagged manifests that are missing from complete listings, and the repositories that are gone,
 * reopens those that are not, and marks all of them as listed by this audit.
 * @param now ISO 8601
 */
export async function closeListings(
  tx: Queryable,
  auditId: number,
  listings: readonly CompleteListing[],
  now: string,
): Promise<void> {
  const ids = listings.map(({ repository }) => repository.id);
  const end = async (sql: string, namesOf: (listing: CompleteListing) => readonly string[]): Promise<void> => {
    const names = listings.map(namesOf);
    // No list of a million equal numbers.
    const repositoryIds = listings.map(({ repository }, at) => `${repository.id},`.repeat(names[at]?.length ?? 0));
    await tx.query(sql, [ids, now, repositoryIds.join('').slice(0, -1), names.flat().join(',')]);
  };
  await end(END_UNLISTED_TAGS, ({ tags }) => tags);
  await end(END_UNLISTED_MANIFESTS, ({ untagged }) => untagged.map(digestHex));
  await tx.query(
    `update repository r set listed_by = $2, tags_listed = n.tags, tags_wanted = n.wanted, tags_unlisted = n.unlisted,
       ended_at = case when n.gone then coalesce(r.ended_at, $7::timestamptz) end
     from unnest($1::int8[], $3::int4[], $4::int4[], $5::int4[], $6::bool[]) as n (id, tags, wanted, unlisted, gone) where r.id = n.id`,
    [ids, auditId, ...columnArrays(listings, 'tagsListed', 'tagsWanted', 'tagsUnlisted', 'isGone'), now],
  );
}

const LISTED = `unnest(${integersOf('$3', 'int8')}, ${textsOf('$4')}) as listed (repository_id, name)`;
const END_UNLISTED_TAGS = endUnlisted('t.name is not null', 'name', `select null, repository_id, name from ${LISTED}`);
const END_UNLISTED_MANIFESTS = endUnlisted(
  't.name is null',
  'manifest_id',
  `select null, listed.repository_id, m.id from ${LISTED} join ${rowByDigest('manifest', 'listed.name')} m on true`,
);

/**
 * SQL: ends open rows of `tag` that the listing of their repository lacks. By grouping both and looking up what is left, it
 * takes time linear in a listing's length: without statistics, or with those of an empty table, Postgres would join by
 * nested loops, for hours with a million tags.
 * @param kind the condition on those rows, `t`
 * @param key the column that tells them apart in a repository
 * @param listed selects null, and repositories and keys of the rows to keep
 */
function endUnlisted(kind: string, key: 'name' | 'manifest_id', listed: string): string {
  return `
    update tag set ended_at = greatest($2::timestamptz, started_at)
    where id = any(array(
      select max(id)
      from (
        select t.id, t.repository_id, t.${key} from tag t where t.repository_id = any($1::int8[]) and t.ended_at is null and ${kind}
        union all ${listed}) found
      group by repository_id, ${key} having count(id) = count(*)))`;
}
