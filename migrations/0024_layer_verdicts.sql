-- What made a layer is told by one of the images that hold it, the same one in whatever order they are judged.
-- Safe on a live system: adds columns without a default, which rewrites no row, and replaces a function by one of the same columns.
-- Layers that were judged before are judged anew.

-- How many layers that image has, and the version of the classifier that judged it.
alter table blob add column verdict_layers integer, add column verdict_version integer;

-- The layer that is larger by most than the one that it replaces: of those that the build before alone has, one of the same
-- instruction; else the one at its place, if nothing else took that.
create or replace function grown_step(build bigint, previous bigint) returns table (step integer, step_bytes bigint, instruction text)
language sql stable as $$
  with came as (
    select l.position, b.size, b.instruction from manifest_layer l join blob b on b.id = l.blob_id
    where l.manifest_id = build
      and not exists (select 1 from manifest_layer k where k.manifest_id = previous and k.blob_id = l.blob_id)),
  went as (
    select l.position, b.size, b.instruction from manifest_layer l join blob b on b.id = l.blob_id
    where l.manifest_id = previous
      and not exists (select 1 from manifest_layer k where k.manifest_id = build and k.blob_id = l.blob_id))
  select c.position + 1,
    c.size - coalesce(
      (select max(w.size) from went w where w.instruction = c.instruction),
      (select w.size from went w where w.position = c.position and not exists (select 1 from came o where o.instruction = w.instruction)), 0),
    c.instruction
  from came c order by 2 desc, 1 limit 1 $$;
