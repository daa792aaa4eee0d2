import type { Queryable } from '../database/database.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import { comparedName, type Platform } from '../oci/platform.ts';
import type { NewManifest } from './content-store.ts';
import { digestText } from './sql/digest-text.ts';
import { joinDigests, rowByDigest, textsOf } from './sql/joined-texts.ts';
import { columnArrays, hasRows, withoutNulls } from './sql/rows.ts';

/** An entry of an index. */
export interface NewIndexChild {
  readonly digest: Digest;
  readonly platform?: Platform | undefined;
  /** For an attestation: the image that it describes. */
  readonly describes?: Digest | undefined;
}

/** An entry of a stored index whose manifest was not fetched: fetching failed, or the audit wanted other platforms. */
export interface MissingChild {
  readonly index: Digest;
  readonly child: Digest;
  /**
   * The comparable name of its platform, or, for an attestation, of the image that it describes; undefined where the
   * index does not say.
   */
  readonly platform?: string | undefined;
  readonly describes?: Digest | undefined;
}

/** Finds the entries of stored indexes, and of stored indexes that these list, whose manifests are not stored. */
export async function findMissingChildren(db: Queryable, indexes: readonly Digest[]): Promise<readonly MissingChild[]> {
  if (indexes.length === 0) return [];
  const rows = await db.query<MissingChild>(
    `with recursive listed (root, index_id) as (
       select digest, id from manifest where digest = any($1::bytea[])
       union
       -- Indexes that were stored by this audit do not have the entries of nested ones yet.
       -- "offset 0" has Postgres look up the entries of each index: it would read those of all indexes for each batch.
       select l.root, c.child_id from listed l cross join lateral (
         select child_id from index_child c
         where c.index_id = l.index_id and exists (select 1 from index_child nested where nested.index_id = c.child_id) offset 0) c)
     select distinct ${digestText('l.root')} as index, ${digestText('c.child')} as child, ${digestText('c.describes')} as describes, c.platform
     from listed l cross join lateral (
       select c.digest as child, c.describes, coalesce(described.platform, c.platform) as platform
       from index_child c left join index_child described on described.index_id = c.index_id and described.digest = c.describes
       where c.index_id = l.index_id and c.child_id is null offset 0) c`,
    [indexes.map(digestBytes)],
  );
  return rows.map(withoutNulls);
}

/**
 * Stores the entries of indexes that are stored already. For an index that was read again, only platform names are
 * updated: how they are compared may have changed.
 */
export async function insertChildren(
  tx: Queryable,
  indexes: readonly Pick<NewManifest, 'digest' | 'children'>[],
): Promise<void> {
  const rows = indexes.flatMap(({ digest: index, children }) =>
    children.map(({ digest, platform, describes }, position) => ({
      index,
      position,
      digest,
      platform: platform && comparedName(platform),
      describes,
    })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `insert into index_child (index_id, position, digest, child_id, platform, describes)
     select m.id, n.position, decode(n.digest, 'hex'), child.id, n.platform, decode(n.describes, 'hex')
     from unnest($1::int4[], $2::text[], ${textsOf('$3')}, ${textsOf('$4')}, ${textsOf('$5')})
       as n (position, platform, manifest, digest, describes)
     cross join ${rowByDigest('manifest', 'n.manifest')} m
     left join ${rowByDigest('manifest', 'n.digest')} child on true
     on conflict (index_id, position) do update set platform = excluded.platform
       where index_child.platform is distinct from excluded.platform`,
    [
      ...columnArrays(rows, 'position', 'platform'),
      joinDigests(rows.map(({ index }) => index)),
      joinDigests(rows.map(({ digest }) => digest)),
      joinDigests(rows.map(({ describes }) => describes)),
    ],
  );
}

/** Completes the entries of all indexes; called when all content of an audit is stored. */
export async function completeIndexes(tx: Queryable): Promise<void> {
  await tx.query(LINK_LATER_CHILDREN);
  await tx.query(MARK_REPEATED);
  // One level of nesting at a time: each pass lists what the nested indexes listed before it.
  while (await listGrandchildren(tx));
}

/** SQL: links entries to manifests that were stored after their index. */
const LINK_LATER_CHILDREN =
  'update index_child c set child_id = m.id from manifest m where c.child_id is null and m.digest = c.digest';

/** SQL: marks entries whose content an earlier entry of the same index lists already. Usually there are none. */
const MARK_REPEATED = `
  update index_child c set repeated = true
  where not c.repeated and exists (
    select 1 from index_child e where e.index_id = c.index_id and e.digest = c.digest and e.position < c.position)`;

/**
 * Real indexes have a few dozen entries. Longer lists than this are not extended: indexes that list one another would
 * grow without end.
 */
const LONGEST_LIST = 10_000;

/**
 * Appends the entries of nested indexes to those of the outer index, so that queries find all images of an index in one
 * step. Works by sorting instead of comparing pairs: anybody can push two manifests whose ten thousand entries list ten
 * thousand each, and the planner has no statistics about lists that are new.
 * @returns whether any entry was added
 */
async function listGrandchildren(tx: Queryable): Promise<boolean> {
  return hasRows(
    tx,
    `with nested as materialized (
       select distinct on (c.index_id, c.child_id) c.index_id, c.child_id, c.position, c.platform
       from index_child c where c.child_id in (select index_id from index_child)
       order by c.index_id, c.child_id, c.position),
     own as materialized (select e.* from index_child e where e.index_id in (select index_id from nested)),
     listed as (
       select distinct on (x.index_id, x.digest) x.*
       from (
         select index_id, digest, true as is_own, 0 as place, position, child_id, platform, describes from own
         union all
         select n.index_id, d.digest, false, n.position, d.position, d.child_id, coalesce(d.platform, n.platform), d.describes
         from nested n join index_child d on d.index_id = n.child_id) x
       order by x.index_id, x.digest, x.is_own desc, x.place, x.position)
     insert into index_child (index_id, position, digest, child_id, platform, describes)
     select l.index_id, o.last + row_number() over (partition by l.index_id order by l.place, l.position), l.digest, l.child_id, l.platform, l.describes
     from listed l join (select index_id, max(position) as last from own group by index_id) o on o.index_id = l.index_id
     where not l.is_own and o.last < $1 order by l.index_id
     on conflict do nothing returning 1`,
    [LONGEST_LIST],
  );
}
