-- Why: H2 has no index on a part of the rows; see the script for PostgreSQL.
-- Locks: nothing.
select 1;
