#!/usr/bin/env bash
# Installs what the suite needs on Debian: C libraries, Redis, PostgreSQL, supervisord, Python for the tests' oracles.
# Does nothing when all of it is there. Needs root or sudo, and a Swift toolchain already installed.
set -euo pipefail

packages=(build-essential pkg-config libhiredis-dev libpq-dev libcurl4-openssl-dev libwebsockets-dev libyaml-dev
    libssl-dev zlib1g-dev redis-server postgresql supervisor prometheus python3 python3-venv curl faketime)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
command -v swift >/dev/null || { echo "a Swift 6.2 toolchain (or later) is needed: https://www.swift.org/install/linux/" >&2; exit 1; }
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "installing: ${missing[*]}"
# The packages must not start servers of their own: the suite starts its own on its own ports.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod +x $policy
    made_policy=yes
fi
"${as_root[@]}" apt-get update -q
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"
[ -z "$made_policy" ] || "${as_root[@]}" rm -f $policy
