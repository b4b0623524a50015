#!/usr/bin/env bash
# make-programs.sh source|host FOLDER: puts the suite's programs into FOLDER, with Swift's own library inside each of them.
#   source   builds them here; installs the C libraries that it needs first, when it runs in the image of a toolchain
#   host     takes them from .build/programs as they are
#   build    builds them here and installs nothing: what `make images` asks for on a machine with a toolchain
set -euo pipefail
cd "$(dirname "$0")/../.."
how=$1 folder=$2

programs=(data-hub order-flow-engine tick-engine technical-engine sentiment-engine regime-filter decision-engine risk-manager
    executor trade-recorder learner dashboard notifier exchange-simulator vortexctl)
from=.build/programs
if [ "$how" != host ]; then
    if [ "$how" = source ]; then
        apt-get update -q
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends pkg-config libhiredis-dev libpq-dev \
            libcurl4-openssl-dev libwebsockets-dev libyaml-dev libssl-dev zlib1g-dev python3 python3-venv
    fi
    # Apart from the ordinary build, which links Swift's library from the toolchain.
    swift build -c release --static-swift-stdlib --scratch-path .build/static
    from=.build/static/release
fi
mkdir -p "$folder"
for program in "${programs[@]}"; do
    [ -x "$from/$program" ] || { echo "$from/$program is missing: make images builds it" >&2; exit 1; }
    install -m 755 -s "$from/$program" "$folder/$program" 2>/dev/null || install -m 755 "$from/$program" "$folder/$program"
done
