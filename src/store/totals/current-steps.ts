import { byBytes } from '../sql/by-bytes.ts';

/**
 * Of how many repositories, those with the largest steps, the builds are put in order to find what can still be done:
 * telling the line of a tag takes 20 µs. Repositories in which nothing is left to do do not count.
 */
const MOST_REPOSITORIES = 200;

/**
 * SQL of the common table expression `current_step`, and of those that it needs: the rows of `step` whose image is the
 * newest build of a line of tags (`tag_line`) in its repository. Builds of the same date, or all without one, are all
 * current. Older ones are not built any more, so advice for them comes too late. The query defines `step` before, with
 * `repository_id` and `manifest_id`.
 * @param gain the column of `step` with the bytes that the step saves
 */
export function currentSteps(gain: string): string {
  return `
  advised as (
    select repository_id, r.name, r.registry, max(${gain}) as gain, array_agg(distinct manifest_id) as manifest_ids
    from step join repository r on r.id = step.repository_id group by 1, 2, 3),
  -- Repository by repository, in their order, until the limit is reached.
  current_of as (
    select a.repository_id, c.manifest_ids
    from (select * from advised order by gain desc nulls last, ${byBytes('name', 'registry')}, repository_id) a
    cross join lateral (
      select array_agg(b.manifest_id) as manifest_ids
      from (
        select unnest(a.manifest_ids) as manifest_id
        -- Not a join: Postgres would compare each of many builds of one date with each other.
        intersect
        select o.manifest_id
        from (
          select i.manifest_id, rank() over (partition by i.platform, tag_line(t.name) order by i.created_at desc nulls last) as age
          from repository r join source s on s.id = r.source_id join tag t on t.repository_id = r.id
          -- "offset 0" has Postgres look up each tag's images: for each repository it would read a small table as a whole.
          cross join lateral (
            select * from image where manifest_id = any (array(
              select t.manifest_id union all
              select c.child_id from index_child c where c.index_id = t.manifest_id and is_wanted_platform(c.platform, s.platforms)))
            offset 0) i
          where r.id = a.repository_id and t.name is not null and t.ended_at is null) o
        where o.age = 1) b) c
    where c.manifest_ids is not null
    order by a.gain desc nulls last, ${byBytes('a.name', 'a.registry')}, a.repository_id limit ${MOST_REPOSITORIES}),
  current_build as materialized (select repository_id, unnest(manifest_ids) as manifest_id from current_of),
  current_step as materialized (select * from step join current_build using (repository_id, manifest_id))`;
}
