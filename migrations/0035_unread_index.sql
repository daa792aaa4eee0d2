-- Drops an index of findings by rule that no report and no audit reads: each reads the findings of images.
-- Safe on a live system: waits for the statements that use the table, and takes no time.

drop index if exists finding_rule;
