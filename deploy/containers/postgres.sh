#!/bin/bash
# PostgreSQL in its container: makes the database, its owner (trade-recorder) and a reader (vortexctl) at the first start, then
# serves. `postgres.sh healthy` asks whether it does.
set -euo pipefail
port=${POSTGRES_PORT:-5432}
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
data=/data/postgres
if [ "${1:-}" = healthy ]; then exec "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; fi

umask 077
password() {
    local file=/keys/$1/postgres
    [ -s "$file" ] || od -An -N 24 -tx1 /dev/urandom | tr -d ' \n' > "$file"
    cat "$file"
}
if [ ! -s "$data/PG_VERSION" ]; then
    # Made aside, so that a start that was cut short begins anew.
    rm -rf "$data.new"
    "$bin/initdb" -D "$data.new" -U postgres --auth=reject -E UTF8 --locale=C >/dev/null
    echo 'host vortex7 vortex7,vortexctl samenet scram-sha-256' > "$data.new/pg_hba.conf"
    "$bin/postgres" --single -D "$data.new" postgres >/dev/null <<S
CREATE ROLE vortex7 LOGIN PASSWORD '$(password trade-recorder)'
CREATE ROLE vortexctl LOGIN PASSWORD '$(password vortexctl)' IN ROLE pg_read_all_data
CREATE DATABASE vortex7 OWNER vortex7
S
    mv "$data.new" "$data"
fi
exec "$bin/postgres" -D "$data" -p "$port" -c listen_addresses="${POSTGRES_BIND:-*}" -c unix_socket_directories= -c timezone=UTC
