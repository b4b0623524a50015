#!/usr/bin/env python3
"""What the paper suite asks of Redis: entries, commands and processor time a contract, on one Redis or on a cluster of three.

    Tests/Benchmarks/redis_load.py [--contracts 6] [--seconds 30] [--cluster]

Starts the simulator with a synthetic market, the hub, the five engines, decision, risk and executor with the programs of
.build/release, waits until they work, and counts.
"""
import argparse
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICES = ["data-hub", "order-flow-engine", "tick-engine", "technical-engine", "sentiment-engine", "regime-filter",
            "decision-engine", "risk-manager", "executor"]
CONTRACTS = ["BTCUSDT", "ETHUSDT", "DOGEUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "ADAUSDT", "LINKUSDT", "AVAXUSDT", "DOTUSDT",
             "LTCUSDT", "SUIUSDT"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, *command):
    return subprocess.run(["redis-cli", "-p", str(port), *command], capture_output=True, text=True, check=True).stdout


def processor_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def stages(port):
    """Of the signals of the order flow engine, how many came within each bound after their market event."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    rows = [line for line in text.splitlines() if "pipeline_stage_seconds_bucket{" in line]
    return [(line.split('le="')[1].split('"')[0], float(line.split()[-1])) for line in rows]


def quantile(share, before, after):
    """The bound within which this share of what came between two looks lies, milliseconds."""
    grown = [(bound, new - dict(before).get(bound, 0)) for bound, new in after]
    for bound, count in grown:
        if count >= share * grown[-1][1]:
            return f"{float(bound) * 1000:g} ms" if bound != "+Inf" else "more than all bounds"
    return "?"


def counts(ports):
    """Entries written and commands served, of all masters."""
    entries = commands = 0
    for port in ports:
        if "role:master" not in ask(port, "INFO", "replication"):
            continue
        for line in ask(port, "INFO", "commandstats").splitlines():
            if line.startswith("cmdstat_"):
                calls = int(line.split("calls=")[1].split(",")[0])
                commands += calls
                entries += calls if line.startswith("cmdstat_xadd:") else 0
    return entries, commands


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--contracts", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--cluster", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vortex7-load-"))
    programs, processes = ROOT / ".build/release", []

    def start(name, *arguments):
        log = open(folder / f"{name}.log", "w")
        process = subprocess.Popen([str(argument) for argument in arguments], stdout=log, stderr=log)
        processes.append(process)
        return process

    try:
        ports, servers = [], []
        for number in range(6 if options.cluster else 1):
            ports.append(free_port())
            (folder / str(number)).mkdir()
            extra = ["--cluster-enabled", "yes", "--cluster-port", free_port()] if options.cluster else []
            servers.append(start(f"redis-{number}", "redis-server", "--port", ports[-1], "--bind", "127.0.0.1", "--dir",
                                 folder / str(number), "--save", "", "--appendonly", "yes", *extra))
        time.sleep(1)
        nodes = [f"127.0.0.1:{port}" for port in ports]
        if options.cluster:
            subprocess.run(["redis-cli", "--cluster", "create", *nodes, "--cluster-replicas", "1", "--cluster-yes"],
                           check=True, stdout=subprocess.DEVNULL)
            time.sleep(3)
        url = "redis-cluster://" + ",".join(nodes) if options.cluster else "redis://" + nodes[0]
        names, venue, metrics = CONTRACTS[:options.contracts], free_port(), free_port()
        (folder / "suite.yaml").write_text(
            f"symbols: [{', '.join(names)}]\nredis: {{url: '{url}'}}\n"
            f"venue: {{rest_url: 'http://127.0.0.1:{venue}', stream_url: 'ws://127.0.0.1:{venue}', api_key: paper-key, "
            f"api_secret: paper-secret}}\nexecutor: {{journal: {folder}/executor.journal}}\n"
            f"order-flow-engine: {{metrics_port: {metrics}}}\n"
            f"risk-manager: {{journal: {folder}/risk-manager.journal}}\n")
        start("simulator", programs / "exchange-simulator", "run", "--port", venue, "--symbols", ",".join(names))
        suite = [start(service, programs / service, "-c", folder / "suite.yaml") for service in SERVICES]
        time.sleep(25)
        began, before, used = time.monotonic(), counts(ports), [processor_seconds(server) for server in servers]
        stages_before = stages(metrics)
        suite_used = sum(map(processor_seconds, suite))
        time.sleep(options.seconds)
        seconds, after = time.monotonic() - began, counts(ports)
        shares = [(processor_seconds(server) - old) / seconds for server, old in zip(servers, used)]
        suite_share = (sum(map(processor_seconds, suite)) - suite_used) / seconds
        stages_after = stages(metrics)
        connections = sum(int(ask(port, "INFO", "clients").split("connected_clients:")[1].split()[0]) - 1 for port in ports)
        dead = [service for service, process in zip(SERVICES, suite) if process.poll() is not None]
        if dead:
            raise SystemExit(f"ended: {', '.join(dead)}; see {folder}")
        entries, commands = ((new - old) / seconds for new, old in zip(after, before))
        print(f"{'cluster of 3+3' if options.cluster else 'one Redis'}, {len(names)} contracts, {seconds:.0f} s: "
              f"{entries / len(names):.0f} entries and {commands / len(names):.0f} commands a second and contract")
        print(f"  Redis {' '.join(f'{share:.1%}' for share in shares)} of a core, "
              f"{sum(shares) / len(names):.2%} a contract; services {suite_share / len(names):.2%} a contract")
        print(f"  {connections} connections")
        print(f"  market event to signal: half within {quantile(0.5, stages_before, stages_after)}, "
              f"99 % within {quantile(0.99, stages_before, stages_after)}")
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


main()
