-- Audits: their work, their errors, their totals.
-- Safe on a live system: creates new tables only.

create table audit (
  id bigint generated always as identity primary key,
  lane text not null check (lane in ('nightly', 'adhoc')),
  status text not null check (status in ('running', 'finished', 'incomplete', 'failed')),
  stage text not null check (stage in ('inventory', 'layers', 'assess', 'close', 'deliver', 'done')),
  -- Flags given for this audit; sources and policy come from the settings.
  options jsonb not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  -- Who does its tasks: one process by itself, or workers through a queue; and when they were last seen alive.
  runner text not null default 'process' check (runner in ('process', 'queue')),
  heartbeat_at timestamptz not null,
  repositories_listed integer not null default 0,
  tags_listed integer not null default 0,
  tags_audited integer not null default 0,
  tags_skipped integer not null default 0,
  tags_failed integer not null default 0,
  requests bigint not null default 0,
  throttled bigint not null default 0,
  -- The audit whose rows of team_total, source_total hold for this one too: itself, unless nothing had changed since.
  totals_of bigint references audit on delete set null,
  -- By which rules its images were judged, and how many tasks of judging there were; none: all judgements still held.
  rules_key text,
  judged_tasks integer not null default 0,
  check ((status = 'running') = (finished_at is null))
);

create table audit_source (
  audit_id bigint not null references audit on delete cascade,
  source_id integer not null references source on delete cascade,
  -- The planned time of a nightly audit: each starts once.
  slot timestamptz,
  running boolean not null,
  primary key (audit_id, source_id)
);
-- An audit of a source never overlaps another one of it.
create unique index audit_source_running on audit_source (source_id) where running;
create unique index audit_source_slot on audit_source (source_id, slot) where slot is not null;

-- What is still to do. A row goes when its task is settled.
create table audit_task (
  audit_id bigint not null references audit on delete cascade,
  key text not null,
  kind text not null check (kind in ('source', 'repository', 'manifests', 'layers', 'assess', 'close', 'deliver')),
  payload jsonb not null,
  primary key (audit_id, key)
);

create table audit_error (
  id bigint generated always as identity primary key,
  audit_id bigint not null references audit on delete cascade,
  source_id integer not null references source on delete cascade,
  registry text not null,
  -- Empty where the error concerns the whole source, or the whole repository.
  repository text not null default '',
  tag text not null default '',
  digest text not null default '',
  code text not null,
  message text not null,
  retry text not null check (retry in ('never', 'backoff', 'after')),
  occurred_at timestamptz not null,
  unique (audit_id, source_id, registry, repository, tag, digest)
);

-- Sizes of a team at the end of an audit, by source: registries share no blobs, so sums over sources add up.
create table team_total (
  audit_id bigint not null references audit on delete cascade,
  source_id integer not null references source on delete cascade,
  team text not null,
  repositories integer not null,
  tags integer not null,
  images integer not null,
  logical_bytes bigint not null check (logical_bytes >= 0),
  -- The fair share: a blob that n teams hold counts 1/n to each, remainders to the first by name.
  stored_bytes bigint not null check (stored_bytes >= 0),
  exclusive_bytes bigint not null check (exclusive_bytes >= 0),
  shared_bytes bigint not null check (shared_bytes >= 0),
  own_bytes bigint not null check (own_bytes >= 0),
  median_bytes bigint,
  p90_bytes bigint,
  largest_bytes bigint,
  largest_image text,
  savings_min_bytes bigint not null,
  savings_max_bytes bigint not null,
  slim_score numeric(5, 2),
  findings_error integer not null,
  findings_warn integer not null,
  primary key (audit_id, source_id, team)
);

-- Sizes of a repository; a row only when they changed, valid until the next one.
create table repository_total (
  repository_id bigint not null references repository on delete cascade,
  audit_id bigint not null references audit on delete cascade,
  tags integer not null,
  images integer not null,
  logical_bytes bigint not null check (logical_bytes >= 0),
  stored_bytes bigint not null check (stored_bytes >= 0),
  exclusive_bytes bigint not null check (exclusive_bytes >= 0),
  shared_bytes bigint not null check (shared_bytes >= 0),
  own_bytes bigint not null check (own_bytes >= 0),
  median_bytes bigint,
  largest_bytes bigint,
  primary key (repository_id, audit_id)
);

-- Sizes of a source at the end of an audit.
create table source_total (
  audit_id bigint not null references audit on delete cascade,
  source_id integer not null references source on delete cascade,
  repositories integer not null,
  tags integer not null,
  images integer not null,
  blobs integer not null,
  logical_bytes bigint not null check (logical_bytes >= 0),
  stored_bytes bigint not null check (stored_bytes >= 0),
  primary key (audit_id, source_id)
);

-- What overviews and trends show of a source at the end of an audit: added up once, not by every visitor.
-- Base images by tags that stand on them, the most used first.
create table base_total (
  audit_id bigint not null references audit on delete cascade,
  source_id integer not null references source on delete cascade,
  place integer not null,
  -- Empty: not known.
  base_image text not null,
  distro text,
  distro_version text,
  distro_eol date,
  images integer not null,
  tags integer not null,
  repositories integer not null,
  -- The largest pull size of the base's layers; null: not known.
  base_bytes bigint,
  logical_bytes bigint not null check (logical_bytes >= 0),
  primary key (audit_id, source_id, place)
);
create index base_total_name on base_total (base_image);

-- Lists of a few rows each: images by size, findings by rule, the biggest layers, the steps that save most.
create table source_summary (
  audit_id bigint not null references audit on delete cascade,
  source_id integer not null references source on delete cascade,
  lists jsonb not null,
  primary key (audit_id, source_id)
);
