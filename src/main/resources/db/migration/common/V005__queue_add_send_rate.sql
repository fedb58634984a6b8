-- Why: how fast messages may be sent to a queue, and how many were refused for it.
-- Locks: queue and queue_counter, for a moment; no row is rewritten.
alter table queue add column send_rate integer default 0 not null;
alter table queue add column send_burst integer default 0 not null;
alter table queue_counter add column rate_limited bigint default 0 not null;
