-- Why: tasks that move the messages of a dead letter queue back, which go on after a restart, and on another instance.
-- Locks: nothing, the table is new.
create table move_task (
    id                  varchar(36) not null primary key,
    source              varchar(80) not null,
    -- a queue that is created later under the same name is another one
    source_id           integer not null,
    -- the source while the task is active, else null: one task at a time for each source
    active_source       varchar(80),
    -- null: each message goes to the queue from which it came
    destination         varchar(80),
    -- 0: no limit
    messages_per_second integer not null,
    -- see MoveTask.MoveStatus
    status              smallint not null,
    moved               bigint not null,
    to_move             bigint not null,
    failure             varchar(1000),
    started_at          timestamp(6) with time zone not null,
    -- who runs the task: each run has its own, so that an earlier one finds that it was replaced
    runner              varchar(36) not null,
    -- written at least every few seconds by the run
    alive_at            timestamp(6) with time zone not null,
    constraint move_task_active_source_unique unique (active_source)
);
create index move_task_source on move_task (source, started_at);
