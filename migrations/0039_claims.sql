-- How often an audit was taken over: a process that slept, and is stopped then, must not mark as stopped what another runs by now.
-- Safe on a live system: adds a column with a constant default, which rewrites no rows.

alter table audit add column claims int not null default 0;
