#!/usr/bin/env bash
# Starts the suite from compose.yaml in a project of its own and does to it what people and machines do: scale, restart, kill,
# start in any order. Needs podman with podman-compose, or Docker with its compose; and the images (make images).
#   Tests/Containers/run.sh            exits 0 when all holds, 1 when something does not
#   VORTEX7_HOSTNET=1                  for machines whose containers can only share the host's network
set -euo pipefail
cd "$(dirname "$0")/../.."

if command -v podman >/dev/null && command -v podman-compose >/dev/null; then
    engine=podman compose=(podman-compose)
elif docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
    engine=docker compose=(docker compose)
else
    echo "containers-test needs podman and podman-compose, or a running Docker with its compose" >&2
    exit 1
fi
project=vortex7-test
compose+=(-p "$project" -f compose.yaml)
[ -z "${VORTEX7_HOSTNET:-}" ] || compose+=(-f deploy/compose.hostnet.yaml)
export VORTEX7_PROFILE=phase1 VORTEX7_CLOCK_RATE=${VORTEX7_CLOCK_RATE:-5}
engines=(order-flow-engine tick-engine technical-engine sentiment-engine regime-filter)
services=(redis postgres exchange-simulator data-hub "${engines[@]}" decision-engine risk-manager executor trade-recorder learner dashboard)
failures=0
work=$(mktemp -d)

