-- The least rights in a PostgreSQL database: one role owns the tables and makes migrations, and the service connects
-- as another, which can read and write rows only. Run it once, as a superuser or as an owner of the database that is a
-- member of rowmq_owner, before the first start:
--
--   create role rowmq_owner login password '...';
--   create role rowmq_app login password '...';
--   \i grants.sql
--
-- Then set spring.datasource.username to rowmq_app and rowmq.store.migration.username to rowmq_owner, each with its
-- password. A service that connects as the owner of the schema needs the create schema statement only. The tables are
-- vacuumed by autovacuum; on PostgreSQL 17 and later, "grant maintain on all tables in schema rowmq to rowmq_app" lets
-- the service do it earlier.

create schema rowmq authorization rowmq_owner;

grant usage on schema rowmq to rowmq_app;
alter default privileges for role rowmq_owner in schema rowmq
    grant select, insert, update, delete on tables to rowmq_app;
alter default privileges for role rowmq_owner in schema rowmq
    grant usage, select on sequences to rowmq_app;
