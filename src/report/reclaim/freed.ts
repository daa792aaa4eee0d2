import { selectColumns } from '../kinds/kind.ts';
import type { Column } from '../report.ts';

/**
 * SQL that computes what removing a set of manifests frees. A blob is freed with the last manifest that holds it, and
 * only when all manifests that hold it are removed.
 * @param holdings the name of a relation with `source_id`, `scope`, `blob_id`, `size`, `repository_id`, `root_id`:
 *   which manifest (`root_id`) holds which blob
 * @param gone the name of a relation with `source_id`, `repository_id`, `manifest_id` and `place`, the order of removal
 *   from 1
 * @returns common table expressions; the last, `freed`, has the `bytes` that each `place` frees
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

/**
 * SQL that selects the columns of `chosen`, with what the removal of each of its rows frees. Follows {@link freedSql};
 * `chosen` has its `place`, null where nothing is removed.
 */
export function withFreedBytes(columns: readonly Column[]): string {
  const others = columns.filter(({ name }) => name !== 'freed_bytes');
  return `select ${selectColumns(others, 'c')}, coalesce(f.bytes, 0) as freed_bytes, c.place
    from chosen c left join freed f on f.place = c.place`;
}
