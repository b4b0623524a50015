#!/usr/bin/env bash
# Makes .build/oracles, a Python of the tests' own with TA-Lib and NumPy at pinned versions. Done once and kept; only tests and
# benchmarks use it. Where it can't be made, the tests that need it are skipped, and this says so.
set -uo pipefail

cd "$(dirname "$0")/../.."
folder=$PWD/.build/oracles
wanted="TA-Lib==0.8.2 numpy==2.4.6"
[ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ] && exit 0

echo "installing the tests' oracles ($wanted) in .build/oracles"
rm -rf "$folder"
mkdir -p "$folder"
# shellcheck disable=SC2086
if python3 -m venv "$folder" >"$folder/log" 2>&1 &&
    "$folder/bin/pip" install --disable-pip-version-check -q $wanted >>"$folder/log" 2>&1 &&
    "$folder/bin/python3" -c 'import talib, numpy' >>"$folder/log" 2>&1; then
    echo "$wanted" > "$folder/installed"
    exit 0
fi
tail -5 "$folder/log" >&2
cat >&2 <<'M'
*** TA-Lib could not be installed: the tests that compare the indicators and E3 and E5 with it WILL BE SKIPPED.
*** They need Python 3 with venv (python3-venv), and the Python package index or a mirror that pip knows of.
M
exit 1
