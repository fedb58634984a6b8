-- Why: messages with a ttl of their own, in the order in which they expire, so that they are found in the second in
-- which they do. Those that live as long as their queue says expire in the order of sending and are found at the head.
-- Locks: nothing, the table is new. Messages that are there already are found by the clean-up.
create table message_expiry (
    expires_at timestamp(6) with time zone not null,
    queue_id   integer not null,
    priority   smallint not null,
    position   bigint not null,
    constraint message_expiry_pkey primary key (expires_at, queue_id, priority, position)
);
