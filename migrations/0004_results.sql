-- What slimboard makes of the content: the base-image catalogue, assessments, findings.
-- Safe on a live system: creates new tables only.

create table base_image (
  id bigint generated always as identity primary key,
  registry text not null,
  repository text not null,
  tag text not null,
  digest bytea not null,
  index_digest bytea,
  platform text not null,
  chain_id bytea not null,
  layer_count integer not null check (layer_count > 0),
  pull_bytes bigint not null check (pull_bytes >= 0),
  labels jsonb not null,
  created_at timestamptz,
  learned_at timestamptz not null,
  -- Whether the tag named it when the tag was last read; rolled tags keep their old digests.
  newest boolean not null,
  unique (registry, repository, tag, digest)
);
create index base_image_chain on base_image (chain_id);

create table assessment (
  manifest_id bigint primary key references image on delete cascade,
  -- Versions of classifier and rules and the policy that judged; another key means: judge again.
  rules_key text not null,
  -- Which known bases were given to the classifier; another key means: judge again.
  bases_key text not null,
  base_image text,
  base_digest bytea,
  base_confidence text check (base_confidence in ('proven', 'declared', 'inferred')),
  base_evidence text not null,
  base_layers integer check (base_layers >= 0),
  base_bytes bigint check (base_bytes >= 0),
  app_bytes bigint check (app_bytes >= 0),
  distro text,
  distro_version text,
  distro_eol date,
  runtime text,
  runtime_version text,
  framework text,
  variant text,
  build_tool text,
  multi_stage text not null check (multi_stage in ('yes', 'no', 'unknown')),
  multi_stage_evidence text not null,
  run_user text not null,
  runs_as_root boolean,
  -- The image's own label `team`, not one that came with the base.
  team_label text,
  -- The rules of its findings, `;`-separated, each once: a report of a million images does not look up each one's.
  finding_rules text not null default '',
  uncompressed_bytes bigint check (uncompressed_bytes >= 0),
  wasted_bytes bigint check (wasted_bytes >= 0),
  savings_min_bytes bigint not null check (savings_min_bytes >= 0),
  savings_max_bytes bigint not null check (savings_max_bytes >= savings_min_bytes),
  slim_score numeric(5, 2) not null check (slim_score between 0 and 100),
  techniques jsonb not null,
  judged_at timestamptz not null default now()
);
-- By when: rows come in its order, so this index costs next to nothing.
create index assessment_judged on assessment using brin (judged_at);

create table finding (
  manifest_id bigint not null references image on delete cascade,
  ordinal integer not null,
  rule text not null,
  severity text not null check (severity in ('error', 'warn', 'info')),
  confidence text not null,
  message text not null,
  layer integer,
  min_bytes bigint,
  max_bytes bigint,
  primary key (manifest_id, ordinal)
);
create index finding_rule on finding (rule);

-- Bytes of an image's layers that another repository of the same source holds too.
create table image_share (
  source_id integer not null references source on delete cascade,
  manifest_id bigint not null references image on delete cascade,
  shared_bytes bigint not null check (shared_bytes >= 0),
  primary key (source_id, manifest_id)
);
