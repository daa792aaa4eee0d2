import { byBytes } from './by-bytes.ts';

/**
 * SQL: common table expressions that find for each build of a repository and platform the one that it follows. Builds are
 * ordered by creation time, then by when they were pushed, or by the audits that found them: by the end of the audit before,
 * so that the order in which one audit reads tags does not count. What was found by audits that were pruned keeps its own
 * time. Builds that none of these can order are no pair: of those, the first by tag, then by size, follows the build before.
 * A build in several lines of tags (`1.4`, `latest`) has one predecessor: the newest, of equals that in the line of its first
 * tag. The view `grown_build` must give the same.
 *
 * They read `build`, one row a build and line: `repository_id`, `platform`, `line`, `manifest_id`, `tag` (the first),
 * `created_at`, `came_at` (its push, else when it was first seen), `is_pushed`, `compressed_bytes`. The last, `pair`, has
 * the builds that follow another, with its `previous_id`, `previous_tag` and `previous_bytes`.
 * @param ofSources an SQL condition on the `source_id` of the builds
 */
export function buildPairs(ofSources: string): string {
  return `
    -- One row a source: added up once, however few builds the planner expects.
    ended as materialized (select source_id, ends, known_since from audit_ends where ${ofSources}),
    dated as (
      select b.*, n.audits_before,
        case when b.is_pushed or b.came_at < e.known_since then b.came_at else coalesce(e.ends[n.audits_before], e.known_since) end as after_at
      from build b join repository r on r.id = b.repository_id left join ended e on e.source_id = r.source_id
      cross join lateral (select width_bucket(b.came_at - interval '1 microsecond', e.ends) as audits_before) n),
    -- Few are alike in all else, and only theirs is looked up.
    ordered as (
      select d.*, case when count(*) over alike > 1 then (select m.digest from manifest m where m.id = d.manifest_id) end as alike_digest
      from dated d window alike as (partition by repository_id, platform, line, created_at, after_at, tag, compressed_bytes)),
    follower as (
      select *, lag(manifest_id) over w as previous_id, lag(tag) over w as previous_tag, lag(compressed_bytes) over w as previous_bytes,
        lag(created_at) over w as previous_created_at, lag(came_at) over w as previous_came_at, lag(after_at) over w as previous_after_at,
        lag(is_pushed) over w as previous_is_pushed, lag(audits_before) over w as previous_audits_before
      from ordered window w as (
        partition by repository_id, platform, line order by created_at nulls first, after_at nulls first, ${byBytes('tag')}, compressed_bytes, alike_digest)),
    pair as (
      select distinct on (repository_id, platform, manifest_id) *
      from follower
      where previous_id is not null and (created_at is distinct from previous_created_at
        or came_at > previous_came_at and (is_pushed and previous_is_pushed or audits_before > previous_audits_before))
      order by repository_id, platform, manifest_id, previous_created_at desc nulls last, previous_after_at desc nulls last, ${byBytes('tag')})`;
}
