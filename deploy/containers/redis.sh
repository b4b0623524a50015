#!/bin/bash
# Redis in its container: makes the users' passwords at the first start, then serves. `redis.sh healthy` asks whether it does.
set -euo pipefail
port=${REDIS_PORT:-6379}
if [ "${1:-}" = healthy ]; then
    REDISCLI_AUTH=$(cat /keys/monitor/redis) redis-cli -p "$port" --user monitor ping | grep -q PONG
    exit
fi
# Beside the data: of /keys only the folders of the users can be written.
users.sh /keys /data/users.acl
# 1.5 times its data may be needed while it writes its file anew, so it refuses writes before the container's limit ends it.
exec redis-server --bind "${REDIS_BIND:-0.0.0.0}" --port "$port" --aclfile /data/users.acl --dir /data --appendonly yes \
    --appendfsync everysec --save "" --maxmemory "${REDIS_MAXMEMORY:-320mb}" --maxmemory-policy noeviction
