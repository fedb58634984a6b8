-- Why: the mean batch size is the messages of the counted calls by those calls. Calls are counted in memory and written
-- once a second, so that a crash loses some of them. All messages sent, divided by the calls that were left, gave larger
-- batches than were ever sent.
-- Locks: queue_counter, for a moment and for one update of a few rows a queue.
alter table queue_counter add column batched bigint default 0 not null;
update queue_counter set batched = sent where send_calls > 0;
