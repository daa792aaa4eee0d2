-- Content and lists are looked up by key alone: the planner needs to know nothing of them, and ANALYZE need not read them.
-- Safe on a live system: changes the catalog alone, and waits for no reader or writer.

alter table manifest alter column body set statistics 0;
alter table blob alter column body set statistics 0;
alter table blob alter column instruction set statistics 0;
alter table assessment alter column techniques set statistics 0;
alter table layer_contents alter column entries set statistics 0;
alter table layer_contents alter column summary set statistics 0;
