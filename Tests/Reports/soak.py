#!/usr/bin/env python3
"""Hours of market at a fast clock, with a fault now and then, and what must hold at the end of them.

One suite for each profile, one after the other: each with an account, a market, a database and a Telegram of its own.
Exits 1 unless in each
- every contract traded, or its gates are named;
- nothing of ours (a lock, a stale or cold engine, silence, a hindrance) stopped a contract for more than a minute of the
  market without an alert, but for the faults that were made here and a minute after them;
- the memory of each service and of Redis is flat over the last half;
- midnight was crossed, and the day's report says what the trades of the day add up to;
- the money adds up, each trade is explained, and nothing lies in the dead letters.

    soak.py [--hours 24] [--rate 20] [--profiles vortex7,phase1] [--seed 7] [--quiet]     hours of market, each profile
"""
import argparse
import json
import random
import re
import signal
import sys
import threading
import time
import urllib.parse
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import run_report
from paper_suite import LagWatch, Redis, Suite, wait_until
from soak_faults import Faults

MINUTE = 60_000
# Words of an engine of whatever kind may be so far apart.
SILENCE_MAX = 60_000
# Not ours: a person's wish, the venue's calendar, a moment's caution after an emergency.
NO_FAULT = {"hindrance:stopped", "hindrance:emergency", "hindrance:not_trading", "hindrance:ending",
            "gate:hedge", "gate:max_positions", "gate:breaker"}
# Growth over the last half that is still flat: allocators and histograms settle.
GROWTH_SHARE, GROWTH_MB = 0.10, 6
# Redis holds ever more until what is kept for an hour of the market has been let go a first time.
FILLED_HOURS = 4


def say(text):
    print(f"[{datetime.now(timezone.utc):%H:%M:%S}] {text}", flush=True)


def moment(ms):
    return f"{datetime.fromtimestamp(ms / 1000, timezone.utc):%m-%d %H:%M:%S}"


