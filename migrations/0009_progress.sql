-- What became of advice: techniques that builds of a repository applied.
-- Safe on a live system: creates a function, a table and a view only.

-- The line of builds that a tag belongs to: its name without numbers and commits. `1.4.2-alpine` and `1.5-alpine` are of
-- one line, `1.5` is of another.
create function tag_line(name text) returns text language sql immutable as
  $$ select regexp_replace(name, '[0-9]+(\.[0-9]+)*|\m[0-9a-f]{7,40}\M', '#', 'g') $$;

-- A build that applied techniques, with the build before it. By digests, so that it stays when their contents are pruned.
create table improvement (
  repository_id bigint not null references repository on delete cascade,
  platform text not null,
  digest bytea not null,
  previous_digest bytea not null,
  tag text not null,
  previous_tag text not null,
  built_at timestamptz not null,
  -- All that were recognised; and those that the change of size counts for. `;`-separated.
  techniques text not null,
  counted_as text not null,
  evidence text not null,
  compressed_bytes bigint not null check (compressed_bytes >= 0),
  previous_bytes bigint not null check (previous_bytes >= 0),
  -- What the base alone became smaller by, where both bases end at a known layer.
  base_saved_bytes bigint,
  -- The shares that the guide says they take off, and the bytes that advice projects for the build before.
  guide_min numeric(3, 2),
  guide_max numeric(3, 2),
  estimated_min_bytes bigint check (estimated_min_bytes >= 0),
  estimated_max_bytes bigint check (estimated_max_bytes >= estimated_min_bytes),
  primary key (repository_id, platform, digest)
);

-- Builds that applied techniques: what was estimated, and what was achieved. Public, as the views of 0005.
create view slimboard_improvements as
  select s.name as source, r.registry, r.name as repository, r.team, p.tag, p.previous_tag, p.platform, p.built_at,
    p.counted_as as technique, p.techniques, p.previous_bytes, p.compressed_bytes,
    p.previous_bytes - p.compressed_bytes as saved_bytes,
    round(100.0 * (p.previous_bytes - p.compressed_bytes) / nullif(p.previous_bytes, 0), 2) as saved_percent,
    p.base_saved_bytes, p.estimated_min_bytes, p.estimated_max_bytes,
    round(100.0 * p.estimated_min_bytes / nullif(p.previous_bytes, 0), 2) as estimated_min_percent,
    round(100.0 * p.estimated_max_bytes / nullif(p.previous_bytes, 0), 2) as estimated_max_percent,
    100 * p.guide_min as guide_min_percent, 100 * p.guide_max as guide_max_percent,
    case when p.previous_bytes - p.compressed_bytes < p.estimated_min_bytes then 'less'
      when p.previous_bytes - p.compressed_bytes > p.estimated_max_bytes then 'more'
      when p.estimated_min_bytes is not null then 'as estimated' end as outcome,
    p.evidence, p.digest, p.previous_digest, r.source_id, p.repository_id
  from improvement p join repository r on r.id = p.repository_id join source s on s.id = r.source_id;
