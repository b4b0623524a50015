#!/usr/bin/env bash
# Makes .build/oracles, a Python of the tests' own with TA-Lib and NumPy, .build/clients, one with clients of the venue,
# .build/engine, one with redis-py,
# .build/browser, one with Playwright and schemathesis, and .build/grafana, one with the types of Grafana's dashboards, all at
# pinned versions; and installs Chromium. Done once and kept; only tests and benchmarks use them. Where one can't be made, the
# tests that need it are skipped, and this says so. With the word "freqtrade" it makes .build/freqtrade alone, for make clients.
set -uo pipefail
cd "$(dirname "$0")/../.."

# A Python environment in .build: its name, its packages, a program that shows that they work.
environment() {
    local folder=$PWD/.build/$1 wanted=$2
    [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ] && return 0
    echo "installing for the tests ($wanted) in .build/$1"
    rm -rf "$folder"
    mkdir -p "$folder"
    # shellcheck disable=SC2086
    if python3 -m venv "$folder" >"$folder/log" 2>&1 &&
        "$folder/bin/pip" install --disable-pip-version-check -q $wanted >>"$folder/log" 2>&1 &&
        "$folder/bin/python3" -c "$3" >>"$folder/log" 2>&1; then
        echo "$wanted" > "$folder/installed"
        return 0
    fi
    tail -5 "$folder/log" >&2
    cat >&2 <<M
*** $wanted could not be installed: $4 WILL BE SKIPPED.
*** They need Python 3 with venv (python3-venv), and the Python package index or a mirror that pip knows of.
M
    return 1
}

if [ "${1:-}" = freqtrade ]; then
    environment freqtrade "freqtrade==2026.9" 'import freqtrade, talib' "the bot of make clients"
    exit
fi

status=0
environment oracles "TA-Lib==0.8.2 numpy==2.4.6" 'import talib, numpy' \
    "the tests that compare the indicators and E3 and E5 with TA-Lib" || status=1
environment clients "ccxt==4.5.90 cryptography==50.0.2 aiohttp==3.14.5 binance-sdk-derivatives-trading-usds-futures==18.1.0 python-binance==1.0.37" \
    "import ccxt.pro, cryptography, aiohttp, binance, binance_sdk_derivatives_trading_usds_futures" \
    "the tests in which ccxt, python-binance and the venue's own SDK trade against the exchange simulator" || status=1
environment browser "$(tr '\n' ' ' < Tests/Browser/requirements.txt)" 'import playwright.sync_api, schemathesis' \
    "the tests that look at the dashboard's pages and its API" || status=1
environment engine "redis==8.1.0" 'import redis' "the test of an engine that somebody else wrote" || status=1
# The browser itself is Debian's.
if ! command -v chromium >/dev/null; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -q --no-install-recommends chromium >.build/browser/apt.log 2>&1 || {
        echo "*** Chromium could not be installed: the tests that look at the dashboard's pages WILL BE SKIPPED." >&2
        status=1
    }
fi
# Of the version that compose.yaml runs.
environment grafana "grafana-foundation-sdk==1769699520!11.4.0" 'import grafana_foundation_sdk' \
    "the test that reads the dashboards with Grafana's types" || status=1
exit $status
