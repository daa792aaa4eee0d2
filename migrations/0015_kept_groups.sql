-- What leaderboards tell of groups, kept when the totals of a source are: over a million tags it takes seconds.
-- Safe on a live system: creates a table, and columns without a default. Leaderboards by base image, distribution and
-- runtime add up as before until the next audit ends; those by repository lack the new figures until it changes totals.

create table source_group (
  source_id integer not null references source on delete cascade,
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
  findings_warn bigint not null,
  primary key (source_id, grouping, name)
);

-- Null: of an audit before these were kept, or of a repository without images.
alter table repository_total
  add column p90_bytes bigint,
  add column largest_tag text,
  add column savings_min_bytes bigint,
  add column savings_max_bytes bigint,
  add column slim_score numeric,
  add column findings_error integer,
  add column findings_warn integer;