clean() {
    local left
    # podman-compose forgets the workers that --scale has added.
    left=$("$engine" ps -aq --filter "label=com.docker.compose.project=$project")
    [ -z "$left" ] || "$engine" rm -f $left >/dev/null 2>&1 || true
    "${compose[@]}" down -v >"$work/down.log" 2>&1 || cat "$work/down.log" >&2
}
trap 'clean; rm -rf "$work"' EXIT
say() { echo "$(date -u +%T) $*"; }
good() { say "ok      $*"; }
bad() { say "FAILED  $*"; failures=$((failures + 1)); }
untested() { say "unknown $*"; }
expect() { local what=$1; shift; if "$@"; then good "$what"; else bad "$what"; fi; }
quietly() { "$@" >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; return 1; }; }
wait_for() {
    local seconds=$1 end
    shift
    end=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 1
    done
}
containers() { "$engine" ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1"; }
one() { containers "$1" | head -1; }
inspect() { "$engine" inspect --format "$2" "$1"; }
is_running() { [ -n "$(one "$1")" ] && [ "$(inspect "$(one "$1")" '{{.State.Running}}')" = true ]; }
all_run() { local name; for name in "${services[@]}"; do is_running "$name" || return 1; done; }
# As the user who may look at everything.
redis() {
    "$engine" exec "$(one redis)" bash -c \
        'REDISCLI_AUTH=$(cat /keys/vortexctl/redis) redis-cli -p "${REDIS_PORT:-6379}" --user vortexctl "$@"' redis "$@"
}
closed_trades() {
    local symbol sum=0 count
    for symbol in BTCUSDT ETHUSDT; do
        count=$(redis XRANGE "execution:{$symbol}" - + | grep -c '^POSITION_CLOSED$' || true)
        sum=$((sum + count))
    done
    echo "$sum"
}
more_trades_than() { [ "$(closed_trades)" -gt "$1" ]; }
# Who was refused what, if anybody was.
nothing_refused() { ! redis INFO errorstats | grep NOPERM || { redis ACL LOG 20 | paste -sd' ' | fold -w 400 >&2; false; }; }
owners() { for symbol in BTCUSDT ETHUSDT; do redis GET "lease:$1:$symbol"; done | sort -u | grep -c .; }
owner_of() { redis ZRANGE "workers:$1" 0 -1; }
workers() { redis ZCARD "workers:$1" | tr -dc 0-9; }
# The consumer's last word is young: the service is at work.
is_fresh() {
    local last
    last=$(redis XREVRANGE 'signal:{BTCUSDT}' + - COUNT 100 | grep -c "^$1\$" || true)
    [ "$last" -gt 0 ]
}
length() { redis XLEN "$1" | tr -dc 0-9; }
grows() { local before; before=$(length "$1"); sleep 2; [ "$(length "$1")" -gt "$before" ]; }
# What the kernel says, not what was asked for.
memory_limit() {
    local pid path
    pid=$(inspect "$1" '{{.State.Pid}}')
    path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
    cat "/sys/fs/cgroup$path/memory.max" 2>/dev/null && return
    path=$(sed -n 's/^[0-9]*:[^:]*memory[^:]*:\(.*\)/\1/p' "/proc/$pid/cgroup")
    cat "/sys/fs/cgroup/memory$path/memory.limit_in_bytes" 2>/dev/null
}
status_of() { "$engine" exec "$1" cat /proc/1/status; }

clean
say "starting everything ($engine, ${#services[@]} containers)"
quietly "${compose[@]}" up -d || { bad "up"; exit 1; }
expect "all containers run" wait_for 60 all_run
expect "Redis answers" wait_for 60 redis PING
expect "a trade is closed" wait_for 240 more_trades_than 0

say "the backup that is made by itself"
expect "there is one, and it is whole" wait_for 60 eval '"$engine" exec "$(one backup)" bash -c "ls /backups/*/MANIFEST"'
expect "it has the database and both journals" eval \
    '[ "$("$engine" exec "$(one backup)" bash -c "cd /backups/*/ && ls" | grep -cE "^(database|executor.journal|risk-manager.journal)")" = 3 ]'

say "privileges and limits, as the kernel has them"
for name in "${services[@]}"; do
    id=$(one "$name")
    status=$(status_of "$id")
    uid=$(awk '/^Uid:/ {print $2}' <<<"$status")
    [ "$uid" = 7007 ] || bad "$name runs as uid $uid"
    grep -q '^CapEff:.0*$' <<<"$status" || bad "$name has capabilities"
    grep -q '^CapBnd:.0*$' <<<"$status" || bad "$name could gain capabilities"
    grep -q '^NoNewPrivs:.1$' <<<"$status" || bad "$name may gain privileges"
    if "$engine" exec "$id" touch /etc/written 2>/dev/null; then bad "$name can write its root"; fi
    asked=$(inspect "$id" '{{.HostConfig.Memory}}')
    limit=$(memory_limit "$id" || true)
    if [ "$asked" -le 0 ]; then
        bad "$name asks for no memory limit"
    elif [ "$limit" != "$asked" ]; then
        untested "$name: asked for a limit of $asked bytes, the kernel has '${limit:-none}' where this could look"
    fi
    "$engine" exec "$id" "$(case $name in redis | postgres) echo "$name.sh" ;; *) echo healthy.sh ;; esac)" \
        "$(case $name in redis | postgres) echo healthy ;; exchange-simulator) echo /fapi/v1/time ;; *) echo /healthz ;; esac)" ||
        bad "$name is not healthy"
done
good "looked at ${#services[@]} containers: uid, capabilities, root, limits, health"
keys=$("$engine" exec "$(one tick-engine)" ls -A /run/key)
expect "a service has its own passwords and no others" [ "$keys" = redis ]
expect "no password stands in an environment" bash -c \
    "! $engine inspect $(for name in "${services[@]}"; do one "$name"; done | tr '\n' ' ') | grep -F \"$("$engine" exec "$(one tick-engine)" cat /run/key/redis)\""

say "scaling tick-engine to three"
quietly "${compose[@]}" up -d --scale tick-engine=3 || bad "scale"
expect "three workers have joined" wait_for 30 eval '[ "$(workers tick-engine)" = 3 ]'
expect "they share the contracts" wait_for 20 eval '[ "$(owners tick-engine)" = 2 ]'
expect "their signals come" is_fresh E2

say "restarting one engine, replacing another"
quietly "${compose[@]}" restart technical-engine || bad "restart"
expect "technical-engine is back" wait_for 30 is_running technical-engine
quietly "${compose[@]}" up -d --no-deps --force-recreate regime-filter || bad "up --no-deps"
expect "regime-filter is back" wait_for 30 is_running regime-filter
expect "order-flow-engine was left alone" is_running order-flow-engine

say "killing order-flow-engine and the executor (kill -9)"
for name in order-flow-engine executor; do
    before=$(inspect "$(one "$name")" '{{.State.Pid}}')
    kill -9 "$before" 2>/dev/null || "$engine" exec "$(one "$name")" kill -9 -1 2>/dev/null || bad "kill $name"
    back() { is_running "$name" && [ "$(inspect "$(one "$name")" '{{.State.Pid}}')" != "$before" ]; }
    expect "$name came back by itself" wait_for 30 back
done
# Not "a trade": after losses the risk manager may rightly take no entries for a while.
expect "the executor has its lease again" wait_for 30 eval '[ -n "$(owner_of executor)" ]'
expect "decisions go on" wait_for 60 grows 'decision:{BTCUSDT}'

expect "Redis has refused nobody" nothing_refused

say "stopping everything, and starting it in a shuffled order"
quietly "${compose[@]}" down || bad "down"
mapfile -t shuffled < <(printf '%s\n' "${services[@]}" | shuf)
say "order: ${shuffled[*]}"
for name in "${shuffled[@]}"; do quietly "${compose[@]}" up -d --no-deps "$name" || bad "up $name"; done
expect "all containers run" wait_for 60 all_run
expect "decisions come" wait_for 120 grows 'decision:{BTCUSDT}'
expect "the executor has its lease" wait_for 60 eval '[ -n "$(owner_of executor)" ]'
expect "the trades from before are still told" more_trades_than 0

expect "Redis has refused nobody" nothing_refused

[ "$failures" = 0 ] && say "all holds" || say "$failures failures"
[ "$failures" = 0 ]
