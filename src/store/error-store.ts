import type { Queryable } from '../database/database.ts';
import { storableText } from '../database/storable.ts';
import type { ErrorCode, Retry } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryHost } from '../oci/reference.ts';
import { STORED_REPOSITORY, type StoredRepository } from './inventory-store.ts';
import { columnArrays } from './sql/rows.ts';

/**
 * What an error concerns: a tag, or a manifest or layer by its digest; a whole repository if both are empty, and a whole
 * source if the repository is empty, too.
 */
export interface Item {
  readonly sourceId: number;
  readonly registry: RegistryHost | '';
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest | '';
}

/** An item that failed, as `report errors` shows it. */
export interface ItemError extends Item {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retry: Retry['kind'];
}

/** SQL: the {@link ItemError} of an `audit_error e`. */
const ITEM_ERROR = 'e.source_id as "sourceId", e.registry, e.repository, e.tag, e.digest, e.code, e.message, e.retry';

/** Items that were tried again, and the errors of those that failed. */
interface Retried {
  readonly items: readonly Item[];
  readonly errors: readonly ItemError[];
}

/**
 * Replaces the errors that an audit recorded for some items. Errors of a tag include those of the manifests below it.
 * @param now ISO 8601
 */
export async function replaceErrors(
  tx: Queryable,
  auditId: number,
  { items, errors }: Retried,
  now: string,
): Promise<void> {
  await tx.query(`delete from audit_error e using ${OF_ITEMS}`, itemParameters(auditId, items));
  await recordErrors(tx, auditId, errors, now);
}

/**
 * Reads the errors recorded for these items, in the order in which they were recorded. Errors of a tag include those of the
 * manifests below it.
 */
export async function readErrorsOf(
  db: Queryable,
  auditId: number,
  items: readonly Item[],
): Promise<readonly ItemError[]> {
  return db.query(`select ${ITEM_ERROR} from audit_error e, ${OF_ITEMS} order by e.id`, itemParameters(auditId, items));
}

/**
 * Lists what failed in an audit for manifests that are stored by now, from other repositories: by repository the names of
 * tags, and the digests of untagged manifests.
 */
export async function listReadableItems(
  db: Queryable,
  auditId: number,
): Promise<readonly { readonly repository: StoredRepository; readonly names: readonly string[] }[]> {
  return db.query(
    `select ${STORED_REPOSITORY} as repository, array_agg(distinct n.name order by n.name) as names
     from audit_error e join source s on s.id = e.source_id
     join repository r on r.source_id = e.source_id and r.registry = e.registry and r.name = e.repository
     join manifest m on m.digest = decode(split_part(e.digest, ':', 2), 'hex') and m.body is not null
     cross join lateral (select coalesce(nullif(e.tag, ''), e.digest) as name) n
     where e.audit_id = $1 and e.digest <> '' group by r.id, s.name order by r.id`,
    [auditId],
  );
}

/**
 * The first of an audit's errors with the same message, and how many have it: refused credentials fail all items of a
 * registry.
 */
export interface ErrorGroup extends ItemError {
  readonly source: string;
  readonly count: number;
}

/** What failed in an audit: how many items, and the first messages. */
export interface ErrorSummary {
  readonly count: number;
  /** In the order in which they were recorded. */
  readonly groups: readonly ErrorGroup[];
}

/** Counts the errors of an audit, and groups them by message. @param maxGroups how many groups to read */
export async function summarizeErrors(db: Queryable, auditId: number, maxGroups: number): Promise<ErrorSummary> {
  const rows = await db.query<ErrorGroup & { readonly total: number }>(
    `select ${ITEM_ERROR}, s.name as source, g.count, g.total
     from (select min(id) as first_id, count(*)::int as count, (sum(count(*)) over ())::int as total
           from audit_error where audit_id = $1 group by message order by min(id) limit $2) g
     join audit_error e on e.id = g.first_id join source s on s.id = e.source_id order by e.id`,
    [auditId, maxGroups],
  );
  return { count: rows[0]?.total ?? 0, groups: rows };
}

const OF_ITEMS = `
  unnest($2::int4[], $3::text[], $4::text[], $5::text[], $6::text[]) as n (source_id, registry, repository, tag, digest)
  where e.audit_id = $1 and e.source_id = n.source_id and e.registry = n.registry and e.repository = n.repository
    and e.tag = n.tag and (e.digest = n.digest or n.tag <> '')`;

function itemParameters(auditId: number, items: readonly Item[]) {
  return [auditId, ...columnArrays(items, 'sourceId', 'registry', 'repository', 'tag', 'digest')];
}

/** Records errors of an audit. If an item has an error already, the first one stays. @param now ISO 8601 */
export async function recordErrors(
  tx: Queryable,
  auditId: number,
  errors: readonly ItemError[],
  now: string,
): Promise<void> {
  if (errors.length === 0) return;
  const rows = errors.map(storable);
  await tx.query(
    `insert into audit_error (audit_id, source_id, registry, repository, tag, digest, code, message, retry, occurred_at)
     select $1, n.*, $10 from unnest($2::int4[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) as n
     on conflict do nothing`,
    [
      auditId,
      ...columnArrays(rows, 'sourceId', 'registry', 'repository', 'tag', 'digest', 'code', 'message', 'retry'),
      now,
    ],
  );
}

function storable({ repository, tag, message, ...rest }: ItemError) {
  return { ...rest, repository: storableName(repository), tag: storableName(tag), message: storableText(message) };
}

/** Registries may list names of any content and length; an index entry is limited to 2,700 bytes. */
function storableName(name: string): string {
  return storableText(name.slice(0, MAX_NAME_LENGTH));
}

const MAX_NAME_LENGTH = 300;
