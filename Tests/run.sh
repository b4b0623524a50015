#!/usr/bin/env bash
# Runs all tests against a real Redis and a real PostgreSQL, which it starts on free loopback ports and stops again.
# Arguments go to `swift test`: Tests/run.sh --filter LedgerTests
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d /tmp/vortex7-test.XXXXXX)
chmod 755 "$work"
postgres_bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
as=()
[ "$(id -u)" -ne 0 ] || as=(runuser -u postgres --)
stop() {
    jobs -p | xargs -r kill 2>/dev/null || true
    (cd / && "${as[@]}" "$postgres_bin/pg_ctl" -D "$work/postgres" -m immediate stop >/dev/null 2>&1) || true
    rm -rf "$work"
}
trap stop EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir "$work/postgres"
[ "$(id -u)" -ne 0 ] || chown postgres: "$work/postgres"
(cd / && "${as[@]}" "$postgres_bin/initdb" -D "$work/postgres" -U vortex7 --auth=trust -E UTF8 --locale=C -N >/dev/null)
(cd / && "${as[@]}" "$postgres_bin/pg_ctl" -D "$work/postgres" -w -l "$work/postgres/log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off" start >/dev/null)
createdb -h 127.0.0.1 -p "$port" -U vortex7 vortex7
export VORTEX7_TEST_POSTGRES_URL="postgresql://vortex7@127.0.0.1:$port/vortex7"

# Some oracles need nothing but Python's standard library, some TA-Lib; some of the simulator need its clients, one of the
# dashboards Grafana's types. Tests start their own Redis servers.
Tests/Oracles/install.sh || trap 'stop; echo "*** TA-Lib, clients of the venue or the types of Grafana are missing: the tests that need them were SKIPPED" >&2' EXIT
# Suites that tests start have a dashboard.
deploy/local/chart-library.sh
swift build --build-tests
if [ $# -gt 0 ]; then
    swift test --skip-build "$@"
    exit
fi
tests=$(swift build --show-bin-path)/vortex7PackageTests.xctest
# Tests wait more than they work, so two processes run them side by side: those that match $1, and those that `$2 $3` says of the
# rest. A suite that is new is of the rest. Other words are for both.
halves() {
    local first=$1 kind=$2 rest=$3 status=0
    shift 3
    "$tests" --testing-library swift-testing "$@" --filter "$first" >"$work/first.log" 2>&1 &
    local first_half=$!
    "$tests" --testing-library swift-testing "$@" --skip "$first" "$kind" "$rest" || status=$?
    wait $first_half || status=$?
    cat "$work/first.log"
    return $status
}
# The programs as they run in earnest are built meanwhile; the fault simulation is one of them.
nice swift build -c release >"$work/release.log" 2>&1 &
release=$!
halves '^(ServiceKit|StreamBus|VenueConversation)Tests\.' --skip 'IntegrationTests\.'
wait $release || {
    cat "$work/release.log"
    exit 1
}
tail -1 "$work/release.log"
export VORTEX7_BIN=$PWD/.build/release
# Whole services as processes, of each half one test at a time. Beside them, with what the machine has left: the whole suite under
# seeded faults, in one process and virtual time, and ten minutes of market, at a clock that a machine with other work keeps up
# with.
VORTEX7_COMMIT=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
export VORTEX7_COMMIT
{
    nice .build/release/simulate --seeds "${VORTEX7_SEEDS:-280}" --also Tests/Simulation/failed-seeds.txt --jobs 1 &&
        nice .build/release/simulate --seeds 15 --jobs 1 --text
} >"$work/seeds.log" 2>&1 &
seeds=$!
python3 Tests/Reports/soak.py --hours 0.4 --rate 5 >"$work/soak.log" 2>&1 &
soak=$!
halves 'IntegrationTests\.(AlertRule|Backup|Chaos|ClockStep|Flood|FullProfile|Kill|OneExecutor|Retention|RollingUpgrade)Tests' \
    --filter 'IntegrationTests\.' --no-parallel || status=$?
wait $seeds || status=$?
wait $soak || status=$?
cat "$work/seeds.log" "$work/soak.log"
# Now that the machine has nothing else to do: each benchmark still measures something.
Tests/Benchmarks/run.sh short >"$work/bench.log" 2>&1 || {
    status=$?
    cat "$work/bench.log"
}
exit "${status:-0}"
