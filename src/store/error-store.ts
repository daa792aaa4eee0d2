import type { ErrorCode, Retry } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryHost } from '../oci/reference.ts';
import type { Queryable } from './database.ts';
import { storableText } from './storable.ts';

/**
 * Something that failed, as `report errors` shows it. Without tag and digest (empty) the whole repository failed, without
 * repository, too, the whole source.
 */
export interface ItemError {
  readonly sourceId: number;
  readonly registry: RegistryHost | '';
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest | '';
  readonly code: ErrorCode;
  readonly message: string;
  readonly retry: Retry['kind'];
}

/** What a task covered, for which errors of an earlier attempt no longer hold. */
export interface ErrorScope {
  readonly sourceId: number;
  readonly registry: RegistryHost | '';
  readonly repository: string;
  /** Tags and untagged manifests; undefined: the repository itself. */
  readonly items?: { readonly tags: readonly string[]; readonly digests: readonly string[] };
}

/** Replaces the errors that an earlier attempt of the same work recorded. */
export async function replaceErrors(
  tx: Queryable,
  auditId: number,
  scopes: readonly ErrorScope[],
  errors: readonly ItemError[],
  now: string,
): Promise<void> {
  await tx.query(`delete from audit_error e using ${IN_SCOPES}`, scopeParameters(auditId, scopes));
  await recordErrors(tx, auditId, errors, now);
}

/** The errors that are recorded of what a task covers. */
export async function readErrorsIn(db: Queryable, auditId: number, scope: ErrorScope): Promise<readonly ItemError[]> {
  return db.query(
    `select e.source_id as "sourceId", e.registry, e.repository, e.tag, e.digest, e.code, e.message, e.retry
     from audit_error e, ${IN_SCOPES} order by e.id`,
    scopeParameters(auditId, [scope]),
  );
}

const IN_SCOPES = `
  unnest($2::int4[], $3::text[], $4::text[], $5::text[], $6::text[]) as n (source_id, registry, repository, tag, digest)
  where e.audit_id = $1 and e.source_id = n.source_id and e.registry = n.registry and e.repository = n.repository
    and e.tag = n.tag and (e.digest = n.digest or n.tag <> '')`;

function scopeParameters(auditId: number, scopes: readonly ErrorScope[]) {
  const items = scopes.flatMap((scope) => itemsOf(scope).map((item) => ({ ...scope, ...item })));
  return [
    auditId,
    items.map(({ sourceId }) => sourceId),
    items.map(({ registry }) => registry),
    items.map(({ repository }) => repository),
    items.map(({ tag }) => tag),
    items.map(({ digest }) => digest),
  ];
}

/** Of a tag all errors, whatever digest they name. */
function itemsOf({ items }: ErrorScope): readonly { readonly tag: string; readonly digest: string }[] {
  if (!items) return [{ tag: '', digest: '' }];
  return [...items.tags.map((tag) => ({ tag, digest: '' })), ...items.digests.map((digest) => ({ tag: '', digest }))];
}

/** Keeps errors of an audit; of one item the first stays. @param now ISO 8601 */
export async function recordErrors(
  tx: Queryable,
  auditId: number,
  errors: readonly ItemError[],
  now: string,
): Promise<void> {
  if (errors.length === 0) return;
  await tx.query(
    `insert into audit_error (audit_id, source_id, registry, repository, tag, digest, code, message, retry, occurred_at)
     select $1, n.*, $10 from unnest($2::int4[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) as n
     on conflict do nothing`,
    [
      auditId,
      errors.map(({ sourceId }) => sourceId),
      errors.map(({ registry }) => registry),
      errors.map(({ repository }) => nameText(repository)),
      errors.map(({ tag }) => nameText(tag)),
      errors.map(({ digest }) => digest),
      errors.map(({ code }) => code),
      errors.map(({ message }) => storableText(message)),
      errors.map(({ retry }) => retry),
      now,
    ],
  );
}

/** A listed name may be anything, of any length; an index takes 2,700 bytes. */
function nameText(name: string): string {
  return storableText(name.slice(0, MAX_NAME_LENGTH));
}

const MAX_NAME_LENGTH = 300;