class Telegram(ThreadingHTTPServer):
    """A Bot API that keeps what it is told."""

    def __init__(self):
        self.texts = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                body = dict(urllib.parse.parse_qsl(text))
                result = []
                if self.path.endswith("/sendMessage"):
                    server.texts.append(body["text"])
                    result = {"message_id": len(server.texts)}
                elif self.path.endswith("/getUpdates"):
                    time.sleep(min(float(body.get("timeout") or 0), 2))
                answer = json.dumps({"ok": True, "result": result}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                try:
                    self.wfile.write(answer)
                except BrokenPipeError:
                    # A service that was stopped while it waited.
                    pass

            do_GET = do_POST

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Readiness:
    """What the decision engine says of each contract, word by word."""

    def __init__(self, redis, symbols):
        self.redis, self.symbols = redis, symbols
        self.after = {symbol: "-" for symbol in symbols}
        self.open = {symbol: {} for symbol in symbols}
        self.last = dict.fromkeys(symbols)
        self.episodes, self.possible, self.words = [], Counter(), Counter()

    def read(self):
        for symbol in self.symbols:
            for entry, pairs in self.redis.command("XRANGE", f"readiness:{{{symbol}}}", self.after[symbol], "+"):
                self.after[symbol] = "(" + entry
                self.take(symbol, dict(zip(pairs[::2], pairs[1::2])))

    def take(self, symbol, word):
        now = int(word["event_time"])
        names = {name for name in word.get("stopped_by", "").split(",") if name} - NO_FAULT
        if self.last[symbol] and now - self.last[symbol] > SILENCE_MAX:
            self.episodes.append((symbol, "no word", self.last[symbol], now))
        self.last[symbol] = now
        self.words[symbol] += 1
        self.possible[symbol] += not word.get("stopped_by")
        for name in names - self.open[symbol].keys():
            self.open[symbol][name] = now
        for name in self.open[symbol].keys() - names:
            self.episodes.append((symbol, name, self.open[symbol].pop(name), now))

    def close(self, now):
        for symbol in self.symbols:
            self.episodes += [(symbol, name, since, now) for name, since in self.open[symbol].items()]


class Memory:
    """Resident memory of each process, and what Redis uses, MB."""

    def __init__(self, suite, redis):
        self.suite, self.redis, self.samples = suite, redis, defaultdict(list)

    def take(self):
        for line in self.suite.script("supervisor", "status", check=False).stdout.splitlines():
            if found := re.match(r"(?:suite:)?(\S+)\s+RUNNING\s+pid (\d+)", line):
                try:
                    text = open(f"/proc/{found[2]}/status").read()
                except OSError:
                    continue
                if size := re.search(r"VmRSS:\s+(\d+) kB", text):
                    self.samples[found[1]].append((int(found[2]), int(size[1]) / 1024))
        used = re.search(r"used_memory:(\d+)", self.redis.command("INFO", "memory"))
        self.samples["redis' data"].append((0, int(used[1]) / 1e6))

    def report(self, problems, name, hours):
        rows = [("", "third quarter, MB", "last quarter, MB", "most, MB", "")]
        for service, samples in sorted(self.samples.items()):
            is_filling = service.startswith("redis") and hours < FILLED_HOURS
            half = samples[len(samples) // 2:]
            # A process that began within the last half still grows into its work.
            if len({pid for pid, _ in half}) > 1 or len(half) < 8:
                rows.append((service, "", "", f"{max(size for _, size in samples):.1f}", "restarted"))
                continue
            sizes = [size for _, size in half]
            before, after = (sorted(part)[len(part) // 2] for part in (sizes[:len(sizes) // 2], sizes[len(sizes) // 2:]))
            grows = not is_filling and after - before > max(GROWTH_MB, before * GROWTH_SHARE)
            rows.append((service, f"{before:.1f}", f"{after:.1f}", f"{max(size for _, size in samples):.1f}",
                         "GROWS" if grows else "still filling" if is_filling else ""))
            if grows:
                problems.append(f"{name}: {service} grows from {before:.1f} to {after:.1f} MB in the last half")
        print("\nMemory")
        run_report.table(rows)


class StallWatch(threading.Thread):
    """When this machine stood still: no service can help that, and at twenty times the pace five seconds are a hundred."""

    STEP, STALL_MIN = 0.2, 1.5

    def __init__(self, suite):
        super().__init__(daemon=True)
        self.suite, self.spans, self.seconds = suite, [], 0

    def run(self):
        last = time.monotonic()
        while True:
            time.sleep(self.STEP)
            now = time.monotonic()
            if now - last > self.STALL_MIN:
                self.note(now - last)
            last = now

    def note(self, seconds):
        try:
            end = self.suite.market_ms()
        except OSError:
            return
        length = int(seconds * 1000 * self.suite.rate)
        # What waited meanwhile takes as long again.
        self.spans.append((end - length, end + length))
        self.seconds += seconds

    def summary(self):
        return f"the machine stood still {len(self.spans)} times, for {self.seconds:.0f} s in all"


class Soak:
    def __init__(self, profile, hours, rate, seed, is_quiet):
        self.telegram = Telegram()
        # Midnight comes in the middle of a short run, too.
        lead = timedelta(hours=min(hours / 2, 10))
        start = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - lead
        self.suite = Suite(
            f"soak-{profile}", ["BTCUSDT", "ETHUSDT"], rate, profile, SEED=str(seed),
            VENUE_OPTIONS=f"--start {start:%Y-%m-%dT%H:%M:%SZ}", TELEGRAM_BOT_TOKEN="7:soak", TELEGRAM_CHAT_ID="7",
            TELEGRAM_USER_ID="7")
        self.suite.lines["notifier"] = "base_url: http://127.0.0.1:%d" % self.telegram.server_address[1]
        self.profile, self.hours, self.rate, self.problems = profile, hours, rate, []
        self.faults = None if is_quiet else Faults(self.suite, random.Random(seed))

    # What is done

    def play(self):
        self.suite.up()
        self.redis = Redis(self.suite.environment)
        self.readiness = Readiness(self.redis, self.suite.symbols)
        self.memory, self.lag = Memory(self.suite, self.redis), LagWatch(self.suite)
        self.stalls = StallWatch(self.suite)
        self.lag.start()
        self.stalls.start()
        began, self.market_began = time.monotonic(), self.suite.market_ms()
        end, told, sampled = began + self.hours * 3600 / self.rate, began, 0
        while (now := time.monotonic()) < end:
            # A fault is over, and forgotten, before the end: what is looked at then is a suite left alone.
            if self.faults and now < end - 240 / self.rate - 10:
                self.faults.turn()
            self.readiness.read()
            if now - sampled > min(15, self.hours * 3600 / self.rate / 80):
                self.memory.take()
                sampled = now
            if now - told > 120:
                told = now
                self.go_on()
            time.sleep(0.5)
        self.finish(began)

    def go_on(self):
        """A person looks now and then, and starts what a sudden loss stopped."""
        code, text = self.suite.ctl("status", "--json")
        state = json.loads(text) if code == 0 else {}
        if "stopped" in (state.get("account") or {}).get("hindrances", ""):
            self.suite.ctl("start")
        trades = self.suite.query("SELECT count(*) n FROM trades")[0]["n"]
        say(f"{self.profile}: {(self.suite.market_ms() - self.market_began) / 3_600_000:.1f} h of market, {trades} trades")

    def finish(self, began):
        self.end = self.suite.market_ms()
        self.readiness.read()
        self.readiness.close(self.end)
        self.suite.ctl("stop")
        if not wait_until(lambda: not self.suite.positions(), 20 + 700 / self.rate, 1):
            self.suite.ctl("close-all")
        time.sleep(4)
        self.minutes = (time.monotonic() - began) / 60

    # What must hold

    def judge(self):
        hours = (self.end - self.market_began) / 3_600_000
        print(f"\n== {self.profile}: {self.minutes:.0f} min at {self.rate:g}× = {hours:.1f} h of market ==")
        run_report.os.environ.update(
            {key: value for key, value in self.suite.environment.items() if key.startswith("VORTEX7_")})
        self.account = run_report.traded_account()
        self.trades, _ = run_report.trades_of(self.account)
        if self.faults:
            run_report.counts("Faults made", self.faults.counts)
        run_report.counts("Alerts", run_report.alerts_since("-infinity"))
        run_report.by_strategy([trade for trade in self.trades if trade["strategy"]])
        self.judge_contracts()
        self.judge_episodes()
        self.memory.report(self.problems, self.profile, hours)
        self.tell_room(hours)
        self.judge_days()
        self.judge_money()
        self.judge_stories()
        print(f"Lag: {self.lag.summary()}")

    def tell_room(self, hours):
        """What is kept: Redis' keys by kind as they stand, PostgreSQL's tables by a day and contract."""
        kinds = defaultdict(lambda: [0, 0])
        for key in self.redis.command("KEYS", "*"):
            kind = kinds[key.partition("{")[0].rstrip(":")]
            kind[0] += 1
            kind[1] += self.redis.command("MEMORY", "USAGE", key, "SAMPLES", "0") or 0
        print("\nRoom")
        for name, (count, size) in sorted(kinds.items(), key=lambda kind: -kind[1][1])[:8]:
            print(f"  Redis {name}: {size / 1e6:.1f} MB in {count} keys")
        days = hours / 24 * len(self.suite.symbols)
        for row in self.suite.query(
                "SELECT relname AS name, n_live_tup AS rows, pg_total_relation_size(relid) AS size "
                "FROM pg_stat_user_tables ORDER BY size DESC LIMIT 6"):
            print(f"  PostgreSQL {row['name']}: {int(row['size']) / 1e6 / days:.2f} MB a day and contract "
                  f"({int(int(row['rows']) / days)} rows)")

    def judge_contracts(self):
        print("\nContracts")
        for symbol in self.suite.symbols:
            count = sum(trade["symbol"] == symbol for trade in self.trades)
            code, text = self.suite.ctl("why-not", symbol, "--json")
            row = json.loads(text.splitlines()[-1]) if code == 0 else None
            gates = sorted(((n["failed"], gate) for gate, n in row["gates"].items() if n["failed"]), reverse=True) if row else []
            words = self.readiness.words[symbol]
            print(f"  {symbol}: {count} trades; an entry was possible by {self.readiness.possible[symbol]} of {words} words; "
                  f"{row['evaluations'] if row else 0} evaluations today, failed: "
                  + ", ".join(f"{gate} {failed}" for failed, gate in gates[:5]))
            if not count and not gates:
                self.problems.append(f"{self.profile}: {symbol} neither traded nor named a gate")
            if not self.readiness.possible[symbol]:
                self.problems.append(f"{self.profile}: no entry in {symbol} was ever possible")

    def judge_episodes(self):
        alerts = [(int(row["ms"]), row["symbol"] or None) for row in self.suite.query(
            "SELECT (extract(epoch FROM event_time) * 1000)::BIGINT ms, symbol FROM alerts WHERE severity <> 'INFO'")]
        spans = (self.faults.spans if self.faults else []) + self.stalls.spans
        long, excused, alone = Counter(), 0, []
        for symbol, name, since, until in self.readiness.episodes:
            if until - since <= MINUTE:
                continue
            long[name] += 1
            # Warming up at the very start is no fault.
            is_start = since - self.market_began < 5 * MINUTE
            is_made = any(since < end and start < until for start, end in spans)
            is_told = any(since - 5000 <= at <= until + 5000 and of in (None, symbol) for at, of in alerts)
            if is_start or is_made or is_told:
                excused += 1
            else:
                alone.append(f"{symbol} {name} from {moment(since)} for {(until - since) / 1000:.0f} s")
        run_report.counts("Longer than a minute", long)
        print(f"  {excused} of them at the start, by a fault made here, while the machine stood still, or with an alert; {self.stalls.summary()}")
        self.problems += [f"{self.profile}: {text}, and nobody was told" for text in alone[:20]]
        for event in ["lock_without_doubt", "entries_impossible"]:
            for row in self.suite.query(f"SELECT event_time, text FROM alerts WHERE event = '{event}' LIMIT 3"):
                self.problems.append(f"{self.profile}: {event} {row['event_time']}: {row['text']}")

    def judge_days(self):
        midnights = self.end // 86_400_000 - self.market_began // 86_400_000
        if not midnights:
            self.problems.append(f"{self.profile}: no midnight was crossed")
        wrong = self.suite.query(
            """SELECT s.date, s.symbol FROM daily_summary s LEFT JOIN (
                   SELECT exit_time::date AS date, symbol, mode, account, count(*) FILTER (WHERE is_counted) AS n, round(sum(pnl_net), 4) AS net
                   FROM trades GROUP BY exit_time::date, symbol, mode, account) t
                   ON t.date = s.date AND t.symbol = s.symbol AND t.mode IS NOT DISTINCT FROM s.mode
                       AND t.account IS NOT DISTINCT FROM s.account
               WHERE s.total_trades <> COALESCE(t.n, 0) OR s.net_pnl <> COALESCE(t.net, 0)""")
        self.problems += [f"{self.profile}: daily_summary of {row['date']} {row['symbol']} is wrong" for row in wrong]
        reports = [text for text in self.telegram.texts if "DAILY REPORT" in text]
        print(f"\nMidnights: {midnights}, daily reports: {len(reports)}")
        if len(reports) < midnights:
            self.problems.append(f"{self.profile}: {len(reports)} daily reports for {midnights} midnights")
        for text in reports:
            self.judge_report(text)

    def judge_report(self, text):
        date = re.search(r"DAILY REPORT (\S+)", text)[1]
        net = Decimal(re.search(r"NET: ([+-]?)\$([\d,.]+)", text)[2].replace(",", ""))
        net = -net if "NET: -" in text else net
        counted = int(re.search(r"Trades: (\d+)", text)[1])
        ours = [t for t in self.trades if t["exit_time"].startswith(date)]
        due = sum((Decimal(t["pnl_net"]) for t in ours), Decimal(0))
        number = sum(t["is_counted"] == "t" for t in ours)
        print("  " + " · ".join(text.splitlines()))
        if abs(net - due) > Decimal("0.01") or counted != number:
            self.problems.append(f"{self.profile}: the report of {date} says {counted} trades, {net}; it was {number}, {due}")

    def judge_money(self):
        # What a person's own orders cost is on no trade of ours.
        orders = {order["orderId"]: order["clientOrderId"] for order in self.account["orders"]}
        foreign = sum((abs(Decimal(fill["commission"])) for fill in self.account["fills"]
                       if not orders.get(fill["orderId"], "").startswith("v7-")), Decimal(0))
        if run_report.add_up(self.account, self.trades, foreign):
            self.problems.append(f"{self.profile}: the money does not add up, or something is still held")

    def judge_stories(self):
        unexplained = sum(self.suite.unexplained(trade) is not None for trade in self.trades[-60:])
        code, text = self.suite.ctl("dlq", "list")
        dead = self.suite.ctl("status", "--json")
        letters = json.loads(dead[1]).get("dead_letters", 0) if dead[0] == 0 else None
        print(f"Explained: {min(60, len(self.trades)) - unexplained} of the last {min(60, len(self.trades))} trades; "
              f"dead letters: {letters}")
        if unexplained:
            self.problems.append(f"{self.profile}: `vortexctl why` can't explain {unexplained} trades")
        if letters:
            self.problems.append(f"{self.profile}: {letters} dead letters: {text.strip()[:400]}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--hours", type=float, default=24)
    arguments.add_argument("--rate", type=float, default=20)
    arguments.add_argument("--profiles", default="vortex7,phase1")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--quiet", action="store_true", help="no faults")
    given = arguments.parse_args()
    # What is stopped stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    problems = []
    for profile in given.profiles.split(","):
        soak = Soak(profile, given.hours, given.rate, given.seed, given.quiet)
        say(f"{profile}: {given.hours:g} h of market at {given.rate:g}×")
        try:
            soak.play()
            soak.judge()
        finally:
            soak.suite.down()
        problems += soak.problems
    print()
    for problem in problems:
        print(f"PROBLEM: {problem}")
    if not problems:
        print("All of it held.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
