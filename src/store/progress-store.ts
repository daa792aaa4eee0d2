import type { Queryable } from '../database/database.ts';
import { ABANDONED, type AuditRow, findAudit, listAuditSources } from './audit-store.ts';

/** An audit with what people want to know while it runs. */
export interface AuditProgress extends AuditRow {
  readonly sources: readonly string[];
  readonly openTasks: number;
  /** The time of its last heartbeat, ISO 8601. */
  readonly lastSignAt: string;
  /** Whether it has not ended, and nobody is working on it any more. */
  readonly abandoned: boolean;
  /** The number of errors by code. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Reads the progress of an audit. @returns undefined when no audit has this id */
export async function readAuditProgress(db: Queryable, auditId: number): Promise<AuditProgress | undefined> {
  const audit = await findAudit(db, auditId);
  if (!audit) return undefined;
  const sources = (await listAuditSources(db, auditId)).map(({ name }) => name);
  const [state] = await db.query<Pick<AuditProgress, 'openTasks' | 'lastSignAt' | 'abandoned' | 'errors'>>(
    `select (select count(*) from audit_task where audit_id = $1) as "openTasks", heartbeat_at as "lastSignAt",
       status = 'running' and ${ABANDONED} as abandoned,
       coalesce((
         select json_object_agg(code, errors order by code)
         from (select code, count(*) as errors from audit_error where audit_id = $1 group by code) e), '{}') as errors
     from audit where id = $1`,
    [auditId],
  );
  const counted = audit.status === 'running' ? await countSoFar(db, auditId) : {};
  return state && { ...audit, ...counted, sources, ...state };
}

/**
 * Finds the last sign of life of the running audits of these sources, by their names.
 * @returns a text that each sign of life changes; undefined if none is running
 */
export async function findSignOfLife(db: Queryable, sources: readonly string[]): Promise<string | undefined> {
  const [row] = await db.query<{ sign: string | null }>(
    `select max(a.heartbeat_at)::text as sign
     from audit a join audit_source x on x.audit_id = a.id and x.running join source s on s.id = x.source_id
     where a.status = 'running' and s.name = any($1::text[])`,
    [sources],
  );
  return row?.sign ?? undefined;
}

/**
 * SQL: `done_tag`, the tags that audit $1 has read. A tag that an open task still has to read may be stored from an earlier
 * audit: it is none of them.
 */
const DONE_TAG = `
  waiting as (
    select (k.payload #>> '{repository,id}')::int8 as repository_id, listed ->> 'tag' as tag
    from audit_task k cross join jsonb_array_elements(k.payload -> 'listed') listed where k.audit_id = $1 and k.kind = 'manifests'),
  done_tag as (
    select t.started_at from tag t join repository r on r.id = t.repository_id
    where r.listed_by = $1 and t.ended_at is null and t.name is not null
      and not exists (select from waiting w where w.repository_id = t.repository_id and w.tag = t.name))`;
/** SQL: the tags that the repositories list whose listings audit $1 has read, and the tags that failed. */
const TAGS_LISTED = '(select coalesce(sum(tags_listed), 0)::int8 from repository where listed_by = $1)';
const TAGS_FAILED =
  "(select count(distinct (source_id, registry, repository, tag)) from audit_error where audit_id = $1 and tag <> '')";

/** Counts the coverage so far of an audit that has not ended, whose own columns are filled at its end. */
async function countSoFar(db: Queryable, auditId: number): Promise<Partial<AuditRow>> {
  const [row] = await db.query<Pick<AuditRow, 'repositoriesListed' | 'tagsListed' | 'tagsAudited' | 'tagsFailed'>>(
    `with ${DONE_TAG}
     select (select count(*) from repository where seen_by = $1) as "repositoriesListed", ${TAGS_LISTED} as "tagsListed",
       (select count(*) from done_tag) as "tagsAudited", ${TAGS_FAILED} as "tagsFailed"`,
    [auditId],
  );
  return row ?? {};
}

/** What an audit has done so far, as the process that does it counts it. */
export interface DoneSoFar extends Pick<AuditRow, 'requests' | 'throttled'> {
  /** Those whose tags are listed. */
  readonly repositories: number;
  readonly tags: number;
  readonly audited: number;
  /** Tags that name what they named before the audit; not among `audited`. */
  readonly unchanged: number;
  readonly failed: number;
}

/** Counts what an audit that was stopped has done so far. */
export async function countDone(db: Queryable, auditId: number): Promise<DoneSoFar | undefined> {
  const [row] = await db.query<DoneSoFar>(
    `with ${DONE_TAG}
     select (select count(*) from repository where listed_by = $1) as repositories, ${TAGS_LISTED} as tags, audited, unchanged,
       ${TAGS_FAILED} as failed, requests, throttled
     from audit a, lateral (
       select count(*) filter (where d.started_at >= a.started_at) as audited,
         count(*) filter (where d.started_at < a.started_at) as unchanged
       from done_tag d) done
     where a.id = $1`,
    [auditId],
  );
  return row;
}
