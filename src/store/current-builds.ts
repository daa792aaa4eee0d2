/**
 * Of how many pairs of a repository and a technique, those that save most, the builds are put in order to find what
 * can still be done: telling the line of a tag takes 20 µs.
 */
export const MOST_ORDERED = 200;

/**
 * SQL: the images of repositories that are the newest build of a line of tags (`tag_line`), by `repository_id` and
 * `manifest_id`. Builds of the same date, or all without one, are all current. Older ones are not built any more, so
 * advice for them comes too late.
 * @param repositories SQL that selects ids of repositories
 */
export function currentBuilds(repositories: string): string {
  return `
    select distinct repository_id, manifest_id
    from (
      select c.repository_id, c.manifest_id,
        rank() over (partition by c.repository_id, i.platform, tag_line(c.tag) order by i.created_at desc nulls last) as age
      from tag_content c join image i on i.manifest_id = c.manifest_id
      where c.tag is not null and c.repository_id in (${repositories})) b
    where age = 1`;
}
