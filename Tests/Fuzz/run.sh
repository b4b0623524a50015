#!/usr/bin/env bash
# Fuzzes each reader of what comes from outside for SECONDS (60), guided by coverage, under the address sanitizer.
# Tests/Fuzz/run.sh [TARGET …]. An input that crashes is kept in .build/fuzz/crashes, with the line that repeats it.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${SECONDS_EACH:-60}
# Memory in MB: of the process, and of one allocation. A reader that needs more for 16 kB of input has no bound.
rss_max=1024
allocation_max=64
folder=.build/fuzz
export VORTEX7_FUZZ=1 SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
swift build --build-path "$folder" -c release --product fuzz --sanitize fuzzer --sanitize address \
    -Xswiftc -sanitize=fuzzer 2>&1 |
    grep -v 'Cannot export local symbol' | tail -3
fuzz=$folder/release/fuzz
[ -e ../shared/data/README.md ] || echo "recorded market data is not on this machine: the corpus begins with the project's own"
mkdir -p "$folder/crashes" "$folder/logs"
[ $# -gt 0 ] || mapfile -t targets < <("$fuzz" list)
[ $# -eq 0 ] || targets=("$@")
failed=0
printf '%-16s %10s %10s %9s %9s %8s  %s\n' target executions each/s coverage corpus peakMB result
for target in "${targets[@]}"; do
    corpus=$folder/corpus/$target log=$folder/logs/$target.log result=ok
    mkdir -p "$corpus"
    "$fuzz" seeds "$target" "$corpus"
    "$fuzz" "$target" "$corpus" -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=$rss_max \
        -malloc_limit_mb=$allocation_max -print_final_stats=1 -artifact_prefix="$folder/crashes/$target-" \
        >"$log" 2>&1 || result=CRASH
    stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -1; }
    last=$(grep -E 'cov: [0-9]+' "$log" | tail -1 || true)
    coverage=$(sed -nE 's/.*cov: ([0-9]+).*/\1/p' <<<"$last")
    kept=$(sed -nE 's/.*corp: ([0-9]+).*/\1/p' <<<"$last")
    printf '%-16s %10s %10s %9s %9s %8s  %s\n' "$target" "$(stat number_of_executed_units)" \
        "$(stat average_exec_per_sec)" "$coverage" "$kept" "$(stat peak_rss_mb)" "$result"
    if [ "$result" != ok ]; then
        failed=1
        input=$(sed -nE 's/.*Test unit written to (.*)/\1/p' "$log" | tail -1)
        grep -E 'Fatal error|Precondition|ERROR: AddressSanitizer|ERROR: libFuzzer|SUMMARY' "$log" | head -5
        echo "  repeat: SWIFT_BACKTRACE=enable=no $fuzz $target $input"
    fi
done
exit $failed
