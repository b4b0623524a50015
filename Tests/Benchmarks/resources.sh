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

. Tests/Benchmarks/processes.sh

deploy/local/suite.sh up
sleep 10
echo "with the synthetic market, 60 s:"
observe 60
deploy/local/suite.sh supervisor stop venue >/dev/null
sleep 5
echo "without a market, 20 s:"
observe 20
