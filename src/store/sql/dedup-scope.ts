/**
 * SQL: the scope within which the registry stores a blob once: the registry, a repository, or a project (the part of
 * the name before the first slash). Expects `repository r` and its `source s`.
 */
export const DEDUP_SCOPE = `case s.dedup when 'registry' then r.registry when 'repository' then r.id::text
        else r.registry || '/' || split_part(r.name, '/', 1) end`;
