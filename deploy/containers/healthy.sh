#!/bin/bash
# healthy.sh [PATH]: whether the service in this container answers 200. Bash's own sockets, so that the image needs no curl.
set -euo pipefail
port=${METRICS_PORT:-9100}
[ "$port" != 0 ] || exit 0
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "${1:-/healthz}" >&3
read -r -t 3 -u 3 line
[[ $line == HTTP/*" 200 "* ]]
