-- Why: the messages, in the tables that a message passes through.
-- Locks: nothing, the tables are new.
--
-- clock_timestamp() is PostgreSQL's name for the clock that goes on within a transaction, so that both databases read the
-- same statements.

create alias clock_timestamp for 'java.time.Instant.now';

-- Ready or in flight. Its primary key is its only index: a claim then changes un-indexed columns only.
create table message (
    queue_id          integer not null,
    priority          smallint not null,
    position          bigint not null,
    visible_at        timestamp(6) with time zone not null,
    -- above 0 while leased: 1, or 2 when the lease before had ended without a word; else 0 or less
    lease_state       smallint not null,
    lease_token       bigint not null,
    leased_at         timestamp(6) with time zone,
    deliveries        integer not null,
    id                varchar(100),
    body_kind         smallint not null,
    body              varbinary(12000000) not null,
    metadata          varchar(1000000),
    enqueued_at       timestamp(6) with time zone not null,
    expires_at        timestamp(6) with time zone not null,
    first_received_at timestamp(6) with time zone,
    last_error        varchar(10000),
    constraint message_pkey primary key (queue_id, priority, position)
);

-- Due later than about a second from now.
create table delayed_message (
    queue_id          integer not null,
    due_at            timestamp(6) with time zone not null,
    position          bigint not null,
    priority          smallint not null,
    deliveries        integer not null,
    id                varchar(100),
    body_kind         smallint not null,
    body              varbinary(12000000) not null,
    metadata          varchar(1000000),
    enqueued_at       timestamp(6) with time zone not null,
    expires_at        timestamp(6) with time zone not null,
    first_received_at timestamp(6) with time zone,
    last_error        varchar(10000),
    constraint delayed_message_pkey primary key (queue_id, due_at, position),
    constraint delayed_message_position_unique unique (position)
);

-- Every id that a producer gave, from its send until it is forgotten.
create table processed_id (
    queue_id     integer not null,
    id           varchar(100) not null,
    priority     smallint not null,
    position     bigint not null,
    body_hash    varbinary(32) not null,
    enqueued_at  timestamp(6) with time zone not null,
    visible_at   timestamp(6) with time zone not null,
    -- when its message was acked
    processed_at timestamp(6) with time zone,
    -- when the id may be used again: set when its message is done with, however that came
    forget_at    timestamp(6) with time zone,
    constraint processed_id_pkey primary key (queue_id, id)
);
create index processed_id_forget_at on processed_id (forget_at);

create table dead_letter (
    queue_id          integer not null,
    position          bigint not null,
    priority          smallint not null,
    id                varchar(100) not null,
    -- false: the id is a generated one, which the key in it finds
    id_given          boolean not null,
    reason            smallint not null,
    deliveries        integer not null,
    body_kind         smallint not null,
    body              varbinary(12000000) not null,
    metadata          varchar(1000000),
    enqueued_at       timestamp(6) with time zone not null,
    first_received_at timestamp(6) with time zone,
    last_error        varchar(10000),
    dead_at           timestamp(6) with time zone not null,
    constraint dead_letter_pkey primary key (queue_id, position)
);
create index dead_letter_id on dead_letter (queue_id, id);
create index dead_letter_dead_at on dead_letter (queue_id, dead_at);
