-- Why: the token buckets of rate limits, in the form in which bucket4j keeps them; on H2 they are in the process's memory.
-- Locks: nothing, the table is new.
create table rate_bucket (
    id         varchar(200) not null primary key,
    state      varbinary(4000),
    -- milliseconds since 1970 after which the bucket is full, and the row as good as none
    expires_at bigint
);
