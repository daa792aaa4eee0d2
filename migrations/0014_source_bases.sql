-- What the report of base images says of a source, kept when its totals are: over a million tags it takes seconds.
-- Safe on a live system: creates a table only; until the next audit ends, the report adds up as before.

create table source_base (
  source_id integer not null references source on delete cascade,
  base_image text,
  base_confidence text,
  distro text,
  distro_version text,
  distro_eol date,
  images bigint not null,
  tags bigint not null,
  repositories bigint not null,
  teams bigint not null,
  base_bytes bigint,
  base_logical_bytes bigint,
  app_logical_bytes bigint,
  logical_bytes bigint not null,
  oldest_created_at timestamptz,
  newest_created_at timestamptz
);
create index source_base_source on source_base (source_id);
