#!/usr/bin/env bash
# Whether people who look slow trading down: the paper suite with COUNT pages open in Chromium, and without, in turn.
#   browsers.sh [COUNT] [SECONDS] [sockets]     20 pages, 600 s with them by default, and an eighth of that without before and after
# With `sockets` nothing is drawn: as many only listen and ask, so that the dashboard's own weight is seen and not Chromium's.
# Prints the way from the hub's receipt of a frame to each signal and decision (stream ids: milliseconds) and what each program
# takes. The browsers run at the lowest priority: in earnest they are other people's machines. Needs .build/browser (Tests/Oracles/install.sh).
set -euo pipefail

cd "$(dirname "$0")/../.."
count=${1:-20} seconds=${2:-600} watcher=(.build/browser/bin/python Tests/Browser/hold_pages.py)
[ "${3:-}" != sockets ] || watcher=(python3 Tests/Dashboard/hold_sockets.py)
work=$(mktemp -d /tmp/vortex7-bench-XXXXXX)
chmod 711 "$work"
export VORTEX7_VAR=$work/var VORTEX7_CONFIG=$work/paper.yaml VORTEX7_PROFILE=${VORTEX7_PROFILE:-phase1}
# Another suite on this machine may have the metrics ports.
sed -e 's/metrics_port: .*/metrics_port: 0/' deploy/config/paper.yaml > "$VORTEX7_CONFIG"
browsers=
trap '[ -z "$browsers" ] || kill "$browsers" 2>/dev/null || true; deploy/local/suite.sh down >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
. Tests/Benchmarks/processes.sh

deploy/local/suite.sh up > "$work/up.txt"
# The file goes with the first login of the operator.
cp "$VORTEX7_VAR/dashboard/first-login" "$work/logins"
. "$VORTEX7_VAR/run/addresses"
sleep 60

measure() {
    local from
    from=$(redis-cli -s "$VORTEX7_VAR/run/redis.sock" TIME | head -1)000
    echo "== $1"
    observe "$2" | grep -E 'dashboard|redis|decision|executor|order-flow'
    python3 Tests/Benchmarks/lags.py "$VORTEX7_VAR/run/redis.sock" "$from" BTCUSDT,ETHUSDT
}

measure "no page open" $((seconds / 8))
nice -n 19 "${watcher[@]}" "http://127.0.0.1:$VORTEX7_DASHBOARD_PORT" "$work/logins" "$count" &
browsers=$!
sleep 20
measure "$count pages open" "$seconds"
kill "$browsers"
wait "$browsers" 2>/dev/null || true
browsers=
sleep 5
measure "no page open again" $((seconds / 8))
