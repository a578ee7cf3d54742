#!/bin/bash
# Writes the configuration to memory (the password stays out of argv and of the image) and becomes redis-server.
# Further arguments go to redis-server: `command: ["--maxclients", "2000"]`.
set -euo pipefail

password_file=${REDIS_PASSWORD_FILE:-/run/secrets/redis_password}
config=/run/redis/redis.conf

fail() {
  printf '{"level":"fatal","service":"redis","msg":"%s"}\n' "$1" >&2
  exit 1
}

[[ -r $password_file ]] || fail "the password cannot be read from $password_file; give the secret redis_password, owned by 10001"
password=$(< "$password_file")
[[ -n $password ]] || fail "$password_file is empty; make the secret redis_password again"
password=${password//\\/\\\\}
password=${password//\"/\\\"}

umask 077
cat > "$config" <<CONFIG
bind * -::*
port 6379
dir /data
requirepass "$password"
masterauth "$password"
appendonly yes
appendfsync everysec
save ""
# When memory runs out, what would expire soonest goes first: cached answers (minutes) long before carts (30 days).
maxmemory ${REDIS_MAXMEMORY:-64mb}
maxmemory-policy volatile-ttl
tcp-keepalive 60
CONFIG
unset password

exec redis-server "$config" "$@"
