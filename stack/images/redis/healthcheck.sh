#!/bin/bash
# A server that still loads its data answers with an error, not with PONG.
set -euo pipefail
REDISCLI_AUTH=$(< "${REDIS_PASSWORD_FILE:-/run/secrets/redis_password}")
export REDISCLI_AUTH
[[ $(redis-cli -t 2 ping) == PONG ]]
