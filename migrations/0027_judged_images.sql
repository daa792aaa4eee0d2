-- What totals need of the judgement of each tagged image, in narrow rows, and the names that it is grouped by: sums of several sources follow from these.
-- Safe on a live system: creates tables, and fills them from what is there, for which nobody waits; it takes ten seconds for a million tags.
-- Audits of the version before leave them as they are until the next audit of that source. fleet_base and fleet_group are not read any more.

-- A row stays although its image was deleted, until the next audit of the source: like all sums, it tells of the last one.
create table source_image (
  source_id integer not null references source on delete cascade,
  manifest_id bigint not null,
  -- Names it in source_combination.
  combination bigint not null,
  pull_bytes bigint not null,
  savings_min_bytes bigint,
  savings_max_bytes bigint,
  slim_score numeric(5, 2),
  findings_error integer not null,
  findings_warn integer not null,
  primary key (source_id, manifest_id)
);

-- Images of equal names have the same combination, in all sources.
create table source_combination (
  source_id integer not null references source on delete cascade,
  combination bigint not null,
  base_image text,
  distro text,
  distro_version text,
  distro_eol date,
  runtime text,
  -- Those that own images of these names.
  teams text[] not null,
  primary key (source_id, combination)
);

create temp table judged on commit drop as
  with tagged as materialized (
    select r.source_id, c.manifest_id, array_agg(distinct r.team) as teams
    from tag_content c join repository r on r.id = c.repository_id
    where r.ended_at is null and c.tag is not null and r.source_id in (select source_id from source_base) group by 1, 2),
  found as (
    select manifest_id, count(*) filter (where severity = 'error')::int as errors, count(*) filter (where severity = 'warn')::int as warnings
    from finding group by 1)
  select t.source_id, t.manifest_id, t.teams, i.pull_bytes, a.savings_min_bytes, a.savings_max_bytes, a.slim_score,
    coalesce(f.errors, 0) as findings_error, coalesce(f.warnings, 0) as findings_warn,
    a.base_image, a.distro, a.distro_version, a.distro_eol, a.runtime,
    ('x' || left(md5(jsonb_build_array(a.base_image, a.distro, a.distro_version, a.distro_eol, a.runtime)::text), 16))::bit(64)::int8 as combination
  from tagged t join image i on i.manifest_id = t.manifest_id
  left join assessment a on a.manifest_id = t.manifest_id left join found f on f.manifest_id = t.manifest_id;

insert into source_image
select source_id, manifest_id, combination, pull_bytes, savings_min_bytes, savings_max_bytes, slim_score, findings_error, findings_warn
from judged;

insert into source_combination
select source_id, combination, base_image, distro, distro_version, distro_eol, runtime, array_agg(distinct team)
from judged cross join lateral unnest(teams) t (team)
group by source_id, combination, base_image, distro, distro_version, distro_eol, runtime;
