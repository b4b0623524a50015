#!/usr/bin/env bash
# How many contracts this machine carries: the paper suite with all engines on a synthetic market of N contracts in real time.
#   symbols.sh [N] [SECONDS]     200 contracts, 60 s by default, after a warm-up
# Prints the way from the hub's receipt of a frame to each engine's signal and to the decision (stream ids: milliseconds), and
# each program's memory and share of one core.
set -euo pipefail

cd "$(dirname "$0")/../.."
count=${1:-200} seconds=${2:-60}
work=$(mktemp -d /tmp/vortex7-bench-XXXXXX)
chmod 711 "$work"
export VORTEX7_VAR=$work/var VORTEX7_CONFIG=$work/paper.yaml
SYMBOLS=$(python3 -c "print(','.join((['BTCUSDT', 'ETHUSDT'] + ['T%03dUSDT' % i for i in range(3, $count + 1)])[:$count]))")
export SYMBOLS
# Another suite on this machine may have the metrics ports. Books are kept for five minutes: at 1 kB each they are most of the memory.
sed -e "s/^symbols: .*/symbols: [${SYMBOLS//,/, }]/" -e 's/metrics_port: .*/metrics_port: 0/' -e 's/md_book: .*/md_book: 5/' \
    -e 's/md_trade: .*/md_trade: 10/' -e 's/^data-hub:/&\n  backfill_candles: 490/' deploy/config/paper.yaml > "$VORTEX7_CONFIG"
trap 'deploy/local/suite.sh down >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
. Tests/Benchmarks/processes.sh

deploy/local/suite.sh up
# As many candles as E3 and E5 look at: the whole past of very many contracts takes minutes of the venue's request weight.
echo "warming up: 490 candles of each timeframe of $count contracts"
# The past comes as fast as the venue's request weight allows: it is over when nearly all of it is there.
candles() { redis-cli -s "$VORTEX7_VAR/run/redis.sock" EVAL "local n = 0 for _, s in ipairs(ARGV) do
    n = n + redis.call('XLEN', 'md.candle:{' .. s .. '}') end return n" 0 ${SYMBOLS//,/ }; }
for _ in $(seq 120); do
    [ "$(candles)" -lt $((count * 1900)) ] || break
    sleep 5
done
sleep 5
from=$(redis-cli -s "$VORTEX7_VAR/run/redis.sock" TIME | head -1)000
observe "$seconds"
python3 Tests/Benchmarks/lags.py "$VORTEX7_VAR/run/redis.sock" "$from" "$SYMBOLS"
