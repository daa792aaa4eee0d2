import type { ContentKind } from '../oci/content-kind.ts';
import { type Digest, digestBytes, digestFromBytes } from '../oci/digest.ts';
import { type PlatformSelection, wantedNames } from '../oci/platform.ts';
import type { RegistryHost, RepositoryName, Tag } from '../oci/reference.ts';
import type { DedupScope, ListedRepository } from '../registry/registry.ts';
import type { Queryable } from './database.ts';
import { joinDigests, textsOf } from './joined-texts.ts';

/** A repository that is kept, as tasks name it. */
export interface StoredRepository {
  readonly id: number;
  readonly source: string;
  readonly registry: RegistryHost;
  readonly name: RepositoryName;
}

/** What an audit found at a tag, or at an untagged manifest. */
export interface Sighting {
  readonly tag?: Tag;
  readonly digest: Digest;
  readonly pushedAt?: string;
  readonly pulledAt?: string;
  readonly reportedBytes?: number;
  readonly archived?: boolean;
  /** Its manifest was read whether it was kept or not. */
  readonly readAgain?: boolean;
}

export interface RepositorySighting extends Sighting {
  readonly repositoryId: number;
}

/** A source as an audit is to find it. */
export interface SourceRow {
  readonly name: string;
  readonly kind: 'oci' | 'ecr';
  readonly dedup: DedupScope;
  readonly platforms: PlatformSelection;
}

/** Makes a source where there is none of its name; one that is there stays as it is. @returns its id */
export async function findOrMakeSource(tx: Queryable, source: SourceRow): Promise<number> {
  const [row] = await tx.query<{ id: number }>(
    `insert into source (name, kind, dedup, platforms) values ($1, $2, $3, $4::text[])
     -- For its id: without an update there is no row to return.
     on conflict (name) do update set name = excluded.name returning id`,
    [source.name, source.kind, source.dedup, wantedNames(source.platforms)],
  );
  if (!row) throw new Error('an upsert returned no row');
  return row.id;
}

/** Sets a source to what the settings say; reports and totals go by it. */
export async function updateSource(tx: Queryable, source: SourceRow): Promise<void> {
  await tx.query(
    `update source set kind = $2, platforms = $4::text[],
       -- Amazon ECR tells the scope itself, and an audit that is taken up does not ask again.
       dedup = case when kind = 'ecr' and $2 = 'ecr' then dedup else $3 end
     where name = $1`,
    [source.name, source.kind, source.dedup, wantedNames(source.platforms)],
  );
}

/**
 * What the registry itself says of the scope in which it shares blobs; it knows better than the settings.
 * @returns whether it was another one before
 */
export async function saveDedupScope(tx: Queryable, sourceId: number, dedup: DedupScope): Promise<boolean> {
  const changed = await tx.query('update source set dedup = $2 where id = $1 and dedup <> $2 returning id', [
    sourceId,
    dedup,
  ]);
  return changed.length > 0;
}

/**
 * Marks repositories as found by an audit; those that had ended come back.
 * @returns those whose tags this audit has still to list
 */
export async function upsertRepositories(
  tx: Queryable,
  sourceId: number,
  auditId: number,
  repositories: readonly ListedRepository[],
  now: string,
): Promise<readonly { readonly id: number; readonly registry: RegistryHost; readonly name: RepositoryName }[]> {
  const sorted = [
    ...new Map(repositories.map((repository) => [`${repository.registry}/${repository.name}`, repository])).entries(),
  ]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, repository]) => repository);
  return tx.query(
    `with upserted as (
       insert into repository (source_id, registry, name, registry_team, first_seen_at, last_seen_at, seen_by)
       select $1, n.registry, n.name, n.team, $5, $5, $6 from unnest($2::text[], $3::text[], $4::text[]) as n (registry, name, team)
       on conflict (source_id, registry, name) do update
         set registry_team = excluded.registry_team, last_seen_at = excluded.last_seen_at, seen_by = excluded.seen_by, ended_at = null
       returning id, registry, name, listed_by)
     select id, registry, name from upserted where listed_by is distinct from $6`,
    [
      sourceId,
      sorted.map(({ registry }) => registry),
      sorted.map(({ name }) => name),
      sorted.map(({ team }) => team ?? null),
      now,
      auditId,
    ],
  );
}

