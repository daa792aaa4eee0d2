-- What the registries hold, as a history: a tag's row says which manifest it named, from when, until when.
-- Safe on a live system: creates new tables only.

create table source (
  id integer generated always as identity primary key,
  name text not null unique,
  kind text not null check (kind in ('oci', 'ecr')),
  -- Within what the registry keeps a blob once.
  dedup text not null check (dedup in ('registry', 'repository', 'namespace')),
  -- The platforms that it audits; null: all.
  platforms text[]
);

create table repository (
  id bigint generated always as identity primary key,
  source_id integer not null references source on delete cascade,
  registry text not null,
  name text not null,
  team text not null default 'unowned',
  team_origin text not null default 'none' check (team_origin in ('pattern', 'registry', 'label', 'none')),
  -- The owner that the registry itself names.
  registry_team text,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  ended_at timestamptz,
  -- The audit that last found it listed, and the one that last listed its tags to the end, with their number.
  seen_by bigint,
  listed_by bigint,
  tags_listed integer not null default 0 check (tags_listed >= 0),
  unique (source_id, registry, name)
);

create table tag (
  id bigint generated always as identity primary key,
  repository_id bigint not null references repository on delete cascade,
  -- Null: an untagged manifest of the repository.
  name text,
  manifest_id bigint not null references manifest,
  pushed_at timestamptz,
  pulled_at timestamptz,
  reported_bytes bigint check (reported_bytes >= 0),
  archived boolean not null default false,
  started_at timestamptz not null,
  ended_at timestamptz,
  check (ended_at >= started_at)
);
-- One open row a tag, one a manifest without a tag.
create unique index tag_open on tag (repository_id, name) where ended_at is null and name is not null;
create unique index tag_open_untagged on tag (repository_id, manifest_id) where ended_at is null and name is null;
create index tag_manifest on tag (manifest_id);
