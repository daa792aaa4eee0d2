-- What was sent after an audit: a delivery that is tried again skips it.
-- Safe on a live system: creates a new table only.

create table delivery (
  audit_id bigint not null references audit on delete cascade,
  -- Which endpoint and event; holds no URL, for URLs may be secrets.
  key text not null,
  delivered_at timestamptz not null,
  primary key (audit_id, key)
);
