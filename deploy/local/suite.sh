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

# What no language that a path goes through (shell, supervisord, its configuration file, a Unix socket) can carry is said here,
# by name. All else can stand in it, spaces and percent signs too.
check_path() {
    local name=$1 path=$2
    case $path in
    *[\"\\]* | *$'\n'* | *$'\t'*) echo "$name: '$path' has a quote, a backslash, a tab or a line end in it: supervisord can't be told of it" >&2 ;;
    *" ;"* | *" #"*) echo "$name: '$path' has a ' ;' or a ' #' in it: supervisord would take the rest for a comment" >&2 ;;
    *) return 0 ;;
    esac
    exit 1
}

# Addresses are chosen at the first start and kept, so that what points at them stays true. `--anew`: those that another
# program has taken since are chosen again.
choose_addresses() {
    check_path VORTEX7_VAR "$var"
    # With a place behind it for supervisord's own number.
    [ "$(printf %s "$var/run/supervisor.sock" | wc -c)" -le 98 ] ||
        { echo "the folder's path is too long for a Unix socket: VORTEX7_VAR can name a shorter one than $var" >&2; exit 1; }
    mkdir -p "$var"/{run,log,redis,journal,secrets}
    chmod 700 "$var/secrets" "$var/journal"
    if [ ! -s "$var/secrets/postgres.password" ]; then
        (umask 077; python3 -c 'import secrets; print(secrets.token_urlsafe(24))' > "$var/secrets/postgres.password")
    fi
    "$root/deploy/local/addresses.py" "$var" "$@"
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

# The paths in a list, a line each: words as the shell would read them, or one path as it stands, with its spaces.
paths() {
    if [ -e "$1" ]; then realpath -- "$1"; else python3 - "$1" <<'P'
import os, shlex, sys
try:
    words = shlex.split(sys.argv[1])
except ValueError as error:
    sys.exit(f"'{sys.argv[1]}' is no list of paths: {error}")
for word in words:
    if word != "synthetic" and not os.path.exists(word):
        sys.exit(f"can't find '{word}' (of '{sys.argv[1]}'; a path with spaces stands in quotes of its own)")
    print(word if word == "synthetic" else os.path.realpath(word))
P
    fi
}

# The places between @ in supervisord's configuration. It reads %, and cuts commands at spaces: the file has quotes there.
write_supervisor_configuration() {
    local owner= market data history path text name
    [ "$(id -u)" -ne 0 ] || owner="user=postgres"
    # A newcomer sees trades within minutes; VORTEX7_OPENING=0 is the market as it is else.
    market="--seed ${SEED:-9} --opening ${VORTEX7_OPENING:-10}"
    if [ -n "${DATA:-}" ]; then
        market="--loop"
        data=$(paths "$DATA") || exit 1
        history=$(paths "${HISTORY:-synthetic}") || exit 1
        while IFS= read -r path; do check_path DATA "$path"; market="$market --data \"$path\""; done <<< "$data"
        while IFS= read -r path; do check_path HISTORY "$path"; market="$market --history \"$path\""; done <<< "$history"
    fi
    market="$market --factor ${VORTEX7_CLOCK_RATE:-1}${VENUE_OPTIONS:+ $VENUE_OPTIONS}"
    check_path "the project's folder" "$root"
    check_path VORTEX7_BUILD "$build"
    check_path VORTEX7_CONFIG "$config"
    local -A places=(
        [VAR]=$var [BUILD]=$build [CONFIG]=$config [ROOT]=$root [POSTGRES_BIN]=$postgres_bin [POSTGRES_OWNER]=$owner
        [POSTGRES_PORT]=$VORTEX7_POSTGRES_PORT [REDIS_PORT]=$VORTEX7_REDIS_PORT [VENUE_PORT]=$VORTEX7_VENUE_PORT
        [MARKET]=$market [BACKUPS]=${BACKUPS:-7} [SYMBOLS]=${SYMBOLS:-BTCUSDT,ETHUSDT}
    )
    text=$(cat deploy/supervisor/vortex7.conf.in)
    for name in "${!places[@]}"; do text=${text//"@$name@"/"${places[$name]//%/%%}"}; done
    printf '%s\n' "$text" > "$var/run/supervisord.conf"
}

# Each try has an end of its own, so that one that is not answered does not hold up the rest.
wait_for() {
    local what=$1 end=$((SECONDS + $2)) seconds=$2
    shift 2
    while [ $SECONDS -lt $end ]; do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "$what did not come up within $seconds s; see $var/log" >&2
    exit 1
}

redis() {
    if [ "$VORTEX7_REDIS_PORT" = 0 ]; then timeout 3 redis-cli -s "$var/run/redis.sock" "$@"; else timeout 3 redis-cli -p "$VORTEX7_REDIS_PORT" "$@"; fi
}
database_answers() { PGCONNECT_TIMEOUT=3 PGPASSWORD=$VORTEX7_POSTGRES_PASSWORD timeout 3 psql -qtA "${VORTEX7_POSTGRES_URL%/*}/postgres" -c 'select 1'; }

up() {
    if is_up; then choose_addresses; echo "already up"; return; fi
    # Two that start at once would choose the same ports.
    exec 9> "${TMPDIR:-/tmp}/vortex7-up.$(id -u)"
    flock -w 300 9 || { echo "another suite has been starting for five minutes" >&2; exit 1; }
    choose_addresses --anew
    make_database
    begin_anew
    write_supervisor_configuration
    (cd "$var" && supervisord -c "$var/run/supervisord.conf") 9>&-
    wait_for Redis 20 redis ping
    wait_for PostgreSQL 20 database_answers
    PGPASSWORD=$VORTEX7_POSTGRES_PASSWORD psql -qtA "${VORTEX7_POSTGRES_URL%/*}/postgres" \
        -c "select 1 from pg_database where datname = 'vortex7'" | grep -q 1 ||
        PGPASSWORD=$VORTEX7_POSTGRES_PASSWORD createdb -h 127.0.0.1 -p "$VORTEX7_POSTGRES_PORT" -U vortex7 vortex7
    supervisor start venue >/dev/null
    wait_for "the exchange simulator" "${VORTEX7_START_SECONDS:-60}" curl -fs --max-time 3 "$VORTEX7_VENUE_REST_URL/fapi/v1/time"
    supervisor start suite:* >/dev/null ||
        { echo "a service did not stay up; the last lines of its log in $var/log say why; make down stops the rest" >&2; exit 1; }
    supervisor start backup >/dev/null
    [ -z "${TELEGRAM_BOT_TOKEN:-}" ] || supervisor start notifier >/dev/null ||
        { echo "the notifier did not stay up; $var/log/notifier.log says why" >&2; exit 1; }
    echo "the suite is up: make status, make down; logs in $var/log"
    [ -n "${DATA:-}" ] || [ "${VORTEX7_OPENING:-10}" = 0 ] ||
        echo "the market's first ${VORTEX7_OPENING:-10} minutes are a demonstration with many set-ups: what they earn says nothing"
    echo "dashboard: http://127.0.0.1:$VORTEX7_DASHBOARD_PORT"
    # Until the operator has logged in for the first time.
    if [ -s "$var/dashboard/first-login" ]; then
        echo "log in with (shown until the operator has logged in once):"
        sed 's/^/  /' "$var/dashboard/first-login"
    fi
}

monitor() {
    is_up || { echo "the suite is not up: make up" >&2; exit 3; }
    # Its port was chosen when the suite came up, and another suite's Prometheus may have it by now.
    supervisor status prometheus | grep -q RUNNING || choose_addresses --anew VORTEX7_PROMETHEUS_PORT
    command -v prometheus >/dev/null || { echo "Prometheus is not installed: run make install" >&2; exit 1; }
    mkdir -p "$var/prometheus"
    cp deploy/prometheus/rules.yml "$var/prometheus/"
    # Each service is asked where this suite has it.
    local text service name
    text=$(cat deploy/prometheus/prometheus.yml)
    while read -r service; do
        name=VORTEX7_METRICS_${service^^}
        name=${name//-/_}
        text=$(sed "s|127\.0\.0\.1:[0-9]*\(\"\], labels: {service: $service}\)|127.0.0.1:${!name}\1|" <<< "$text")
    done < <(sed -n 's/.*{service: \(.*\)}}/\1/p' deploy/prometheus/prometheus.yml)
    printf '%s\n' "$text" > "$var/prometheus/prometheus.yml"
    supervisor start prometheus >/dev/null
    wait_for Prometheus 20 curl -fs --max-time 3 http://127.0.0.1:$VORTEX7_PROMETHEUS_PORT/-/ready
    echo "metrics and alerts: http://127.0.0.1:$VORTEX7_PROMETHEUS_PORT"
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
