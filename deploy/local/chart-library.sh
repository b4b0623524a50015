#!/usr/bin/env bash
# Puts the chart library that the dashboard's pages draw with into FOLDER (.build/web): TradingView's lightweight-charts, Apache
# 2.0, out of a wheel of the Python package index. Does nothing when it is there.
#   chart-library.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-.build/web}
name=lightweight-charts.js
sum=a7d4221516c7ea0bb0cc17d605df8848c1c748517a2ca43c2ce1a95ddb159006

is_right() { [ -s "$1" ] && echo "$sum  $1" | sha256sum --check --status; }

is_right "$folder/$name" && exit 0
mkdir -p "$folder"
if is_right ".build/web/$name"; then
    cp ".build/web/$name" "$folder/$name"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/python"
"$work/python/bin/pip" download --disable-pip-version-check -q --no-deps --dest "$work" lightweight-charts==2.1
python3 -m zipfile -e "$work"/lightweight_charts-*.whl "$work/wheel"
is_right "$work/wheel/lightweight_charts/js/$name" || { echo "the chart library is not the one that was asked for" >&2; exit 1; }
install -m 644 "$work/wheel/lightweight_charts/js/$name" "$folder/$name"
