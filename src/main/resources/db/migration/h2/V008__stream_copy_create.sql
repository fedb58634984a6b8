-- Why: who watches a queue on one instance is told of what is sent through another. Copies stay for a minute.
-- Locks: nothing, the tables are new.
create sequence stream_number as bigint start with 1;

create table stream_copy (
    number      bigint not null primary key,
    -- the instance that left it
    instance    varchar(36) not null,
    queue_id    integer not null,
    left_at     timestamp(6) with time zone not null,
    priority    smallint not null,
    position    bigint not null,
    id          varchar(100) not null,
    body_kind   smallint not null,
    body        varbinary(12000000) not null,
    metadata    varchar(1000000),
    enqueued_at timestamp(6) with time zone not null
);

create table stream_watch (
    instance varchar(36) not null,
    queue_id integer not null,
    until    timestamp(6) with time zone not null,
    constraint stream_watch_pkey primary key (instance, queue_id)
);
