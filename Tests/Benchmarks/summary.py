#!/usr/bin/env python3
"""Prints what the benchmarks in the given folder found, beside the targets."""
import re
import sys
from pathlib import Path

folder = Path(sys.argv[1])


def text(name):
    path = folder / f"{name}.txt"
    return path.read_text() if path.exists() else ""


def find(name, pattern):
    return re.findall(pattern, text(name), re.MULTILINE)


rows = []


def row(what, found, target):
    rows.append((what, found or "not measured", target))


def rate(name):
    found = find("parse", rf"^{name} .*: (\d+) frames/s")
    return f"{int(found[0]):,}/s" if found else ""


row("aggTrades parsed, one core", rate("aggTrade"), "1,500,000/s")
row("depth20 parsed, one core", rate("depth20"), "150,000/s")
found = find("engines", r"^beside TA-Lib: ([\d.]+) times its ([\d.]+) ns")
mine = find("engines", r"^the six of TA-Lib: ([\d.]+) ns")
row("six indicators a candle, beside TA-Lib", f"{mine[0]} ns, {found[0][0]} times {found[0][1]} ns" if found and mine else "", "2 times")
for name in ("E1", "E2", "E3", "E4", "E5", "S1, nothing to say", "S1, a decision each time", "S2, a metric", "S2, a decision and its end"):
    found = find("engines", rf"^{name}: ([\d.]+) µs and ([\d.]+) allocations an event")
    row(f"{name}: an event", f"{found[0][0]} µs, {found[0][1]} allocations" if found else "", "")
for name in ("journal, a plan taken", "journal, a trade's records"):
    found = find("engines", rf"^{name}: ([\d.]+) µs and ([\d.]+) allocations a record")
    row(f"{name}: a record", f"{found[0][0]} µs, {found[0][1]} allocations" if found else "", "")
for name in ("technical-engine", "sentiment-engine", "regime-filter"):
    found = find("engines", rf"^{name}: a day read again in (\d+) ms")
    if found:
        row(f"{name}: a day of two contracts read again", f"{found[0]} ms", "1 s")
over = find("engines", r"^engine-bench: more allocations")
row("allocations", "over budget" if over else "within budget" if found else "", "within budget")
hub = find("hub", r"^hub (\d+) entries/s .* bare (\d+) entries/s: (\d+) %")
middle = sorted(hub, key=lambda line: int(line[2]))[len(hub) // 2] if hub else None
row("hub, frames to entries, beside bare XADD", f"{int(middle[0]):,}/s, {middle[2]} % of {int(middle[1]):,}/s" if middle else "", "80 %")
for name in ("bare", "host"):
    found = find("bus", rf"^{name}: \d+ entries: p50 (\d+) µs, p99 (\d+) µs")
    row(f"four hops, {name}: p50, p99", f"{found[0][0]}, {found[0][1]} µs" if found else "", "")

stages = [
    ("floor: four bare hops", "floor, before and after"), ("floor at the orders' pace", "floor, at the orders' pace"), ("floor beside the suite's traffic", "floor, the suite's traffic beside it"),
    ("disk: one sync", "disk, at the orders' pace, one sync of 1800 bytes"),
    ("  received → entry sent", "frame received → entry sent"), ("  → signal sent", "→ signal sent"),
    ("  → decision sent", "→ decision sent"), ("  → plan sent", "→ plan sent"), ("  → order sent", "→ order sent"),
    ("frame received → order sent", "frame received → order sent"),
]
for what, label in stages:
    found = find("pipeline", rf"^{label}: \d+ entries: p50 (\d+) µs, p99 (\d+) µs, p99.9 (\d+) µs")
    row(f"{what}: p50, p99, p99.9", f"{', '.join(found[0])} µs" if found else "", "")
for name in ("the floor", "the floor at the orders' pace", "that floor with one sync"):
    times = find("pipeline", rf"^receipt to order, times {name}: p50 ([\d.]+).*, p99 ([\d.]+)")
    row(f"receipt to order, times {name}: p50, p99", ", ".join(times[0]) if times else "", "1.5, 2")

for what, label, target in (
    ("fill → stop made, at the venue: p50, p99", "fill → stop made, by the venue's ledger", ""),
    ("fill → stop accepted, known here: p50, p99", "fill → stop accepted, as the executor knows it", "p99 300 ms"),
    ("restart → all protected: p50, p99", "restart → all protected, at least three positions without stops", "5000 ms"),
):
    times = find("protection", rf"^{label}: \d+ times: p50 (\d+) ms, p99 (\d+) ms")
    row(what, f"{', '.join(times[0])} ms" if times else "", target)

parts = text("resources").split("without a market")
services = [
    "data-hub", "order-flow-engine", "tick-engine", "technical-engine", "sentiment-engine", "regime-filter",
    "decision-engine", "risk-manager", "executor", "trade-recorder",
]


def usage(part):
    found = re.findall(r"^(\S+) +([\d.]+) MB +([\d.]+) %", part, re.MULTILINE)
    return [(name, float(memory), float(share)) for name, memory, share in found if name in services]


for label, part in (("two contracts' market", parts[0]), ("no market", parts[1] if len(parts) > 1 else "")):
    found = usage(part)
    if found:
        greatest = max(found, key=lambda entry: entry[1])
        row(f"memory, {label}: greatest", f"{greatest[1]} MB ({greatest[0]})", "30 MB a service")
    row(f"processor, {label}: all services", f"{sum(e[2] for e in found):.1f} % of a core" if found else "", "5 % when idle")

width = max(len(what) for what, _, _ in rows)
found_width = max(len(found) for _, found, _ in rows)
for what, found, target in rows:
    print(f"{what:<{width}}  {found:<{found_width}}  {target}".rstrip())
