#!/usr/bin/env python3
"""Writes the addresses of a suite on this machine, as shell exports.

    addresses.py VAR                 chooses those that VAR/run/addresses does not have yet
    addresses.py VAR --anew [NAME]   also those that another program has taken since, or the one of this name; for what is down

Ports are kept, so that what points at them stays true. The usual one is taken where it is free, so that one suite is where one
expects it and a second one stands beside it.
"""
import os
import random
import re
import shlex
import socket
import sys

# The services' usual metrics ports are those of deploy/config/paper.yaml and deploy/prometheus/prometheus.yml.
SERVICES = [
    "data-hub", "order-flow-engine", "tick-engine", "decision-engine", "risk-manager", "executor", "trade-recorder",
    "technical-engine", "regime-filter", "sentiment-engine", "notifier", "learner", "dashboard",
]


def metrics_name(service):
    return "VORTEX7_METRICS_" + service.upper().replace("-", "_")


def usual_ports(is_redis_on_port):
    ports = {"VORTEX7_REDIS_PORT": 0} if is_redis_on_port else {}
    ports |= {"VORTEX7_POSTGRES_PORT": 0, "VORTEX7_VENUE_PORT": 0}
    ports |= {"VORTEX7_DASHBOARD_PORT": 8080, "VORTEX7_PROMETHEUS_PORT": 9090}
    ports |= {metrics_name(service): 9101 + index for index, service in enumerate(SERVICES)}
    # Most suites have none, and its usual port would be free for each of them.
    return ports | {metrics_name("notifier"): 0}


def kept(path):
    """What the file says; of values with a space that an older one wrote bare, all words."""
    values = {}
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                if match := re.fullmatch(r"export (\w+)=(.*)\n?", line):
                    values[match[1]] = " ".join(shlex.split(match[2]))
    except (FileNotFoundError, ValueError):
        pass
    return values


def held(port):
    """A socket that holds a port of loopback; None when another program has it."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind(("127.0.0.1", port))
        return holder
    except OSError:
        holder.close()
        return None


def any_held():
    """Any port below those that the system gives to outgoing connections, which would be taken again when it is wanted."""
    while True:
        if holder := held(random.randrange(20_000, 32_000)):
            return holder


def choose(usual, old, anew):
    """`anew`: names to look at again. All are held until all are chosen, so that no two are the same."""
    holders, ports = [], {}
    for name, port in usual.items():
        before = int(old[name]) if old.get(name, "").isdigit() and 0 < int(old[name]) < 65536 else 0
        if before and name not in anew:
            ports[name] = before
            continue
        holder = (before and held(before)) or (port and held(port)) or any_held()
        holders.append(holder)
        ports[name] = holder.getsockname()[1]
        if before and ports[name] != before:
            print(f"{name[8:]} {before} is taken by another program: {ports[name]} in its place", file=sys.stderr)
    return ports


def main():
    var, words = sys.argv[1], sys.argv[2:]
    path = f"{var}/run/addresses"
    redis = f"{var}/run/redis.sock"
    # A Unix socket's path has at most 107 bytes, and in its URL a question mark ends it.
    is_redis_on_port = len(os.fsencode(redis)) > 100 or "?" in redis
    old = kept(path)
    usual = usual_ports(is_redis_on_port)
    ports = choose(usual, old, words[1:] or usual if words[:1] == ["--anew"] else [])
    database = f"postgresql://vortex7@127.0.0.1:{ports['VORTEX7_POSTGRES_PORT']}/vortex7"
    venue = ports["VORTEX7_VENUE_PORT"]
    values = {"VORTEX7_REDIS_PORT": 0} | ports | {
        "VORTEX7_REDIS_URL": f"redis://127.0.0.1:{ports['VORTEX7_REDIS_PORT']}" if is_redis_on_port else f"unix://{redis}",
        "VORTEX7_POSTGRES_URL": database,
        "VORTEX7_VENUE_REST_URL": f"http://127.0.0.1:{venue}",
        "VORTEX7_VENUE_STREAM_URL": f"ws://127.0.0.1:{venue}",
        "VORTEX7_JOURNALS": f"{var}/journal",
        "VORTEX7_BACKUPS": f"{var}/backups",
        "VORTEX7_DASHBOARD_LOGINS": f"{var}/dashboard",
    }
    text = "".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in values.items())
    if old == {name: str(value) for name, value in values.items()}:
        return
    # Whole or not at all: another command may be reading it.
    made = f"{path}.{os.getpid()}"
    with open(made, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    os.replace(made, path)


main()
