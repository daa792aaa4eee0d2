import type { Queryable } from '../database/database.ts';
import type { ContentKind } from '../oci/content-kind.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import type { RegistryHost, RepositoryName, Tag } from '../oci/reference.ts';
import type { ListedRepository } from '../registry/registry.ts';
import { digestText } from './sql/digest-text.ts';
import { joinDigests, rowByDigest, textsOf } from './sql/joined-texts.ts';
import { columnArrays, distinctSorted, setExcluded } from './sql/rows.ts';

/** A stored repository, as tasks refer to it. */
export interface StoredRepository {
  readonly id: number;
  readonly source: string;
  readonly registry: RegistryHost;
  readonly name: RepositoryName;
}

/** SQL: the {@link StoredRepository} of a `repository r` and its `source s`. */
export const STORED_REPOSITORY =
  "jsonb_build_object('id', r.id, 'source', s.name, 'registry', r.registry, 'name', r.name)";

/**
 * What an audit found under a tag, or of an untagged manifest (`tag` is absent). Times are ISO 8601 and, like
 * `reportedBytes`, as the registry reports them.
 */
export interface Sighting {
  readonly tag?: Tag | undefined;
  readonly digest: Digest;
  readonly pushedAt?: string | undefined;
  readonly pulledAt?: string | undefined;
  readonly reportedBytes?: number | undefined;
  readonly archived?: boolean;
  /** The manifest was fetched from the registry without regard to whether it was stored already. */
  readonly readAgain?: boolean;
}

/** A sighting with the repository it belongs to. */
export interface RepositorySighting extends Sighting {
  readonly repositoryId: number;
}

/** The audit that lists a source. */
export interface SourceListing {
  readonly sourceId: number;
  readonly auditId: number;
  /** ISO 8601. */
  readonly now: string;
}

/**
 * Stores repositories that an audit is to list, new ones as open. Ended ones stay so until something of them is found:
 * the settings may name what the registry has no more.
 * @returns those whose tags this audit has still to list
 */
export async function upsertRepositories(
  tx: Queryable,
  { sourceId, auditId, now }: SourceListing,
  repositories: readonly ListedRepository[],
): Promise<readonly Omit<StoredRepository, 'source'>[]> {
  const sorted = distinctSorted(repositories, ({ registry, name }) => `${registry}/${name}`);
  return tx.query(
    `with upserted as (
       insert into repository (source_id, registry, name, registry_team, first_seen_at, last_seen_at, seen_by)
       select $1, n.registry, n.name, n.team, $5, $5, $6 from unnest($2::text[], $3::text[], $4::text[]) as n (registry, name, team)
       on conflict (source_id, registry, name) do update ${setExcluded(['registry_team', 'last_seen_at', 'seen_by'])}
       returning id, registry, name, listed_by)
     select id, registry, name from upserted where listed_by is distinct from $6`,
    [sourceId, ...columnArrays(sorted, 'registry', 'name', 'team'), now, auditId],
  );
}

/**
 * Ends the repositories that an audit should have listed and did not, together with their tags.
 * @param selected whether the audit lists this repository if it exists
 */
export async function endMissingRepositories(
  tx: Queryable,
  { sourceId, auditId, now }: SourceListing,
  selected: (repository: Pick<StoredRepository, 'registry' | 'name'>) => boolean,
): Promise<void> {
  const rows = await tx.query<Omit<StoredRepository, 'source'>>(
    'select id, registry, name from repository where source_id = $1 and ended_at is null and seen_by is distinct from $2 order by id',
    [sourceId, auditId],
  );
  const ids = rows.filter(selected).map(({ id }) => id);
  if (ids.length === 0) return;
  await tx.query('update tag set ended_at = $2 where repository_id = any($1::int8[]) and ended_at is null', [ids, now]);
  await tx.query('update repository set ended_at = $2 where id = any($1::int8[])', [ids, now]);
}

