#!/usr/bin/env bash
# Builds the three images with podman or Docker, around the programs in .build/programs. DEBIAN names another base image.
#   images.sh [redis] [postgres] [suite]     all three without an argument
set -euo pipefail
cd "$(dirname "$0")/../.."

if command -v podman >/dev/null; then engine=podman; elif docker info >/dev/null 2>&1; then engine=docker; else
    echo "images need podman or a running Docker" >&2
    exit 1
fi
debian=${DEBIAN:-docker.io/library/debian:bookworm-slim}
if command -v lsb_release >/dev/null; then release=$(lsb_release -cs); else release=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}"); fi
# What was linked against another release's C library may not even start.
case $debian in
*"$release"*) ;;
*) echo "this machine runs $release and the images $debian: build from source instead (docs/containers.md), or set DEBIAN" >&2; exit 1 ;;
esac
network=()
[ -z "${VORTEX7_HOSTNET:-}" ] || network=(--network host)
for target in ${*:-redis postgres suite}; do
    "$engine" build -q "${network[@]}" --build-arg "DEBIAN=$debian" --build-arg "BUILDER=$debian" --build-arg PROGRAMS=host \
        -f deploy/Containerfile --target "$target" -t "localhost/vortex7/$target:latest" .
done
