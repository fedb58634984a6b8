-- Why: H2 writes a sequence's state each time its cache is used up, every 32 numbers, which was a twentieth of a cycle's
-- cost. A crash skips what is left of the cache; numbers only need to grow.
-- Locks: nothing.
alter sequence message_position cache 1000;
alter sequence lease_token cache 1000;
