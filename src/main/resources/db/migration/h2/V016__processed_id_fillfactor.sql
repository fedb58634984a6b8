-- Why: PostgreSQL's pages have a fill factor, H2's do not.
-- Locks: nothing.
select 1;
