# For scripts that look at the processes of the suite under VORTEX7_VAR.

# Name and process id of each running program.
programs() { deploy/local/suite.sh supervisor status | awk '$2 == "RUNNING" { sub(",", "", $4); sub(".*:", "", $1); print $1, $4 }'; }

# Clock ticks of processor time that a process has used.
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

# Prints each program's share of one core over so many seconds and its memory at their end.
observe() {
    local seconds=$1 list
    # supervisorctl says with its exit code that not all are running.
    list=$(programs || true)
    declare -A before=()
    while read -r name id; do before[$name]=$(ticks "$id"); done <<< "$list"
    sleep "$seconds"
    while read -r name id; do
        awk -v name="$name" -v used=$(($(ticks "$id") - ${before[$name]})) -v seconds="$seconds" \
            '/^VmRSS/ { printf "%-20s %6.1f MB  %5.1f %% of a core\n", name, $2 / 1024, used / seconds }' "/proc/$id/status"
    done <<< "$list"
}
