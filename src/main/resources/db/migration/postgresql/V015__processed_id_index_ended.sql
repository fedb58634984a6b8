-- Why: an id needs an entry in this index only once its message has ended, which saves an entry, and its log, for each
-- send with an id.
-- Locks: processed_id against changes while the index is built, about a second for a million ids. On a large table,
-- make it before the upgrade: create index concurrently processed_id_ended on processed_id (forget_at) where forget_at
-- is not null.
create index if not exists processed_id_ended on processed_id (forget_at) where forget_at is not null;
drop index processed_id_forget_at;
