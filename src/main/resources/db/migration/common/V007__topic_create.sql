-- Why: topics, each with the queues that get a copy of its messages.
-- Locks: nothing, the table is new.
create table topic (
    name       varchar(80) not null primary key,
    -- a JSON array of queues and filters
    bindings   varchar(1000000) not null,
    created_at timestamp(6) with time zone not null
);
