-- What reports of base images and leaderboards tell of all sources together: an image in several counts once, so sums of sources do not add up.
-- Safe on a live system: creates tables, and an index on a table of a row a source and audit; while the tables are empty,
-- reports add up as before.

create table fleet_base (
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

create table fleet_group (
  grouping text not null,
  name text not null,
  repositories bigint not null,
  tags bigint not null,
  images bigint not null,
  logical_bytes bigint not null,
  stored_bytes bigint not null,
  exclusive_bytes bigint not null,
  shared_bytes bigint not null,
  own_bytes bigint not null,
  median_bytes bigint,
  p90_bytes bigint,
  largest_bytes bigint,
  largest_image text,
  savings_min_bytes bigint not null,
  savings_max_bytes bigint not null,
  slim_score numeric,
  findings_error bigint not null,
  findings_warn bigint not null
);
create index fleet_group_grouping on fleet_group (grouping);

-- The newest totals of each source tell whether an audit's sources hold most of what there is.
create index source_total_source on source_total (source_id, audit_id);
