import type { Database, Queryable } from '../database/database.ts';
import { AuditRunningError } from '../errors.ts';
import { claimAudit, listRunningAudits } from './audit-store.ts';
import { hasRows } from './sql/rows.ts';

/**
 * Retention: deletes old audits, and content that nothing has referred to for long. Rows are deleted in bounded
 * batches. Each is a transaction that leaves the database consistent, so pruning may be stopped at any time and
 * continued later. Nothing that an open tag reaches is ever deleted.
 */

/** What to prune. */
export interface PruneOptions {
  /** Prune audits that ended before this time, ISO 8601. */
  readonly auditsBefore: string;
  /** Prune content that nothing has referred to since this time, ISO 8601. */
  readonly contentBefore: string;
  readonly signal: AbortSignal;
  /** Rows in a batch; default 1,000. */
  readonly batchRows?: number;
}

/** What is counted when pruning. */
export const PRUNED = ['audits', 'errors', 'totals', 'tags', 'repositories', 'manifests', 'blobs'] as const;
/** One of {@link PRUNED}. */
export type PrunedKind = (typeof PRUNED)[number];

/** The number of rows that were, or would be, deleted. */
export interface Pruned {
  readonly rows: Readonly<Record<PrunedKind, number>>;
  /** True when no more content was deleted because an audit was running. */
  readonly contentKept: boolean;
}

const BATCH_ROWS = 1_000;

/**
 * An audit without a heartbeat for so long was killed. Pruning does not harm it: if it is resumed, it reads anew what
 * is stored.
 */
const SILENCE = "interval '15 minutes'";

/** SQL, a common table expression: the newest audit of each source that did not fail. */
const NEWEST = `
  newest as (
    select x.source_id, max(x.audit_id) as id from audit_source x join audit a on a.id = x.audit_id
    where a.status in ('finished', 'incomplete') group by x.source_id)`;

/**
 * SQL, common table expressions: `old_audit`, the audits to delete, and `old_total`, their repository totals. The
 * newest audit of each source that did not fail stays, and so do audits whose totals a remaining one refers to. A
 * repository's totals are stored only when they change and hold until the next ones, so those that still hold at the
 * next remaining audit (`next_kept`) are moved to it unless superseded. $1: audits that ended before
 */
const OLD_AUDITS = `${NEWEST},
  young as (
    select id, totals_of from audit
    where status = 'running' or finished_at >= $1::timestamptz or id in (select id from newest)),
  old_audit as (
    select id from audit where id not in (select id from young union all select totals_of from young where totals_of is not null)),
  -- A window in descending order instead of a join: fifty sources have 36,500 audits in two years.
  next_kept as (
    select x.audit_id, x.source_id, min(x.audit_id) filter (where o.id is null) over (partition by x.source_id order by x.audit_id desc) as id
    from audit_source x left join old_audit o on o.id = x.audit_id),
  old_total as (
    select t.repository_id, t.audit_id, k.id as next_kept, exists (
      select 1 from repository_total n
      where n.repository_id = t.repository_id and n.audit_id > t.audit_id and n.audit_id <= k.id) as superseded
    from old_audit o join repository_total t on t.audit_id = o.id
    join repository r on r.id = t.repository_id
    left join next_kept k on k.audit_id = t.audit_id and k.source_id = r.source_id)`;

/**
 * SQL, common table expressions: `old_tag`, the intervals of tags that ended before $1, unless a stored image is built on
 * the layers that the tag named then. What the images' bases were called cannot be read again. They are found once for
 * all tags, by layers and not by digest: of several builds with the same layers, the base is known, but not which one.
 */
const OLD_TAGS = `
  base_chain as (
    select distinct l.chain_id
    from assessment a join image i on i.manifest_id = a.manifest_id and a.base_layers < i.layer_count
    join manifest_layer l on l.manifest_id = a.manifest_id and l.position = a.base_layers - 1),
  base as (select i.manifest_id as id from base_chain c join image i on i.chain_id = c.chain_id),
  built_on as (select id from base union select c.index_id from base join index_child c on c.child_id = base.id),
  old_tag as (
    select t.id from tag t
    where t.ended_at < $1::timestamptz and not exists (select 1 from built_on b where b.id = t.manifest_id))`;

