/**
 * SQL, common table expressions for "with recursive": `leads_to`, the entries of each index (`index_id`, `digest`, `child_id`)
 * and of all indexes that it leads to. When an audit ends, it gives indexes the entries of those that they list, unless
 * the list is long; these are found here before that, too.
 */
export const LEADS_TO = `
    nested (index_id, digest, child_id) as (
      select index_id, digest, child_id from index_child where child_id in (select index_id from index_child)
      union
      select n.index_id, c.digest, c.child_id from nested n join index_child c on c.index_id = n.child_id),
    -- Looked up by the indexes of either table.
    leads_to as not materialized (
      select index_id, digest, child_id from index_child
      union all select index_id, digest, child_id from nested)`;
