/**
 * Of how many pairs of a repository and a technique, those that save most, the builds are put in order to find what
 * can still be done: telling the line of a tag takes 20 µs.
 */
const MOST_ORDERED = 200;

/**
 * SQL of the common table expression `current_step`, and of those that it needs: the rows of `step` whose image is the
 * newest build of a line of tags (`tag_line`) in its repository. Builds of the same date, or all without one, are all
 * current. Older ones are not built any more, so advice for them comes too late. The query defines `step` before, with
 * `repository_id`, `manifest_id` and `technique`.
 * @param gain the column of `step` with the bytes that the step saves
 */
export function currentSteps(gain: string): string {
  return `
  likely as materialized (
    select repository_id, technique from step group by 1, 2 order by max(${gain}) desc nulls last, 1, 2 limit ${MOST_ORDERED}),
  current_build as materialized (
    select distinct repository_id, manifest_id
    from (
      select c.repository_id, c.manifest_id,
        rank() over (partition by c.repository_id, i.platform, tag_line(c.tag) order by i.created_at desc nulls last) as age
      from tag_content c join image i on i.manifest_id = c.manifest_id
      where c.tag is not null and c.repository_id in (select repository_id from likely)) b
    where age = 1),
  current_step as materialized (
    select s.* from step s join likely using (repository_id, technique) join current_build using (repository_id, manifest_id))`;
}