/**
 * SQL conditions on content that nothing refers to: no index, and no tag, open or in the history that is kept. $1:
 * before when
 */
const UNNAMED_MANIFEST = `m.fetched_at < $1::timestamptz and not exists (select 1 from tag t where t.manifest_id = m.id)
  and not exists (select 1 from index_child c where c.child_id = m.id)`;
const UNNAMED_BLOB = `not exists (select 1 from manifest_layer l where l.blob_id = b.id)
  and not exists (select 1 from manifest m where m.config_id = b.id)`;
const ENDED_REPOSITORY = `r.ended_at < $1::timestamptz and not exists (select 1 from tag t where t.repository_id = r.id)`;

interface Batch {
  readonly before: string;
  readonly rows: number;
  /** The greatest id of the batch before. */
  readonly after: number;
}

/**
 * A statement that deletes or moves a batch of rows, and returns a row for each: with its id, where batches go by id.
 */
interface Step {
  readonly counts?: PrunedKind;
  readonly sql: string;
  /** What its parameters are, in order; default: `before` and `rows`. */
  readonly parameters?: readonly (keyof Batch)[];
  /**
   * Whether deleting rows may make others deletable: the step is then repeated from the start until nothing is left.
   */
  readonly repeats?: true;
}

const AUDIT_STEPS: readonly Step[] = [
  {
    // The overview reads those of the newest audits only, and each takes as much room as the totals of a dozen teams.
    sql: `with ${NEWEST}, victim as (
        select s.source_id, s.audit_id from source_summary s join newest n on n.source_id = s.source_id join audit a on a.id = n.id
        where s.audit_id < coalesce(a.totals_of, a.id) limit $1)
      delete from source_summary s using victim v where s.source_id = v.source_id and s.audit_id = v.audit_id returning 1`,
    parameters: ['rows'],
  },
  {
    counts: 'totals',
    sql: `with ${OLD_AUDITS}, victim as (select * from old_total where superseded limit $2)
      delete from repository_total t using victim v where t.repository_id = v.repository_id and t.audit_id = v.audit_id returning 1`,
  },
  {
    sql: `with ${OLD_AUDITS}, moved as (select * from old_total where not superseded and next_kept is not null limit $2)
      update repository_total t set audit_id = v.next_kept from moved v
      where t.repository_id = v.repository_id and t.audit_id = v.audit_id returning 1`,
  },
  {
    counts: 'errors',
    sql: `with ${OLD_AUDITS}, victim as (select e.id from audit_error e join old_audit o on o.id = e.audit_id limit $2)
      delete from audit_error e using victim v where e.id = v.id returning 1`,
  },
  {
    // Smaller batches: deleting an audit also deletes the totals of all its teams.
    counts: 'audits',
    sql: `with ${OLD_AUDITS}, victim as (select id from old_audit limit greatest($2 / 100, 1))
      delete from audit a using victim v where a.id = v.id returning 1`,
  },
  {
    // A repository's progress holds until its next row: what had ended before the oldest audit of its source is in no report.
    // The first row stays, because it tells the size that the repository started from.
    sql: `with oldest as (
        select x.source_id, min(a.finished_at) as ended_at from audit_source x join audit a on a.id = x.audit_id group by x.source_id),
      victim as (
        select g.repository_id, g.since
        from (
          select repository_id, since, lead(since) over w as next_at, row_number() over w as place
          from repository_goal where repository_id >= $2 window w as (partition by repository_id order by since)) g
        join repository r on r.id = g.repository_id join oldest o on o.source_id = r.source_id
        where g.place > 1 and g.next_at <= o.ended_at order by g.repository_id limit $1)
      delete from repository_goal g using victim v where g.repository_id = v.repository_id and g.since = v.since returning g.repository_id as id`,
    parameters: ['rows', 'after'],
  },
];

