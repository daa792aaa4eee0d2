-- By how many bytes a team's score weighs beside its scores in other sources: as everywhere, by the pull sizes of its images.
-- Safe on a live system: adds a column without a default, which rewrites no row.

-- Pull sizes of the distinct images that have a score; null in totals of before.
alter table team_total add column scored_bytes int8 check (scored_bytes >= 0);
