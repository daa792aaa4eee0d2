-- Which build follows which is unknown where builds between them were pruned: techniques were counted again for a later build.
-- Safe on a live system: creates a table.

-- The youngest build that prune has removed from a line of tags: one that came before it may have been followed by it.
create table forgotten_build (
  repository_id bigint not null references repository on delete cascade,
  line text not null,
  -- When it was pushed, else first seen.
  came_at timestamptz not null,
  primary key (repository_id, line)
);
