#!/bin/sh
# Up, and able to answer for the application's database.
set -eu
pg_isready --quiet --username=postgres --dbname="${POSTGRES_DB:-shop}"
[ "$(psql --no-psqlrc --tuples-only --no-align --username=postgres --dbname="${POSTGRES_DB:-shop}" --command='SELECT 1')" = 1 ]
