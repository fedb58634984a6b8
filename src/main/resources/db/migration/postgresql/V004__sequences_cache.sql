-- Why: PostgreSQL caches for each connection apart, which would mix up the order of positions; it costs little without.
-- Locks: nothing.
select 1;
