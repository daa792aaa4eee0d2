-- How many of a repository's tags the last audit was to read: patterns and "newest" leave others out.
-- Safe on a live system: a column with a constant default rewrites no row.

alter table repository add column tags_wanted integer not null default 0 check (tags_wanted >= 0);
