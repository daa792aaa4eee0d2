-- Which children of an index are wanted, told within the query that asks: an export of a million tags takes 0.4 s less.
-- Safe on a live system: replaces a function by one that answers the same.

-- Stable, as array_to_string is: Postgres calls a function that claims more than its parts row by row.
create or replace function is_wanted_platform(platform text, wanted text[]) returns boolean language sql stable as
  $$ select wanted is null or platform is null or platform || '/' like any (string_to_array(array_to_string(wanted, '/%,') || '/%', ',')) $$;
