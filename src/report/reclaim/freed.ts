import { DEDUP_SCOPE } from '../../store/sql/dedup-scope.ts';
import { selectColumns } from '../kinds/kind.ts';
import type { Column } from '../report.ts';

/**
 * SQL that computes what removing a set of manifests frees. A blob is freed with the last manifest that holds it, and
 * only when all manifests that hold it are removed. Follows `LEADS_TO` and a relation `listed` with `repository_id` and
 * `manifest_id`, of all that could be removed by itself: an index holds what it leads to, except what is listed itself.
 * @param gone the name of a relation with `source_id`, `repository_id`, `manifest_id` and `place`, the order of removal
 *   from 1
 * @returns common table expressions; the last, `freed`, has the `bytes` that each `place` frees
 */
export function freedSql(gone: string): string {
  return `
    -- Rows carry the number of a scope instead of its name.
    scope_of as (
      select r.id as repository_id, dense_rank() over (order by s.id, ${DEDUP_SCOPE}) as scope
      from repository r join source s on s.id = r.source_id where s.id in (select source_id from ${gone})),
    held as (
      select repository_id, manifest_id as root_id, manifest_id from listed
      union all
      select l.repository_id, l.manifest_id, x.child_id from listed l join leads_to x on x.index_id = l.manifest_id
      where x.child_id is not null and not exists (
        select 1 from listed s where s.repository_id = l.repository_id and s.manifest_id = x.child_id)),
    holding as (
      select h.manifest_id, o.scope, g.place
      from held h join scope_of o on o.repository_id = h.repository_id
      left join ${gone} g on g.repository_id = h.repository_id and g.manifest_id = h.root_id),
    -- Sizes are joined within each branch: of a union, Postgres expects few blobs, and would look them up one by one.
    holder as (
      select size, max(place) as place
      from (
        select h.scope, h.place, b.id as blob_id, b.size
        from holding h join manifest_layer l on l.manifest_id = h.manifest_id join blob b on b.id = l.blob_id and b.stored
        union all
        select h.scope, h.place, b.id as blob_id, b.size
        from holding h join manifest m on m.id = h.manifest_id join blob b on b.id = m.config_id and b.stored) x
      group by scope, blob_id, size having count(*) = count(place)),
    freed as (select place, sum(size)::int8 as bytes from holder group by place)`;
}

/**
 * SQL that selects the columns of `chosen`, with what the removal of each of its rows frees. Follows {@link freedSql};
 * `chosen` has its `place`, null where nothing is removed.
 */
export function withFreedBytes(columns: readonly Column[]): string {
  const others = columns.filter(({ name }) => name !== 'freed_bytes');
  return `select ${selectColumns(others, 'c')}, coalesce(f.bytes, 0) as freed_bytes, c.place
    from chosen c left join freed f on f.place = c.place`;
}
