#!/bin/sh
# Run once by the postgres image, in an empty data directory: makes the service's own database and role. The role is no
# superuser.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$ROWMQ_DB_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role rowmq login password :'password';
create database rowmq owner rowmq encoding 'UTF8' template template0;
SQL
