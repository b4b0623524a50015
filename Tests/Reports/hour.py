#!/usr/bin/env python3
"""Plays the paper suite for an hour, undisturbed and provoked, and tells what it did.

Four parts, each with an account, a market and a database of its own:
default    the full profile on the default limits, nothing touched;
unlimited  the same on another seed with breakers that stop nothing: a day's loss ends trading for the day, and a day is
           longer than this run. Its statistics are the honest ones, of more than a handful of trades;
lenient    the full profile with gates so low that B and C trade within minutes, and no A: whether they can, not how well;
provoked   profile phase1, and each way out and each breaker brought about, whether or not the others had it.
Exits 1 when one is missing in all, when the money does not add up, or when `vortexctl why` can't explain a trade.

    hour.py [--minutes 60] [--rate 15] [--symbols BTCUSDT,ETHUSDT,…] [--seed 7]
    hour.py --data 'BTC.txt.gz ETH.txt.gz' [--history TABLES] --minutes 12 --rate 1     recordings: one part, default
"""
import argparse
import json
import os
import re
import sys
import time
from collections import Counter
from datetime import datetime, timezone

import run_report
from paper_suite import ROOT, LagWatch, Suite, wait_until
from provocations import Provocations, risk_lines

PARTS = "default,unlimited,lenient,provoked"
# Gates that let B and C pass often, and A never.
LENIENT_GATES = """score_min: 0.25
agreement_min: 1
momentum: {velocity_ratio_min: 100}
reversion: {rsi_extreme: 40, confirmations_min: 1}
cascade: {confirmations_min: 1}"""
LENIENT_RISK = "reward_to_risk_min: 0.3\nprofit_min: 0\n"
# As many as two cores carry at this rate; all have ticks that the gate on the spread lets pass.
CONTRACTS = "BTCUSDT,ETHUSDT,SOLUSDT,BNBUSDT,DOGEUSDT,AVAXUSDT,LINKUSDT,SUIUSDT"
# What stops entries beside the breakers of `risk`.
OTHER_STOPS = ["fee_alert", "halt", "emergency", "emergency_stop"]
GATES = ["max_positions", "spread", "breaker"]


def names_of(file, enumeration):
    """The cases of a Swift enumeration, as they are written on streams."""
    text = (ROOT / "Shared/SignalContracts/Trading" / file).read_text()
    body = re.search(rf"enum {enumeration}\b.*?\{{(.*?)\n\}}", text, re.S).group(1)
    return [value or name for name, value in re.findall(r'^\s*case (\w+)(?: = "(\w+)")?', body, re.M)]


def say(text):
    print(f"[{datetime.now(timezone.utc):%H:%M:%S}] {text}", flush=True)


