-- Content, keyed by digest and written once: blobs, manifests, images.
-- Safe on a live system: creates new tables only.

create table blob (
  id bigint generated always as identity primary key,
  digest bytea not null unique check (octet_length(digest) in (32, 64)),
  size bigint not null check (size >= 0),
  media_type text not null,
  -- False for foreign layers: listed with a size, kept elsewhere.
  stored boolean not null default true,
  -- As fetched: configs and build provenance, so that they can be judged again. Layers are never kept.
  body bytea,
  -- Of layers: what made it, as the classifier reads it from the image seen first.
  layer_class text,
  instruction text
);

create table manifest (
  id bigint generated always as identity primary key,
  digest bytea not null unique check (octet_length(digest) in (32, 64)),
  media_type text not null,
  kind text not null check (kind in ('image', 'index', 'artifact', 'attestation', 'signature', 'unknown')),
  artifact_type text,
  -- As fetched; null when the registry lists the manifest and does not give it (archived).
  body bytea,
  config_id bigint references blob,
  -- The digest that this manifest describes (a referrer).
  subject bytea,
  fetched_at timestamptz not null
);
create index manifest_config on manifest (config_id);
create index manifest_subject on manifest (subject) where subject is not null;

create table manifest_layer (
  manifest_id bigint not null references manifest on delete cascade,
  position integer not null check (position >= 0),
  blob_id bigint not null references blob,
  -- Names layers 0 to position together; null in artifacts, and where the config does not tell.
  chain_id bytea,
  primary key (manifest_id, position)
);
create index manifest_layer_blob on manifest_layer (blob_id);

create table image (
  manifest_id bigint primary key references manifest on delete cascade,
  platform text not null,
  created_at timestamptz,
  pull_bytes bigint not null check (pull_bytes >= 0),
  layer_count integer not null check (layer_count >= 0),
  -- The chain ID of all layers; null when there are none.
  chain_id bytea
);
create index image_chain on image (chain_id);

create table index_child (
  index_id bigint not null references manifest on delete cascade,
  position integer not null check (position >= 0),
  digest bytea not null,
  -- Null while the child was not fetched: another platform than those audited.
  child_id bigint references manifest,
  platform text,
  -- Of an attestation: the digest of the image that it speaks of.
  describes bytea,
  primary key (index_id, position)
);
create index index_child_child on index_child (child_id) where child_id is not null;
create index index_child_unlinked on index_child (digest) where child_id is null;
create index index_child_describes on index_child (describes) where describes is not null;

-- What a layer holds (audit --deep): read once, kept for ever.
create table layer_contents (
  blob_id bigint primary key references blob on delete cascade,
  reader_version integer not null,
  uncompressed_bytes bigint not null check (uncompressed_bytes >= 0),
  summary jsonb not null,
  entries bytea not null,
  read_at timestamptz not null
);
