-- Why: which partition this database is, and over how many partitions messages were ever spread.
-- Locks: nothing, the tables are new.

-- One row, written at the first start: a database keeps its place in rowmq.partitions for ever.
create table partition_home (
    id     integer default 1 not null primary key check (id = 1),
    number integer not null
);

-- In the first partition: each length that the list has had. A producer's id may have been stored in the partition that it
-- belonged to then.
create table partition_count (
    partitions integer not null primary key,
    since      timestamp(6) with time zone not null
);
