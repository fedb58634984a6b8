-- Why: who changed what and when, by the console or any other client, for an operator who asks later.
-- Locks: nothing, the table is new.
create table audit_entry (
    id         bigint generated always as identity primary key,
    changed_at timestamp(6) with time zone not null,
    -- null: no keys are configured
    actor      varchar(100),
    address    varchar(100) not null,
    -- see AuditEntry.Channel
    channel    smallint not null,
    action     varchar(100) not null,
    -- a queue or a topic; null: none is concerned
    resource   varchar(100),
    path       varchar(300) not null,
    -- that of the HTTP response
    status     smallint not null
);
create index audit_entry_resource on audit_entry (resource, id);
create index audit_entry_changed_at on audit_entry (changed_at);
