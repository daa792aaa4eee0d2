-- What became of advice: techniques that builds of a repository applied; and goals, with the progress towards them.
-- Safe on a live system: creates functions, tables and views, and adds a column without a default.

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

-- How far each repository is on its way to its goal: a row when something changes, valid until the next. Sizes are pull
-- sizes of its newest build, where there is one of linux/amd64.
create table repository_goal (
  repository_id bigint not null references repository on delete cascade,
  since timestamptz not null,
  -- Where it started: the baseline of the settings, else its size when it was first audited.
  start_bytes bigint not null check (start_bytes >= 0),
  goal_bytes bigint not null check (goal_bytes >= 0),
  current_bytes bigint not null check (current_bytes >= 0),
  -- What advice says it can become at best.
  possible_bytes bigint not null check (possible_bytes >= 0),
  primary key (repository_id, since)
);

-- The same of a team's repositories together, at the end of an audit that computed totals.
create table team_goal (
  audit_id bigint not null references audit on delete cascade,
  source_id integer not null references source on delete cascade,
  team text not null,
  repositories integer not null,
  reached integer not null,
  start_bytes bigint not null,
  goal_bytes bigint not null,
  current_bytes bigint not null,
  possible_bytes bigint not null,
  primary key (audit_id, source_id, team)
);

-- Names the goals that an audit followed: with others, the figures of an audit before it do not hold for it.
alter table audit add column goals_key text;

-- The share of the way that is done, in percent: 100 at the goal or below; negative: further away than at the start.
create function goal_percent(start_bytes bigint, goal_bytes bigint, current_bytes bigint) returns numeric language sql immutable as
  $$ select case when current_bytes <= goal_bytes then 100 when start_bytes <= goal_bytes then 0
    else round(100.0 * (start_bytes - current_bytes) / (start_bytes - goal_bytes), 2) end $$;

-- Goals of teams and repositories at the end of each audit of a source, with the progress at the audit before it that had
-- the same coverage. Public.
create view slimboard_goals as
  with point as (
    select a.source, a.audit_id, a.finished_at, a.newest, a.source_id, 'team' as scope, t.team, null::bigint as repository_id, t.repositories, t.reached,
      t.start_bytes, t.goal_bytes, t.current_bytes, t.possible_bytes, goal_percent(p.start_bytes, p.goal_bytes, p.current_bytes) as previous_percent
    from slimboard_source_audits a
    join team_goal t on t.audit_id = a.totals_of and t.source_id = a.source_id
    left join team_goal p on p.audit_id = a.previous_totals_of and p.source_id = a.source_id and p.team = t.team
    union all
    select a.source, a.audit_id, a.finished_at, a.newest, a.source_id, 'repository', r.team, r.id, 1, case when t.current_bytes <= t.goal_bytes then 1 else 0 end,
      t.start_bytes, t.goal_bytes, t.current_bytes, t.possible_bytes, goal_percent(p.start_bytes, p.goal_bytes, p.current_bytes)
    from slimboard_source_audits a
    join repository r on r.source_id = a.source_id and (r.ended_at is null or r.ended_at > a.finished_at)
    join lateral (
      select * from repository_goal x where x.repository_id = r.id and x.since <= a.finished_at order by x.since desc limit 1) t on true
    left join audit before on before.id = a.previous_audit_id
    left join lateral (
      select * from repository_goal x where x.repository_id = r.id and x.since <= before.finished_at order by x.since desc limit 1) p on true)
  select p.source, p.audit_id, p.finished_at, p.newest, p.scope, p.team, r.registry, r.name as repository, p.repositories, p.reached,
    p.start_bytes, p.goal_bytes, p.current_bytes, p.possible_bytes, greatest(p.current_bytes - p.goal_bytes, 0) as left_bytes,
    goal_percent(p.start_bytes, p.goal_bytes, p.current_bytes) as progress_percent,
    goal_percent(p.start_bytes, p.goal_bytes, p.current_bytes) - p.previous_percent as progress_change, p.source_id, p.repository_id
  from point p left join repository r on r.id = p.repository_id;