class Part:
    """One suite from start to end, and what is to be told of it."""

    def __init__(self, suite):
        self.suite, self.problems, self.lag, self.started = suite, [], LagWatch(suite), 0
        self.reasons, self.stops, self.gates, self.strategies = Counter(), Counter(), Counter(), Counter()

    def play(self, minutes, risk="", meanwhile=None, until_all_of=None):
        self.suite.up(risk)
        begun = time.monotonic()
        market_begun = self.suite.market_ms()
        self.lag.start()
        if meanwhile:
            meanwhile()
        else:
            while (left := minutes * 60 - (time.monotonic() - begun)) > 0:
                time.sleep(min(left, 60))
                self.go_on()
                traded = [row["strategy"] for row in self.suite.query("SELECT strategy FROM trades")]
                say(f"{(time.monotonic() - begun) / 60:.0f} min, {len(traded)} trades")
                if until_all_of and set(until_all_of) <= set(traded):
                    break
        self.end(begun, market_begun)

    def go_on(self):
        """A person looks once a minute, and starts what a sudden loss stopped."""
        stops = self.suite.query("SELECT text FROM alerts WHERE event IN ('emergency_stop', 'venue_refuses')")
        for row in stops[self.started:]:
            say(f"entries were stopped, and are started again: {row['text']}")
            self.suite.ctl("start")
        self.started = len(stops)

    def end(self, begun, market_begun):
        """No new entries; what is open ends by its own ways, within the longest hold."""
        self.suite.ctl("stop")
        if not wait_until(lambda: not self.suite.positions(), 20 + 700 / self.suite.rate, 1):
            say("still open after the longest hold: closing")
            self.suite.ctl("close-all")
        time.sleep(3)
        self.minutes = (time.monotonic() - begun) / 60
        self.market_hours = (self.suite.market_ms() - market_begun) / 3_600_000
        self.lag_text = self.lag.summary()
        self.stories = self.tell_stories()
        self.near_misses = {symbol: self.why_not(symbol) for symbol in self.suite.symbols}

    def why_not(self, symbol):
        code, text = self.suite.ctl("why-not", symbol, "--json")
        return json.loads(text.splitlines()[-1]) if code == 0 else None

    def tell_stories(self):
        """Asks `vortexctl why` of each trade; its answer must hold the signals, the plan and the same ending."""
        rows = self.suite.query("SELECT plan, exit_reason FROM trades ORDER BY exit_time")
        for row in rows:
            text = self.suite.unexplained(row, "plan APPROVED", "\nE1 ")
            if text is not None:
                self.problems.append(f"{self.suite.name}: why {row['plan']} explains nothing: {text.strip()[:200]}")
        return len(rows)

    def report(self):
        os.environ.update({key: value for key, value in self.suite.environment.items() if key.startswith("VORTEX7_")})
        suite = self.suite
        print(f"\n== {suite.name}: {self.minutes:.0f} min at {suite.rate:g}× = {self.market_hours:.1f} h of market, "
              f"{len(suite.symbols)} contracts, profile {suite.profile} ==")
        account = run_report.traded_account()
        trades, names = run_report.trades_of(account)
        run_report.by_strategy(trades)
        self.reasons = Counter(t["exit_reason"] for t in trades)
        self.strategies = Counter(t["strategy"] for t in trades)
        self.stops = run_report.alerts_since("-infinity")
        run_report.counts("Exit reasons", self.reasons)
        for name in "ABC":
            run_report.counts(f"  {name}", Counter(t["exit_reason"] for t in trades if t["strategy"] == name))
        run_report.counts("Breakers and alerts", self.stops)
        self.report_alerts()
        run_report.details("-infinity", names)
        self.report_misses()
        self.report_gates()
        if run_report.add_up(account, trades):
            self.problems.append(f"{self.suite.name}: the money does not add up")
        if len(trades) != self.stories:
            self.problems.append(f"{suite.name}: {self.stories} trades are recorded, the venue knows of {len(trades)}")
        wrong = sum(": why " in problem for problem in self.problems)
        print(f"`vortexctl why` explains {self.stories - wrong} of {self.stories} trades.")
        print(f"Lag: {self.lag_text}")

    def report_alerts(self):
        for row in self.suite.query("SELECT event_time, event, symbol, text FROM alerts WHERE severity = 'CRITICAL' "
                                    "ORDER BY event_time LIMIT 12"):
            print(f"  {row['event_time'][11:19]} {row['event']} {row['symbol']} {row['text']}".replace("  ", " "))

    def report_misses(self):
        print("\nNearest misses: a strategy was ready, and one gate alone stopped it")
        for row in self.suite.query(
                "SELECT event_time, symbol, strategy, reason FROM decisions WHERE strategy IS NOT NULL AND "
                "failed_gates <> '' AND failed_gates NOT LIKE '%,%' ORDER BY abs(final_score) DESC LIMIT 5"):
            print(f"  {row['event_time'][11:19]} {row['symbol']} {row['strategy']}  {row['reason']}")

    def report_gates(self):
        rows = {symbol: row for symbol, row in self.near_misses.items() if row}
        if not rows:
            return
        print("\nGates (evaluations on books since the market's midnight UTC; alone: stopped by this gate only)")
        evaluations = sum(row["evaluations"] for row in rows.values())
        total = {gate: Counter() for gate in next(iter(rows.values()))["gates"]}
        for row in rows.values():
            for gate, numbers in row["gates"].items():
                total[gate].update(failed=numbers["failed"], alone=numbers["alone"])
        run_report.table([("gate", "failed", "share", "alone")] + [
            (gate, n["failed"], run_report.ratio(n["failed"], evaluations), n["alone"]) for gate, n in total.items()])
        self.gates = Counter({gate: n["failed"] for gate, n in total.items()})


