#!/usr/bin/env bash
# Memory and processor time of the paper suite, with a suite of its own in a temporary folder:
# 60 s with the synthetic market of two contracts, then 20 s with nothing to trade on.
set -euo pipefail

cd "$(dirname "$0")/../.."
work=$(mktemp -d /tmp/vortex7-bench-XXXXXX)
chmod 711 "$work"
export VORTEX7_VAR=$work/var VORTEX7_CONFIG=$work/paper.yaml
# Another suite on this machine may have the metrics ports.
sed 's/metrics_port: .*/metrics_port: 0/' deploy/config/paper.yaml > "$VORTEX7_CONFIG"
trap 'deploy/local/suite.sh down >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

# Name and process id of each running program.
programs() { deploy/local/suite.sh supervisor status | awk '$2 == "RUNNING" { sub(",", "", $4); sub(".*:", "", $1); print $1, $4 }'; }

# Clock ticks of processor time that a process has used.
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

# Prints each program's share of one core over so many seconds and its memory at their end.
observe() {
    local seconds=$1 list
    # supervisorctl says with its exit code that not all are running.
    list=$(programs || true)
    declare -A before=()
    while read -r name id; do before[$name]=$(ticks "$id"); done <<< "$list"
    sleep "$seconds"
    while read -r name id; do
        awk -v name="$name" -v used=$(($(ticks "$id") - ${before[$name]})) -v seconds="$seconds" \
            '/^VmRSS/ { printf "%-20s %5.1f MB  %4.1f %% of a core\n", name, $2 / 1024, used / seconds }' "/proc/$id/status"
    done <<< "$list"
}

deploy/local/suite.sh up
sleep 10
echo "with the synthetic market, 60 s:"
observe 60
deploy/local/suite.sh supervisor stop venue >/dev/null
sleep 5
echo "without a market, 20 s:"
observe 20
