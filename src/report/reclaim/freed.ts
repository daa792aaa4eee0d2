/**
 * What removing a set of manifests frees, as SQL: a blob goes with the last of its holders, and only when all of them go.
 * @param holdings a relation of `source_id`, `scope`, `blob_id`, `size`, `repository_id`, `root_id`: who holds which blob
 * @param gone a relation of `source_id`, `repository_id`, `manifest_id` and `place`, 1 for what goes first
 * @returns common table expressions, the last one `freed`: by `place` the `bytes` that go with it
 */
export function freedSql(holdings: string, gone: string): string {
  return `
    holder as (
      select h.scope, h.blob_id, h.size, max(g.place) as place
      from ${holdings} h left join ${gone} g on g.repository_id = h.repository_id and g.manifest_id = h.root_id
      where h.source_id in (select source_id from ${gone})
      group by h.scope, h.blob_id, h.size having count(*) = count(g.place)),
    freed as (select place, sum(size)::int8 as bytes from holder group by place)`;
}
