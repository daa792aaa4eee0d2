-- How many tags of a repository failed that its last listing does not hold: those that the settings name, and names that are no tags.
-- Safe on a live system: a column with a constant default rewrites no row.

alter table repository add column tags_unlisted integer not null default 0 check (tags_unlisted >= 0);
