/**
 * SQL: within which name a registry keeps a blob once: itself, a repository, or a project (what is before the first slash).
 * Of a `repository`, called `r`, and its `source`, called `s`.
 */
export const DEDUP_SCOPE = `case s.dedup when 'registry' then r.registry when 'repository' then r.id::text
        else r.registry || '/' || split_part(r.name, '/', 1) end`;
