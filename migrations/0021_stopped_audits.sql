-- An audit whose process was stopped has nobody who does its tasks: the next one goes on with it at once.
-- Safe on a live system: the new condition allows more than the old one, and the table has one row an audit.

alter table audit drop constraint audit_runner_check;
alter table audit add constraint audit_runner_check check (runner in ('process', 'queue', 'none')) not valid;
alter table audit validate constraint audit_runner_check;
