"""A paper suite of its own under var/, driven from outside: started, asked, disturbed, stopped."""
import csv
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Suite:
    """`environment` is what deploy/local/suite.sh reads: SEED, DATA, HISTORY."""

    def __init__(self, name, symbols, rate, profile="vortex7", decision="", **environment):
        self.decision = decision
        self.name, self.symbols, self.rate, self.profile = name, symbols, rate, profile
        self.ports = {port: free_port() for port in range(9101, 9114)}
        # More lines for a service's section.
        self.lines = {}
        self.var = ROOT / "var" / name
        self.config = self.var / "paper.yaml"
        # The market as it is: a demonstration's opening would be counted with it.
        self.environment = os.environ | {"VORTEX7_OPENING": "0"} | environment | {
            "VORTEX7_VAR": str(self.var), "VORTEX7_CONFIG": str(self.config), "VORTEX7_CLOCK_RATE": f"{rate:g}",
            "SYMBOLS": ",".join(symbols)}

    def configure(self, risk=""):
        """The paper configuration with this suite's contracts and ports, and lines of two sections."""
        text = (ROOT / "deploy/config/paper.yaml").read_text()
        text = text.replace("symbols: [BTCUSDT, ETHUSDT]", f"symbols: [{', '.join(self.symbols)}]")
        text = text.replace("${VORTEX7_PROFILE:-vortex7}", self.profile)
        for port, mine in self.ports.items():
            text = re.sub(rf"metrics_port: .*:-{port}}}\n", f"metrics_port: {mine}\n", text)
        for service, lines in [("risk-manager", risk), ("decision-engine", self.decision), *self.lines.items()]:
            text = text.replace(f"{service}:\n", f"{service}:\n" + "".join(f"  {line}\n" for line in lines.splitlines()))
        self.config.write_text(text)

    def up(self, risk=""):
        """A new account, a new market and an empty database."""
        self.script("down", check=False)
        shutil.rmtree(self.var, ignore_errors=True)
        self.var.mkdir(parents=True)
        self.configure(risk)
        self.script("up")
        for line in self.script("env").stdout.splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            self.environment[name] = value

    def down(self):
        self.script("down", check=False)

    def script(self, *words, check=True):
        result = subprocess.run([ROOT / "deploy/local/suite.sh", *words], env=self.environment, capture_output=True,
                                text=True, cwd=ROOT)
        if check and result.returncode != 0:
            sys.exit(f"suite.sh {' '.join(words)}: exit code {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def ctl(self, *words):
        """vortexctl: its exit code and what it printed."""
        result = self.script("ctl", *words, check=False)
        return result.returncode, result.stdout + result.stderr

    def unexplained(self, trade, *words):
        """What `vortexctl why` says of a trade, unless it tells how the trade ended, and these words."""
        code, text = self.ctl("why", trade["plan"])
        told = code == 0 and all(word in text for word in (f"closed by {trade['exit_reason']} ", *words))
        return None if told else text

    def restart_risk(self, risk):
        self.configure(risk)
        self.script("supervisor", "restart", "suite:risk-manager")

    def query(self, sql):
        result = subprocess.run(
            ["psql", "--csv", "-q", "-d", self.environment["VORTEX7_POSTGRES_URL"], "-c", sql], capture_output=True,
            text=True, check=True, env=self.environment | {"PGPASSWORD": self.environment["VORTEX7_POSTGRES_PASSWORD"]})
        return list(csv.DictReader(io.StringIO(result.stdout)))

    def venue(self, path, body=None, method=None):
        request = urllib.request.Request(
            self.environment["VORTEX7_VENUE_REST_URL"] + "/sim/v1/" + path, method=method,
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    def act(self, act, **members):
        try:
            return self.venue("acts", {"act": act} | members)
        except urllib.error.HTTPError as error:
            # The position may be gone by now.
            return error.read().decode()

    def market_ms(self):
        return int(self.venue("status")["serverTime"])

    def account(self):
        accounts = self.venue("ledger")["accounts"]
        return next(a for a in accounts if a["fills"] or len(accounts) == 1)

    def positions(self):
        """What the venue holds: symbol, sign, and the plan that opened it."""
        account = self.account()
        held = {p["symbol"]: float(p["positionAmt"]) for p in account["positions"] if float(p["positionAmt"])}
        found = []
        for symbol, amount in held.items():
            ids = [o["clientOrderId"] for o in account["orders"] if o["symbol"] == symbol]
            entries = [i for i in ids if i.startswith("v7-") and "-e" in i[-3:]]
            if entries:
                plan = entries[-1][3:].rpartition("-")[0]
                found.append({"symbol": symbol, "sign": 1 if amount > 0 else -1, "plan": plan})
        return found


class Redis:
    """Commands, one at a time."""

    def __init__(self, environment):
        url = environment["VORTEX7_REDIS_URL"]
        if url.startswith("unix://"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(url.removeprefix("unix://"))
        else:
            host, _, port = url.removeprefix("redis://").partition(":")
            self.socket = socket.create_connection((host, int(port)))
        self.file = self.socket.makefile("rb")

    def command(self, *words):
        parts = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return self.reply()

    def reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode(errors="replace")
        if kind == b"*":
            return [self.reply() for _ in range(max(0, int(rest)))]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return int(rest) if kind == b":" else rest.decode()


class LagWatch(threading.Thread):
    """Notes every ten seconds how far the venue and the readers of streams are behind."""

    def __init__(self, suite):
        super().__init__(daemon=True)
        self.suite, self.venue_ms, self.behind, self.done = suite, [], [], threading.Event()

    def run(self):
        while not self.done.wait(10):
            try:
                self.venue_ms.append(int(self.suite.venue("status")["lagMs"]))
                code, text = self.suite.ctl("streams", "--json")
                if code == 0:
                    self.behind.append(max(
                        (group["lag"] or 0, group["name"] + " of " + row["stream"])
                        for row in map(json.loads, text.splitlines()) for group in row["groups"]))
            except (OSError, ValueError):
                pass

    def summary(self):
        self.done.set()
        if not self.venue_ms or not self.behind:
            return "no samples"
        def middle(values): return sorted(values)[len(values) // 2]
        most, usual = max(self.behind), middle(self.behind)
        return (f"{len(self.behind)} samples, median and maximum: the venue {middle(self.venue_ms)} and "
                f"{max(self.venue_ms)} ms of market time behind its clock, the slowest reader {usual[0]} and {most[0]} "
                f"entries behind ({most[1]})")


def wait_until(condition, seconds, every=0.3):
    """What the condition returned once it was true; None when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(every)
    return None
