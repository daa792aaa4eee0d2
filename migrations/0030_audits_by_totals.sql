-- Retention removes audits, and for each it looks for later ones that refer to its totals: in the whole table, without an index.
-- Safe on a live system: adds an index to a table with one row an audit.

create index audit_totals_of on audit (totals_of) where totals_of is not null;
