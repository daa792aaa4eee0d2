-- What reports of base images and leaderboards tell of all sources together, kept as it is of each source: images that
-- several sources have count once, so the sums of sources do not add up.
-- Safe on a live system: creates tables, and an index on a table of a row an audit; while the tables are empty, reports add up
-- as before.

create table fleet_base (like source_base including all);
alter table fleet_base drop column source_id;

create table fleet_group (like source_group including all);
alter table fleet_group drop column source_id;
create index fleet_group_grouping on fleet_group (grouping);

-- The newest totals of each source tell whether an audit's sources hold most of what there is.
create index source_total_source on source_total (source_id, audit_id);