/**
 * Ends repositories that an audit did not find, of those that `selected` takes, with their tags.
 * @param selected whether the audit would have listed a repository, had it been there
 */
export async function endMissingRepositories(
  tx: Queryable,
  sourceId: number,
  auditId: number,
  selected: (repository: Pick<StoredRepository, 'registry' | 'name'>) => boolean,
  now: string,
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

/** What tags named when they were last read: only manifests that are kept whole. */
export async function readKnownTags(
  db: Queryable,
  repositoryId: number,
  tags: readonly Tag[],
): Promise<ReadonlyMap<Tag, KnownTag>> {
  const rows = await db.query<{ name: Tag; digest: Uint8Array; kind: ContentKind }>(
    `select t.name, m.digest, m.kind from tag t join manifest m on m.id = t.manifest_id
     where t.repository_id = $1 and t.name = any($2::text[]) and t.ended_at is null and m.body is not null`,
    [repositoryId, [...tags]],
  );
  return new Map(rows.map(({ name, digest, kind }) => [name, { digest: digestFromBytes(digest), kind }]));
}

/** Of some manifests of a repository, those that a task of the audit has still to read as listed, or that are archived. */
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
    [auditId, repositoryId, [...digests], digests.map(digestBytes)],
  );
  return new Set(rows.map(({ digest }) => digest));
}

/**
 * Records what was found: a tag that names another manifest now ends one row and starts the next; a tag that does not
 * writes nothing, or only what its registry tells of it.
 */
export async function recordSightings(
  tx: Queryable,
  sightings: readonly RepositorySighting[],
  now: string,
): Promise<void> {
  const tagged = lastOfEachTag(sightings);
  const untagged = sightings.filter(({ tag }) => tag === undefined);
  await Promise.all([
    endMovedTags(tx, tagged, now),
    insertOpenRows(tx, tagged, now, 'name'),
    insertOpenRows(tx, untagged, now, 'manifest_id'),
  ]);
}

/** A tag that moves while it is listed may be found twice: what it named last holds. */
function lastOfEachTag(sightings: readonly RepositorySighting[]): readonly RepositorySighting[] {
  const tagged = sightings.filter(({ tag }) => tag !== undefined);
  return [...new Map(tagged.map((sighting) => [`${sighting.repositoryId} ${sighting.tag}`, sighting])).values()];
}

async function endMovedTags(tx: Queryable, tagged: readonly RepositorySighting[], now: string): Promise<void> {
  if (tagged.length === 0) return;
  await tx.query(
    `update tag t set ended_at = greatest($4::timestamptz, t.started_at)
     from unnest($1::int8[], $2::text[], ${textsOf('$3')}) as n (repository_id, name, digest)
     join manifest m on m.digest = decode(n.digest, 'hex')
     where t.repository_id = n.repository_id and t.name = n.name and t.ended_at is null and t.manifest_id <> m.id`,
    [
      tagged.map(({ repositoryId }) => repositoryId),
      tagged.map(({ tag }) => tag ?? null),
      joinDigests(tagged.map(({ digest }) => digest)),
      now,
    ],
  );
}

/** What the repository had of the manifest before. */
const KNOWN_ROWS = 'tag o where o.manifest_id = m.id and o.repository_id = n.repository_id';

/**
 * Amazon ECR takes our own reading of a manifest for a pull, and may leave one out that follows within a day: the first
 * reading and the latest are looked at. What is told near them gives way to the pull that was known before, where the
 * repository had the manifest already. Where no registry tells of pulls, nothing is looked up: an unknown time alone would
 * not end the condition.
 */