const CONTENT_STEPS: readonly Step[] = [
  {
    // Larger batches: each looks for the bases of all images.
    counts: 'tags',
    sql: `with ${OLD_TAGS}, victim as (select id from old_tag limit $2 * 10),
      gone as (delete from tag t using victim v where t.id = v.id returning t.repository_id, t.name, coalesce(t.pushed_at, t.started_at) as came_at),
      -- Techniques are not looked for between builds if one that came between them is gone.
      noted as (
        insert into forgotten_build as f (repository_id, line, came_at)
        select repository_id, tag_line(name), max(came_at) from gone where name is not null group by 1, 2
        on conflict (repository_id, line) do update set came_at = greatest(f.came_at, excluded.came_at))
      select 1 from gone`,
  },
  {
    counts: 'totals',
    sql: `with victim as (
        select t.repository_id, t.audit_id from repository r join repository_total t on t.repository_id = r.id where ${ENDED_REPOSITORY} limit $2)
      delete from repository_total t using victim v where t.repository_id = v.repository_id and t.audit_id = v.audit_id returning 1`,
  },
  {
    counts: 'repositories',
    sql: `with victim as (select r.id from repository r where ${ENDED_REPOSITORY} limit $2)
      delete from repository r using victim v where r.id = v.id returning 1`,
  },
  {
    // Repeated because an index must be deleted before the images that it lists.
    counts: 'manifests',
    repeats: true,
    sql: `with victim as (select m.id from manifest m where m.id > $3 and ${UNNAMED_MANIFEST} order by m.id limit $2)
      delete from manifest m using victim v where m.id = v.id returning m.id`,
    parameters: ['before', 'rows', 'after'],
  },
  {
    counts: 'blobs',
    sql: `with victim as (select b.id from blob b where b.id > $2 and ${UNNAMED_BLOB} order by b.id limit $1)
      delete from blob b using victim v where b.id = v.id returning b.id`,
    parameters: ['rows', 'after'],
  },
];

/**
 * Deletes what is older than the options say.
 * @throws the signal's reason when it was stopped; batches deleted until then stay deleted, the rest is unchanged
 */
export async function prune(db: Database, options: PruneOptions): Promise<Pruned> {
  const { auditsBefore, contentBefore, signal, batchRows = BATCH_ROWS } = options;
  const run = { rows: { ...NOTHING }, signal, batchRows };
  for (const step of AUDIT_STEPS) await removeAll(db, step, auditsBefore, run);
  for (const step of CONTENT_STEPS)
    if (!(await removeAll(db, step, contentBefore, run))) return { rows: run.rows, contentKept: true };
  return { rows: run.rows, contentKept: false };
}

const NOTHING = Object.fromEntries(PRUNED.map((kind) => [kind, 0])) as Record<PrunedKind, number>;

/** A call of {@link prune}, with the rows that it has deleted so far. */
interface Run extends Required<Pick<PruneOptions, 'signal' | 'batchRows'>> {
  readonly rows: Record<PrunedKind, number>;
}

/** Runs a step until no rows are left. @returns false when a running audit forbids it */
async function removeAll(db: Database, step: Step, before: string, { rows, signal, batchRows }: Run): Promise<boolean> {
  let [after, removedInPass] = [0, 0];
  for (;;) {
    signal.throwIfAborted();
    const ids = await removeBatch(db, step, { before, rows: batchRows, after });
    if (!ids) return false;
    if (step.counts) rows[step.counts] += ids.length;
    removedInPass += ids.length;
    after = Math.max(after, ...ids);
    if (ids.length > 0) continue;
    if (!step.repeats || removedInPass === 0) return true;
    [after, removedInPass] = [0, 0];
  }
}

/** @returns the ids of the removed rows, 0 where batches do not go by id; undefined when a running audit forbids it */
async function removeBatch(db: Database, step: Step, batch: Batch): Promise<readonly number[] | undefined> {
  return db.transaction(async (tx) => {
    if (CONTENT_STEPS.includes(step) && (await isAuditing(tx))) return undefined;
    const { sql, parameters = ['before', 'rows'] } = step;
    const values = parameters.map((name) => batch[name]);
    const rows = await tx.query<{ id?: number }>(sql, values);
    return rows.map(({ id = 0 }) => id);
  });
}

/**
 * Whether an audit is running; if none is, none can start until this transaction has ended. While an audit reads a tag
 * it relies on manifests that it found stored, until it has recorded the tag.
 */
async function isAuditing(tx: Queryable): Promise<boolean> {
  // First without the lock: that would wait until a running audit has computed its totals, and all heartbeats with it.
  if (await hasRunningAudit(tx)) return true;
  await tx.query('lock table audit in share mode');
  return hasRunningAudit(tx);
}

