-- A base image has a name for each tag of the same layers: of hundreds of tags some 30 kB. A B-tree takes 2,700 bytes.
-- Safe on a live system: builds indexes of two small tables anew, and locks them for as long.

drop index base_total_name;
create index base_total_name on base_total using hash (base_image);
alter table source_group drop constraint source_group_pkey;
create index source_group_source on source_group (source_id, grouping);
