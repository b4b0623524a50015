#!/bin/bash
# Begins a service in its container. Containers start in any order: the password is there once Redis or PostgreSQL has
# started for the first time, and the service itself waits for everything else.
set -euo pipefail
for file in "${VORTEX7__REDIS__PASSWORD_FILE:-}" "${VORTEX7__POSTGRES__PASSWORD_FILE:-}"; do
    until [ -z "$file" ] || [ -s "$file" ]; do sleep 0.2; done
done
exec "$@"
