-- What audits have read: when a manifest of a repository was read again.
-- Safe on a live system: adds a column without a default.

-- When the manifest was last read from the repository whether it was kept or not (--full); null: never. Amazon ECR takes
-- that for a pull.
alter table tag add column read_again_at timestamptz;
