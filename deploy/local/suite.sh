#!/usr/bin/env bash
# Runs the whole paper suite on this machine under supervisord, with a Redis and a PostgreSQL of its own under var/.
#   suite.sh up      start (what DATA names is played; without it the synthetic market). Candles of the time before a recording
#                    come from the klines tables that HISTORY names, else from the synthetic market: E3 and E5 need a day of them
#   suite.sh down    stop everything
#   suite.sh monitor Prometheus with the suite's alert rules, beside the suite
#   suite.sh ctl …   vortexctl with the suite's addresses
#   suite.sh env     the addresses, as shell exports
set -euo pipefail

cd "$(dirname "$0")/../.."
root=$PWD
var=${VORTEX7_VAR:-$root/var}
build=${VORTEX7_BUILD:-$root/.build/release}
config=${VORTEX7_CONFIG:-$root/deploy/config/paper.yaml}
postgres_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)

# PORT if it is free, else any.
free_port() {
    python3 - "${1:-0}" <<'P'
import socket, sys
for port in (int(sys.argv[1]), 0):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(s.getsockname()[1])
        break
P
}

# Addresses are chosen at the first start and kept, so that what points at them stays true.
choose_addresses() {
    mkdir -p "$var"/{run,log,redis,journal,secrets}
    chmod 700 "$var/secrets" "$var/journal"
    if [ ! -s "$var/secrets/postgres.password" ]; then
        (umask 077; python3 -c 'import secrets; print(secrets.token_urlsafe(24))' > "$var/secrets/postgres.password")
    fi
    if [ ! -s "$var/run/addresses" ]; then
        local socket="$var/run/redis.sock" redis_port=0 postgres_port venue_port redis_url
        redis_url="unix://$socket"
        # A Unix socket's path has at most 107 bytes.
        if [ ${#socket} -gt 100 ]; then redis_port=$(free_port); redis_url="redis://127.0.0.1:$redis_port"; fi
        postgres_port=$(free_port)
        venue_port=$(free_port)
        cat > "$var/run/addresses" <<A
export VORTEX7_REDIS_URL=$redis_url
export VORTEX7_REDIS_PORT=$redis_port
export VORTEX7_POSTGRES_PORT=$postgres_port
export VORTEX7_POSTGRES_URL=postgresql://vortex7@127.0.0.1:$postgres_port/vortex7
export VORTEX7_VENUE_PORT=$venue_port
export VORTEX7_VENUE_REST_URL=http://127.0.0.1:$venue_port
export VORTEX7_VENUE_STREAM_URL=ws://127.0.0.1:$venue_port
export VORTEX7_JOURNALS=$var/journal
export VORTEX7_BACKUPS=$var/backups
export VORTEX7_DASHBOARD_PORT=$(free_port 8080)
export VORTEX7_DASHBOARD_LOGINS=$var/dashboard
A
    fi
    . "$var/run/addresses"
    VORTEX7_POSTGRES_PASSWORD=$(cat "$var/secrets/postgres.password")
    export VORTEX7_POSTGRES_PASSWORD
}

make_database() {
    [ -s "$var/postgres/PG_VERSION" ] && return
    [ -n "$postgres_bin" ] || { echo "PostgreSQL is not installed: run make install" >&2; exit 1; }
    mkdir -p "$var/postgres"
    local as=()
    if [ "$(id -u)" -eq 0 ]; then
        chown postgres: "$var/postgres"
        as=(runuser -u postgres --)
        "${as[@]}" test -w "$var/postgres" ||
            { echo "the user postgres can't reach $var/postgres: move the folder, or chmod o+x the folders above it" >&2; exit 1; }
    fi
    local password
    password=$(mktemp)
    cp "$var/secrets/postgres.password" "$password"
    [ "$(id -u)" -ne 0 ] || chown postgres: "$password"
    (cd /; "${as[@]}" "$postgres_bin/initdb" -D "$var/postgres" -U vortex7 --auth=scram-sha-256 --pwfile="$password" -E UTF8 --locale=C >"$var/log/initdb.log")
    rm -f "$password"
}

# The simulated venue remembers nothing: each start is a new account, and with recordings another time. So streams and journal
# begin anew with it; the trades in PostgreSQL stay, and the last journals are kept aside.
begin_anew() {
    rm -rf "$var/redis"
    mkdir -p "$var/redis"
    local journal
    for journal in "$var"/journal/*.journal; do
        [ ! -e "$journal" ] || mv -f "$journal" "$journal.last"
    done
}

supervisor() { supervisorctl -c "$var/run/supervisord.conf" "$@"; }
is_up() { [ -S "$var/run/supervisor.sock" ] && supervisor pid >/dev/null 2>&1; }

write_supervisor_configuration() {
    local owner= market
    [ "$(id -u)" -ne 0 ] || owner="user=postgres"
    market="--seed ${SEED:-7}"
    if [ -n "${DATA:-}" ]; then
        market="--loop"
        for path in $DATA; do market="$market --data $(realpath "$path")"; done
        for path in ${HISTORY:-synthetic}; do
            [ "$path" = synthetic ] || path=$(realpath "$path")
            market="$market --history $path"
        done
    fi
    sed -e "s|@VAR@|$var|g; s|@BUILD@|$build|g; s|@CONFIG@|$config|g; s|@ROOT@|$root|g" \
        -e "s|@POSTGRES_BIN@|$postgres_bin|g; s|@POSTGRES_OWNER@|$owner|g; s|@POSTGRES_PORT@|$VORTEX7_POSTGRES_PORT|g" \
        -e "s|@REDIS_PORT@|$VORTEX7_REDIS_PORT|g; s|@VENUE_PORT@|$VORTEX7_VENUE_PORT|g" \
        -e "s|@MARKET@|$market --factor ${VORTEX7_CLOCK_RATE:-1}${VENUE_OPTIONS:+ $VENUE_OPTIONS}|g; s|@BACKUPS@|${BACKUPS:-7}|g; s|@SYMBOLS@|${SYMBOLS:-BTCUSDT,ETHUSDT}|g" \
        deploy/supervisor/vortex7.conf.in > "$var/run/supervisord.conf"
}

wait_for() {
    local what=$1 seconds=$2
    shift 2
    for _ in $(seq $((seconds * 10))); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "$what did not come up within $seconds s; see $var/log" >&2
    exit 1
}

redis() {
    if [ "$VORTEX7_REDIS_PORT" = 0 ]; then redis-cli -s "$var/run/redis.sock" "$@"; else redis-cli -p "$VORTEX7_REDIS_PORT" "$@"; fi
}
database_answers() { PGPASSWORD=$VORTEX7_POSTGRES_PASSWORD psql -qtA "${VORTEX7_POSTGRES_URL%/*}/postgres" -c 'select 1'; }

up() {
    choose_addresses
    if is_up; then echo "already up"; return; fi
    make_database
    begin_anew
    write_supervisor_configuration
    supervisord -c "$var/run/supervisord.conf"
    wait_for Redis 20 redis ping
    wait_for PostgreSQL 20 database_answers
    PGPASSWORD=$VORTEX7_POSTGRES_PASSWORD psql -qtA "${VORTEX7_POSTGRES_URL%/*}/postgres" \
        -c "select 1 from pg_database where datname = 'vortex7'" | grep -q 1 ||
        PGPASSWORD=$VORTEX7_POSTGRES_PASSWORD createdb -h 127.0.0.1 -p "$VORTEX7_POSTGRES_PORT" -U vortex7 vortex7
    supervisor start venue >/dev/null
    wait_for "the exchange simulator" 60 curl -fs "$VORTEX7_VENUE_REST_URL/fapi/v1/time"
    supervisor start suite:* >/dev/null ||
        { echo "a service did not stay up; the last lines of its log in $var/log say why; make down stops the rest" >&2; exit 1; }
    supervisor start backup >/dev/null
    [ -z "${TELEGRAM_BOT_TOKEN:-}" ] || supervisor start notifier >/dev/null ||
        { echo "the notifier did not stay up; $var/log/notifier.log says why" >&2; exit 1; }
    echo "the suite is up: make status, make down; logs in $var/log"
    echo "dashboard: http://127.0.0.1:$VORTEX7_DASHBOARD_PORT"
    # Until the operator has logged in for the first time.
    if [ -s "$var/dashboard/first-login" ]; then
        echo "log in with (shown until the operator has logged in once):"
        sed 's/^/  /' "$var/dashboard/first-login"
    fi
}

monitor() {
    is_up || { echo "the suite is not up: make up" >&2; exit 3; }
    command -v prometheus >/dev/null || { echo "Prometheus is not installed: run make install" >&2; exit 1; }
    mkdir -p "$var/prometheus"
    supervisor start prometheus >/dev/null
    wait_for Prometheus 20 curl -fs http://127.0.0.1:9090/-/ready
    echo "metrics and alerts: http://127.0.0.1:9090"
}

down() {
    is_up || { echo "not running"; return; }
    # Traders first, then what they stand on.
    supervisor stop suite:* >/dev/null || true
    local pid
    pid=$(supervisor pid)
    supervisor shutdown >/dev/null
    # Redis and PostgreSQL may take their time.
    for _ in $(seq 400); do kill -0 "$pid" 2>/dev/null || { echo "stopped"; return; }; sleep 0.1; done
    echo "supervisord ($pid) has not ended; see $var/log/supervisord.log" >&2
    exit 1
}

case ${1:-} in
up) up ;;
down) choose_addresses; down ;;
monitor) choose_addresses; monitor ;;
ctl) choose_addresses; shift; exec "$build/vortexctl" -c "$config" "$@" ;;
supervisor) choose_addresses; shift; supervisor "$@" ;;
env) choose_addresses; cat "$var/run/addresses"; echo "export VORTEX7_POSTGRES_PASSWORD=$VORTEX7_POSTGRES_PASSWORD" ;;
*) sed -n '2,8p' "$0" | sed 's/^# \{0,1\}//'; exit 4 ;;
esac
