#!/bin/sh
# The postgres image runs this script once, in an empty data directory. It creates the service's database and role; the
# role is not a superuser.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$ROWMQ_DB_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role rowmq login password :'password';
create database rowmq owner rowmq encoding 'UTF8' template template0;
SQL