/** What a tag named when it was last read. */
export interface KnownTag {
  readonly digest: Digest;
  readonly kind: ContentKind;
}

/**
 * Reads what tags named when they were last read. Tags whose manifests are not stored with their content are left out.
 */
export async function readKnownTags(
  db: Queryable,
  repositoryId: number,
  tags: readonly Tag[],
): Promise<ReadonlyMap<Tag, KnownTag>> {
  if (tags.length === 0) return new Map();
  const rows = await db.query<KnownTag & { readonly name: Tag }>(
    `select t.name, ${digestText('m.digest')} as digest, m.kind from tag t join manifest m on m.id = t.manifest_id
     where t.repository_id = $1 and t.name = any($2::text[]) and t.ended_at is null and m.body is not null`,
    [repositoryId, tags],
  );
  return new Map(rows.map(({ name, ...known }) => [name, known]));
}

/**
 * Finds which of these manifests need not be fetched now: another task of the audit is still to fetch them because they
 * were listed themselves, or an open tag of the repository holds them as archived.
 */
export async function listedElsewhere(
  db: Queryable,
  auditId: number,
  repositoryId: number,
  digests: readonly Digest[],
): Promise<ReadonlySet<Digest>> {
  const rows = await db.query<{ digest: Digest }>(
    `with wanted as (select digest from unnest($3::text[]) as w (digest))
     select digest from wanted where digest in (
       select l.listed ->> 'digest' from audit_task t cross join jsonb_array_elements(t.payload -> 'listed') as l (listed)
       where t.audit_id = $1 and t.kind = 'manifests' and t.key like 'manifests/' || $2::int8 || '/%')
     union
     select w.digest from unnest($3::text[], $4::bytea[]) as w (digest, bytes)
     join manifest m on m.digest = w.bytes
     join tag t on t.manifest_id = m.id and t.repository_id = $2 and t.ended_at is null and t.archived`,
    [auditId, repositoryId, digests, digests.map(digestBytes)],
  );
  return new Set(rows.map(({ digest }) => digest));
}

/**
 * Records what an audit found, and reopens repositories that had ended. A tag that names another manifest than before ends
 * its row and starts a new one; an unchanged tag writes nothing, unless what the registry reports about it has changed.
 * @param now ISO 8601
 */
export async function recordSightings(
  tx: Queryable,
  sightings: readonly RepositorySighting[],
  now: string,
): Promise<void> {
  const distinct = distinctSorted(
    sightings,
    ({ repositoryId, tag, digest }) => `${repositoryId} ${tag ?? digest}`,
    countsMore,
  );
  const tagged = distinct.filter(({ tag }) => tag !== undefined);
  const untagged = distinct.filter(({ tag }) => tag === undefined);
  await Promise.all([
    reopenRepositories(tx, sightings),
    endMovedTags(tx, tagged, now),
    insertOpenRows(tx, tagged, now, 'name'),
    insertOpenRows(tx, untagged, now, 'manifest_id'),
  ]);
}

/**
 * Whether a sighting counts rather than an earlier one of the same tag. A tag that moved during the listing names what the
 * last one says. Where an audit was killed and listed a repository again, the later pull may be slimboard's own reading.
 */
function countsMore(sighting: Sighting, other: Sighting): boolean {
  return sighting.digest !== other.digest || (sighting.pulledAt ?? '') <= (other.pulledAt ?? '');
}

async function reopenRepositories(tx: Queryable, sightings: readonly RepositorySighting[]): Promise<void> {
  const ids = [...new Set(sightings.map(({ repositoryId }) => repositoryId))];
  if (ids.length === 0) return;
  await tx.query('update repository set ended_at = null where id = any($1::int8[]) and ended_at is not null', [ids]);
}

