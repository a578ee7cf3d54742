#!/bin/bash
# Makes the database cluster at the first start, sets the password from the secret at every start, becomes postgres.
# Further arguments go to postgres: `command: ["-c", "max_connections=200"]`.
set -euo pipefail

database=${POSTGRES_DB:-shop}
role=${POSTGRES_USER:-shop}
password_file=${POSTGRES_PASSWORD_FILE:-/run/secrets/postgres_password}
unfinished=$PGDATA.unfinished

log() {
  printf '{"level":"%s","service":"postgres","msg":"%s"}\n' "$1" "$2" >&2
}

fail() {
  log fatal "$1"
  exit 1
}

# Runs SQL from standard input in a server that listens nowhere: nobody can connect before everything is in place, and
# no password is ever an argument.
single_user() {
  local output
  output=$(postgres --single -j -D "$1" -c exit_on_error=on -c log_min_error_statement=panic "$2" 2>&1 >/dev/null) \
    || fail "the cluster in $1 could not be prepared: ${output//[$'\n"\\']/ }"
}

# 'quoted' for SQL.
literal() {
  printf "'%s'" "${1//\'/\'\'}"
}

# A quoted "name" for SQL.
identifier() {
  printf '"%s"' "${1//\"/\"\"}"
}

# The cluster is made beside its final place and moved there when it is whole: a container killed half-way leaves
# something that the next start throws away.
make_cluster() {
  log info 'making a new database cluster'
  rm -rf "$unfinished"
  initdb --pgdata="$unfinished" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=peer --auth-host=scram-sha-256 > /dev/null
  printf '%s\n\n' "CREATE ROLE $(identifier "$role") LOGIN;" \
    "CREATE DATABASE $(identifier "$database") OWNER $(identifier "$role");" | single_user "$unfinished" postgres
  sync -f "$unfinished"
  mv "$unfinished" "$PGDATA"
}

set_password() {
  printf 'ALTER ROLE %s PASSWORD %s;\n\n' "$(identifier "$role")" "$(literal "$password")" | single_user "$PGDATA" postgres
}

[[ -r $password_file ]] || fail "the password cannot be read from $password_file; give the secret postgres_password, owned by 10001"
password=$(< "$password_file")
[[ -n $password ]] || fail "$password_file is empty; make the secret postgres_password again"
[[ -w $(dirname "$PGDATA") ]] || fail "$(dirname "$PGDATA") is not writable for uid $(id -u); the volume must belong to it"

[[ -e $PGDATA/PG_VERSION ]] || make_cluster
version=$(< "$PGDATA/PG_VERSION")
[[ $version == 17 ]] || fail "the data is of PostgreSQL $version, this image is 17; upgrade it with pg_dump and pg_restore"
# A standby takes its roles from the primary.
[[ -e $PGDATA/standby.signal ]] || set_password
unset password

exec postgres -D "$PGDATA" \
  -c listen_addresses='*' \
  -c unix_socket_directories=/run/postgresql \
  -c hba_file=/etc/postgresql/pg_hba.conf \
  -c ident_file=/etc/postgresql/pg_ident.conf \
  -c password_encryption=scram-sha-256 \
  -c jit=off \
  "$@"