function hasRunningAudit(db: Queryable): Promise<boolean> {
  return hasRows(db, `select 1 from audit where status = 'running' and heartbeat_at > now() - ${SILENCE} limit 1`);
}

const COUNT_AUDITS = `
  with ${OLD_AUDITS}
  select (select count(*)::int from old_audit) as audits,
    (select count(*)::int from audit_error e join old_audit o on o.id = e.audit_id) as errors,
    (select count(*)::int from old_total t where superseded
      and not exists (select 1 from repository r where r.id = t.repository_id and r.ended_at < $2::timestamptz)) as totals`;

/** SQL: counts what would not be reachable any more once the tags that {@link OLD_TAGS} selects are gone. */
const COUNT_CONTENT = `
  with recursive ${OLD_TAGS},
  kept_tag as (select t.* from tag t where not exists (select 1 from old_tag o where o.id = t.id)),
  kept (id) as (
    select manifest_id from kept_tag
    union select id from manifest where fetched_at >= $1::timestamptz
    union select c.child_id from kept k join index_child c on c.index_id = k.id where c.child_id is not null),
  ended as (
    select r.id from repository r
    where r.ended_at < $1::timestamptz and not exists (select 1 from kept_tag t where t.repository_id = r.id))
  select (select count(*)::int from old_tag) as tags,
    (select count(*)::int from ended) as repositories,
    (select count(*)::int from ended e join repository_total t on t.repository_id = e.id) as totals,
    (select count(*)::int from manifest m where not exists (select 1 from kept k where k.id = m.id)) as manifests,
    (select count(*)::int from blob b
      where not exists (select 1 from manifest_layer l join kept k on k.id = l.manifest_id where l.blob_id = b.id)
        and not exists (select 1 from manifest m join kept k on k.id = m.id where m.config_id = b.id)) as blobs`;

/**
 * Counts what {@link prune} would delete now.
 * @param source a source that would be removed before: it is, until everything has been counted
 * @throws as {@link removeSource} does
 */
export async function countPrunable(db: Database, options: PruneOptions, source?: string): Promise<Pruned> {
  if (source === undefined) return count(db, options);
  return db.transaction(async (tx) => {
    await tx.query('savepoint kept');
    await deleteSource(tx, source, db.kind);
    const counted = await count(tx, options);
    await tx.query('rollback to savepoint kept');
    return counted;
  });
}

async function count(db: Queryable, options: PruneOptions): Promise<Pruned> {
  const [audits] = await db.query<Record<PrunedKind, number>>(COUNT_AUDITS, [
    options.auditsBefore,
    options.contentBefore,
  ]);
  const [content] = await db.query<Record<PrunedKind, number>>(COUNT_CONTENT, [options.contentBefore]);
  const totals = (audits?.totals ?? 0) + (content?.totals ?? 0);
  const contentKept = await hasRunningAudit(db);
  return { rows: { ...NOTHING, ...(contentKept ? {} : content), ...audits, totals }, contentKept };
}

/**
 * Deletes a source with its repositories, its history and the audits that had no other source, or were interrupted: with
 * the source out of the settings, nobody would resume these. Content that nothing else refers to is left to
 * {@link prune}.
 * @returns false if there is no such source
 * @throws AuditRunningError if it is being audited
 */
export function removeSource(db: Database, name: string): Promise<boolean> {
  return db.transaction((tx) => deleteSource(tx, name, db.kind));
}

async function deleteSource(tx: Queryable, name: string, kind: Database['kind']): Promise<boolean> {
  // No audit of it can start while its row is locked.
  const [source] = await tx.query<{ id: number }>('select id from source where name = $1 for update', [name]);
  if (!source) return false;
  for (const { id } of await listRunningAudits(tx, [source.id])) {
    if (!(await claimAudit(tx, id, { runner: 'process', alone: kind === 'pglite' })))
      throw new AuditRunningError(`${name} is being audited now: remove it when its audit has ended`);
    await tx.query('delete from audit where id = $1', [id]);
  }
  await tx.query('delete from source where id = $1', [source.id]);
  await tx.query('delete from audit a where not exists (select 1 from audit_source s where s.audit_id = a.id)');
  return true;
}
