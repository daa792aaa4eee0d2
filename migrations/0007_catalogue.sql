-- The catalogue of base images: what each is, and what its tags were last read to name; indexes for retention.
-- Safe on a live system: adds columns that may be null (no rewrite), a table, and indexes on tables that stay small or
-- are read at night only.

-- What the classifier made of it when it was learned; null where it could not tell.
alter table base_image add column runtime text;
alter table base_image add column runtime_version text;
alter table base_image add column variant text;
alter table base_image add column distro text;
alter table base_image add column distro_version text;
create index base_image_digest on base_image (digest);
create index base_image_index on base_image (index_digest) where index_digest is not null;

-- What a tag named when it was last read: while that is so, reading it again costs one request without a body.
create table base_tag (
  registry text not null,
  repository text not null,
  name text not null,
  digest bytea not null,
  -- Those that were read of an index; null: all.
  platforms text[],
  primary key (registry, repository, name)
);

-- Retention looks for these, and deleting an audit or an image looks for what hangs on it.
create index tag_ended on tag (ended_at) where ended_at is not null;
create index repository_ended on repository (ended_at) where ended_at is not null;
create index image_share_manifest on image_share (manifest_id);
create index repository_total_audit on repository_total (audit_id);