async function endMovedTags(tx: Queryable, tagged: readonly RepositorySighting[], now: string): Promise<void> {
  if (tagged.length === 0) return;
  await tx.query(
    `update tag t set ended_at = greatest($4::timestamptz, t.started_at)
     from unnest($1::int8[], $2::text[], ${textsOf('$3')}) as n (repository_id, name, digest)
     cross join lateral (
       select id from tag where repository_id = n.repository_id and name = n.name and ended_at is null offset 0) o
     cross join ${rowByDigest('manifest', 'n.digest')} m
     where t.id = o.id and t.ended_at is null and t.manifest_id <> m.id`,
    [...columnArrays(tagged, 'repositoryId', 'tag'), joinDigests(tagged.map(({ digest }) => digest)), now],
  );
}

/** SQL: earlier rows of the same manifest in the same repository. */
const KNOWN_ROWS = 'tag o where o.manifest_id = m.id and o.repository_id = n.repository_id';

/**
 * SQL: the pull time to store. Amazon ECR counts slimboard's own fetch of a manifest as a pull, and may not count
 * another one within a day of it; so both the first fetch and the latest are compared. A reported pull time near either
 * is replaced by the one known before, if the repository had the manifest then. The null check comes first because it
 * is cheap: with a null time the condition on earlier rows is never true, and all of them would be looked up.
 */
const PULLED_AT = `case
  when n.pulled_at is not null and exists (
    select 1 from ${KNOWN_ROWS} and (${isNear('m.fetched_at')} or ${isNear('o.read_again_at')}))
  then (select max(o.pulled_at) from ${KNOWN_ROWS})
  else n.pulled_at end`;

/** SQL: whether the reported pull is within 15 minutes of a time. */
function isNear(time: string): string {
  return `n.pulled_at between ${time} - interval '15 minutes' and ${time} + interval '15 minutes'`;
}

async function insertOpenRows(
  tx: Queryable,
  sightings: readonly RepositorySighting[],
  now: string,
  key: 'name' | 'manifest_id',
): Promise<void> {
  if (sightings.length === 0) return;
  const present = key === 'name' ? 'name is not null' : 'name is null';
  await tx.query(
    `insert into tag (repository_id, name, manifest_id, pushed_at, pulled_at, reported_bytes, archived, started_at, read_again_at)
     select distinct on (n.repository_id, n.name, m.id)
       n.repository_id, n.name, m.id, n.pushed_at, ${PULLED_AT}, n.reported_bytes, n.archived, $8, case when n.read_again then $8::timestamptz end
     from unnest($1::int8[], $2::text[], ${textsOf('$3')}, $4::timestamptz[], $5::timestamptz[], $6::int8[], $7::bool[], $9::bool[])
       as n (repository_id, name, digest, pushed_at, pulled_at, reported_bytes, archived, read_again)
     cross join ${rowByDigest('manifest', 'n.digest')} m
     on conflict (repository_id, ${key}) where ended_at is null and ${present} do update
       ${setExcluded(['pushed_at', 'pulled_at', 'reported_bytes', 'archived'])}, read_again_at = coalesce(excluded.read_again_at, tag.read_again_at)
       where (tag.pushed_at, tag.pulled_at, tag.reported_bytes, tag.archived)
         is distinct from (excluded.pushed_at, excluded.pulled_at, excluded.reported_bytes, excluded.archived)
         or excluded.read_again_at is not null`,
    [
      ...columnArrays(sightings, 'repositoryId', 'tag'),
      joinDigests(sightings.map(({ digest }) => digest)),
      ...columnArrays(sightings, 'pushedAt', 'pulledAt', 'reportedBytes'),
      sightings.map(({ archived }) => archived ?? false),
      now,
      ...columnArrays(sightings, 'readAgain'),
    ],
  );
}

/** Looks up a repository by name. @returns undefined when no audit has seen it */
export async function findRepositoryId(
  db: Queryable,
  source: string,
  repository: ListedRepository,
): Promise<number | undefined> {
  const [row] = await db.query<{ id: number }>(
    'select r.id from repository r join source s on s.id = r.source_id where s.name = $1 and r.registry = $2 and r.name = $3',
    [source, repository.registry, repository.name],
  );
  return row?.id;
}