def occurred(title, names, parts, field, missing):
    rows = [(title, *(part.suite.name for part in parts), "")]
    for name in names:
        counts = [getattr(part, field)[name] for part in parts]
        rows.append((name, *counts, "" if any(counts) else "MISSING"))
        if not any(counts):
            missing.append(f"{name} is missing")
    print()
    run_report.table(rows)


def summary(parts, are_all_wanted):
    print("\n== What occurred ==")
    missing = []
    occurred("exit reason", names_of("TradeSummary.swift", "ExitReason"), parts, "reasons", missing)
    occurred("breaker", names_of("RiskState.swift", "Breaker") + OTHER_STOPS, parts, "stops", missing)
    occurred("gate failed, times", GATES, parts, "gates", missing)
    occurred("strategy", list("ABC"), parts, "strategies", missing)
    problems = [problem for part in parts for problem in part.problems] + (missing if are_all_wanted else [])
    print()
    for problem in problems:
        print(f"PROBLEM: {problem}")
    if not problems:
        print("All of it occurred, " * are_all_wanted + "the money adds up, and each trade is explained.")
    return 1 if problems else 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--minutes", type=float, default=60)
    arguments.add_argument("--rate", type=float, default=15)
    arguments.add_argument("--symbols", default="")
    arguments.add_argument("--seed", default="7")
    arguments.add_argument("--data", default="")
    arguments.add_argument("--history", default="")
    arguments.add_argument("--parts", default=PARTS)
    given = arguments.parse_args()
    symbols = (given.symbols or ("BTCUSDT,ETHUSDT" if given.data else CONTRACTS)).split(",")
    if given.data:
        suite = Suite("recordings", symbols, given.rate, DATA=given.data, HISTORY=given.history or "synthetic")
        return summary([play(suite, given.minutes)], False)
    parts = []
    # The last two parts take some fifteen minutes, whatever the rest.
    rest = max(2.0, given.minutes - 15)
    if "default" in given.parts:
        parts.append(play(Suite("default", symbols, given.rate, SEED=given.seed), rest * 0.3))
    if "unlimited" in given.parts:
        seed = str(int(given.seed) + 1)
        parts.append(play(Suite("unlimited", symbols, given.rate, SEED=seed), rest * 0.7, risk_lines()))
    if "lenient" in given.parts:
        suite = Suite("lenient", symbols, given.rate, decision=LENIENT_GATES, SEED=given.seed)
        parts.append(play(suite, 6, LENIENT_RISK + risk_lines(), until_all_of="BC"))
    if "provoked" in given.parts:
        parts.append(provoke(Suite("provoked", symbols, given.rate, "phase1", SEED=given.seed)))
    return summary(parts, given.parts == PARTS)


def play(suite, minutes, risk="", until_all_of=None):
    part = Part(suite)
    say(f"{suite.name}: {minutes:g} min at {suite.rate:g}×, {', '.join(suite.symbols)}")
    try:
        part.play(minutes, risk, until_all_of=until_all_of)
        part.report()
    finally:
        suite.down()
    return part


def provoke(suite):
    # Both engines that phase1 needs agree every few minutes, so that there is a position to do things to.
    part = Part(suite)
    say("provoked: each way out, each breaker")
    try:
        part.play(0, risk_lines(), Provocations(suite, say).run)
        part.report()
    finally:
        suite.down()
    return part


if __name__ == "__main__":
    sys.exit(main())
