-- Why: a send with an id that is remembered says how the first message ended when it was not acked.
-- Locks: processed_id, for a moment; no row is rewritten.
-- 1 = purged, 2 = expired, 3 = its dead letter was deleted; null = acked, or still there
alter table processed_id add column ended smallint;
