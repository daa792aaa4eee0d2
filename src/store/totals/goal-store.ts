import type { Queryable } from '../../database/database.ts';
import { DEFAULT_PLATFORM } from '../../oci/platform.ts';
import type { Goal } from '../../policy/goal.ts';
import { FIXED_DATES_BEFORE } from '../known-bases.ts';
import { byBytes } from '../sql/by-bytes.ts';
import { jsonRows } from '../sql/json-rows.ts';
import { setExcluded } from '../sql/rows.ts';

/** A repository and the team that owns it, by which its goal is chosen. */
export interface GoalOwner {
  readonly id: number;
  readonly repository: string;
  readonly team: string;
}

/** The goal of a repository. */
export type RepositoryGoal = Goal & {
  readonly repositoryId: number;
  /** The size it started from; default: its size when it was first audited. */
  readonly baselineBytes: number | undefined;
};

/** Reads the owners of the repositories of these sources, ended ones left out. */
export function readGoalOwners(tx: Queryable, sourceIds: readonly number[]): Promise<readonly GoalOwner[]> {
  return tx.query<GoalOwner>(
    'select id, name as repository, team from repository where source_id = any($1::int4[]) and ended_at is null order by id',
    [sourceIds],
  );
}

/** Reads the key of the goals that an audit measured progress against. */
export async function findGoalsKey(tx: Queryable, auditId: number): Promise<string | undefined> {
  const [row] = await tx.query<{ key: string | null }>('select goals_key as key from audit where id = $1', [auditId]);
  return row?.key ?? undefined;
}

/**
 * Stores the progress of repositories and their teams towards their goals, as of an audit.
 * @param audit `now` is ISO 8601
 */
export async function saveProgress(
  tx: Queryable,
  audit: {
    readonly id: number;
    readonly sourceIds: readonly number[];
    readonly goalsKey: string;
    readonly now: string;
  },
  goals: readonly RepositoryGoal[],
): Promise<void> {
  await tx.query(SAVE_REPOSITORIES, [jsonRows(goals), audit.sourceIds, audit.now]);
  await tx.query(SAVE_TEAMS, [audit.id, audit.sourceIds]);
  await tx.query('update audit set goals_key = $2 where id = $1', [audit.id, audit.goalsKey]);
}

/**
 * SQL: when an image of a tag was built, else when it was pushed, else the end of the audit before the one that found
 * it; null if the first one did. Joins `image i`, `tag t` and the source's `audit_ends e`.
 */
const BUILT_AT = `coalesce(
  case when i.created_at >= '${FIXED_DATES_BEFORE}' then i.created_at end, t.pushed_at,
  e.ends[width_bucket(t.started_at - interval '1 microsecond', e.ends)])`;

/** All characters of tags that are neither digits nor dots. */
const NOT_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-';
/**
 * SQL: what a `tag` is sorted by so that `1.10` follows `1.9`, and `latest` all versions: the numbers in it, null for what
 * lies between. It takes 3 µs; padding numbers by a regular expression takes 30.
 */
const NATURAL_ORDER = `string_to_array(translate(tag, '${NOT_DIGITS}', '${'.'.repeat(NOT_DIGITS.length)}'), '.', '')::numeric[]`;

/**
 * SQL: measures repositories against their goals, and writes a row only where it differs from the repository's last one.
 * `newest`: the newest image of each, and what could be left of it; `started`: with the size that it started from; `now`:
 * with the size that is the goal.
 */
const SAVE_REPOSITORIES = `
  insert into repository_goal (repository_id, since, start_bytes, goal_bytes, current_bytes, possible_bytes)
  with goal as (
    select * from json_to_recordset($1::json) as g (repository_id int8, bytes int8, ratio numeric, baseline_bytes int8)),
  newest as (
    select distinct on (repository_id) repository_id, bytes, possible
    from (
      select c.repository_id, c.tag, i.platform, i.pull_bytes as bytes, i.pull_bytes - coalesce(a.savings_max_bytes, 0) as possible,
        rank() over (partition by c.repository_id order by i.platform = '${DEFAULT_PLATFORM}' desc, ${BUILT_AT} desc nulls last) as age
      from repository r join tag_content c on c.repository_id = r.id and c.tag is not null join tag t on t.id = c.tag_id
      join image i on i.manifest_id = c.manifest_id left join audit_ends e on e.source_id = r.source_id
      left join assessment a on a.manifest_id = c.manifest_id
      where r.source_id = any($2::int4[]) and r.ended_at is null) o
    where age = 1
    -- Builds of which nothing else tells the order are ordered by tag, images of an index by size: row ids differ from run to run.
    order by repository_id, ${NATURAL_ORDER} desc, ${byBytes('tag')} desc, ${byBytes('platform')}, bytes, possible),
  started as (
    select n.repository_id, g.bytes as goal, g.ratio, n.bytes as current_bytes, n.possible as possible_bytes,
      coalesce(g.baseline_bytes, (select x.current_bytes from repository_goal x where x.repository_id = n.repository_id order by x.since limit 1), n.bytes) as start_bytes
    from newest n join goal g on g.repository_id = n.repository_id),
  now as (select *, coalesce(goal, floor(start_bytes * (1 - ratio))::int8) as goal_bytes from started)
  select n.repository_id, $3::timestamptz, n.start_bytes, n.goal_bytes, n.current_bytes, n.possible_bytes
  from now n left join lateral (
    select * from repository_goal x where x.repository_id = n.repository_id order by x.since desc limit 1) l on true
  where (l.start_bytes, l.goal_bytes, l.current_bytes, l.possible_bytes)
    is distinct from (n.start_bytes, n.goal_bytes, n.current_bytes, n.possible_bytes)
  on conflict (repository_id, since) do update ${setExcluded(['start_bytes', 'goal_bytes', 'current_bytes', 'possible_bytes'])}`;

/** Only repositories that have images: the last row of any other one describes a build that is gone. */
const SAVE_TEAMS = `
  insert into team_goal (audit_id, source_id, team, repositories, reached, start_bytes, goal_bytes, current_bytes, possible_bytes)
  select $1, r.source_id, r.team, count(*), count(*) filter (where g.current_bytes <= g.goal_bytes),
    sum(g.start_bytes), sum(g.goal_bytes), sum(g.current_bytes), sum(g.possible_bytes)
  from repository r join lateral (
    select * from repository_goal x where x.repository_id = r.id order by x.since desc limit 1) g on true
  join lateral (
    select images from repository_total x where x.repository_id = r.id order by x.audit_id desc limit 1) t on t.images > 0
  where r.source_id = any($2::int4[]) and r.ended_at is null group by r.source_id, r.team`;
