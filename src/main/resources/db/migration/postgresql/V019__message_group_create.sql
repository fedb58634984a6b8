-- Why: FIFO queues deliver the messages of a group in order, and send messages with the same deduplication id once.
-- Locks: queue, for a moment; the tables are new.
alter table queue add column fifo boolean default false not null;
alter table queue add column content_based_deduplication boolean default false not null;
-- whether two groups may use the same deduplication id
alter table queue add column deduplication_per_group boolean default false not null;

-- The groups that have messages. Sends lock the row of a group, so that positions increase in the order of commits.
create table message_group (
    queue_id integer not null,
    group_id varchar(128) collate "C" not null,
    -- no message of the group has a lower position
    head     bigint not null,
    -- no message of the group can be leased before
    next_at  timestamp(6) with time zone not null,
    constraint message_group_pkey primary key (queue_id, group_id)
);
-- The sum keeps the planner from using this index for the look-up of one group.
create index message_group_next_at on message_group ((queue_id + 0), next_at);

-- The positions of the messages of each group, in every state. A row may outlive its message: a claim removes it.
create table group_member (
    queue_id integer not null,
    group_id varchar(128) collate "C" not null,
    position bigint not null,
    constraint group_member_pkey primary key (queue_id, group_id, position)
);
alter table message_group set (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200,
    autovacuum_vacuum_cost_delay = 0);
alter table group_member set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
