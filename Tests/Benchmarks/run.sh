#!/usr/bin/env bash
# All benchmarks, one after the other, on this machine; about twelve minutes. Then a table of what they found beside the
# targets. The results are also kept in .build/bench. Fails when one of them measured nothing.
# `run.sh short` only sees that each still measures, on a machine without other work: two minutes, whose figures say little.
set -uo pipefail

cd "$(dirname "$0")/../.."
programs=$PWD/.build/release
results=$PWD/.build/bench
mkdir -p "$results"

run() {
    local name=$1
    shift
    echo "== $name"
    "$@" 2>&1 | tee "$results/$name.txt"
    [ "${PIPESTATUS[0]}" -eq 0 ] || {
        echo "$name did not finish" | tee -a "$results/$name.txt"
        status=1
    }
}
status=0

if [ "${1:-}" = short ]; then
    run parse "$programs/venue-bench"
    run engines "$programs/engine-bench" all
    run hub "$programs/hub-bench"
    run bus "$programs/bus-bench" chain 100
    run pipeline "$programs/pipeline-bench" 10
    run protection "$programs/protect-bench" 4 1
    exit $status
fi
run parse "$programs/venue-bench"
oracle=
if Tests/Oracles/install.sh; then oracle=.build/oracles/bin/python3; fi
run engines "$programs/engine-bench" all $oracle
run hub "$programs/hub-bench"
run bus "$programs/bus-bench" chain 2000
run pipeline "$programs/pipeline-bench" 1000
run protection "$programs/protect-bench" 300 10
run resources Tests/Benchmarks/resources.sh

echo
echo "== summary"
python3 Tests/Benchmarks/summary.py "$results"
exit $status
