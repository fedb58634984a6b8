-- Why: queues that are kept in memory (setting storage).
-- Locks: table queue, which is small, for a moment.
alter table queue add column storage smallint default 0 not null;
