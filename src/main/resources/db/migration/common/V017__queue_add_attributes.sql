-- Why: queues have tags, and clients of Amazon SQS set attributes that this service only keeps, as JSON objects.
-- Locks: queue, for a moment.
alter table queue add column tags varchar(100000);
alter table queue add column attributes varchar(100000);