const PULLED_AT = `case
  when n.pulled_at is not null and exists (
    select 1 from ${KNOWN_ROWS} and (${isNear('m.fetched_at')} or ${isNear('o.read_again_at')}))
  then (select max(o.pulled_at) from ${KNOWN_ROWS})
  else n.pulled_at end`;

function isNear(read: string): string {
  return `n.pulled_at between ${read} - interval '15 minutes' and ${read} + interval '15 minutes'`;
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
     join manifest m on m.digest = decode(n.digest, 'hex')
     on conflict (repository_id, ${key}) where ended_at is null and ${present} do update
       set pushed_at = excluded.pushed_at, pulled_at = excluded.pulled_at, reported_bytes = excluded.reported_bytes,
         archived = excluded.archived, read_again_at = coalesce(excluded.read_again_at, tag.read_again_at)
       where (tag.pushed_at, tag.pulled_at, tag.reported_bytes, tag.archived)
         is distinct from (excluded.pushed_at, excluded.pulled_at, excluded.reported_bytes, excluded.archived)
         or excluded.read_again_at is not null`,
    [
      sightings.map(({ repositoryId }) => repositoryId),
      sightings.map(({ tag }) => tag ?? null),
      joinDigests(sightings.map(({ digest }) => digest)),
      sightings.map(({ pushedAt }) => pushedAt ?? null),
      sightings.map(({ pulledAt }) => pulledAt ?? null),
      sightings.map(({ reportedBytes }) => reportedBytes ?? null),
      sightings.map(({ archived }) => archived ?? false),
      now,
      sightings.map(({ readAgain }) => readAgain ?? false),
    ],
  );
}

/** What a repository's listing, read to its end, held. */
export interface CompleteListing {
  readonly repositoryId: number;
  readonly tags: readonly Tag[];
  /** Untagged manifests; empty where the registry does not list them. */
  readonly untagged: readonly Digest[];
  /** How many tags the audit was to read, those included that failed in the listing already. */
  readonly tagsWanted: number;
  /** How many of them that are: named and not listed, or no names of tags. */
  readonly tagsUnlisted: number;
}

/** Ends the tags that complete listings do not hold, and marks their repositories as listed by this audit. */
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
    [
      ids,
      auditId,
      listings.map(({ tags }) => tags.length),
      listings.map(({ tagsWanted }) => tagsWanted),
      listings.map(({ tagsUnlisted }) => tagsUnlisted),
    ],
  );
}

async function endUnlistedTags(
  tx: Queryable,
  ids: readonly number[],
  listings: readonly CompleteListing[],
  now: string,
): Promise<void> {
  const listed = listings.flatMap(({ repositoryId, tags }) => tags.map((tag) => ({ repositoryId, tag })));
  await tx.query(
    `update tag t set ended_at = greatest($2::timestamptz, started_at)
     where repository_id = any($1::int8[]) and ended_at is null and name is not null and not exists (
       select 1 from unnest($3::int8[], $4::text[]) as listed (repository_id, name)
       where listed.repository_id = t.repository_id and listed.name = t.name)`,
    [ids, now, listed.map(({ repositoryId }) => repositoryId), listed.map(({ tag }) => tag)],
  );
}

async function endUnlistedManifests(
  tx: Queryable,
  ids: readonly number[],
  listings: readonly CompleteListing[],
  now: string,
): Promise<void> {
  const listed = listings.flatMap(({ repositoryId, untagged }) => untagged.map((digest) => ({ repositoryId, digest })));
  await tx.query(
    `update tag t set ended_at = greatest($2::timestamptz, started_at)
     where repository_id = any($1::int8[]) and ended_at is null and name is null and not exists (
       select 1 from unnest($3::int8[], ${textsOf('$4')}) as listed (repository_id, digest)
       join manifest m on m.digest = decode(listed.digest, 'hex')
       where listed.repository_id = t.repository_id and m.id = t.manifest_id)`,
    [ids, now, listed.map(({ repositoryId }) => repositoryId), joinDigests(listed.map(({ digest }) => digest))],
  );
}

/** @returns undefined when no audit has seen the repository */
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
