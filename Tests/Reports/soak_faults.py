"""What goes wrong now and then in a soak: at the venue, on the way to it, by the account's owner, and by death of a process."""
import json
import urllib.error
from collections import Counter

# Of the market: one fault in so many milliseconds, and one death in so many.
FAULT_EVERY, KILL_EVERY = 6 * 60_000, 40 * 60_000
# How long a fault's traces may be seen after its end: nothing but what a restart or a look takes at a fast clock.
TAIL, KILL_TAIL = 90_000, 240_000
SERVICES = ["order-flow-engine", "tick-engine", "technical-engine", "sentiment-engine", "regime-filter", "decision-engine",
            "risk-manager", "executor", "trade-recorder", "data-hub"]


class Faults:
    def __init__(self, suite, dice):
        self.suite, self.dice, self.counts, self.spans = suite, dice, Counter(), []
        self.next = self.next_kill = None

    def turn(self):
        """Once in a while something goes wrong."""
        now = self.suite.market_ms()
        if self.next is None:
            self.next, self.next_kill = now + FAULT_EVERY, now + KILL_EVERY
        if now >= self.next:
            self.next = now + self.dice.randrange(FAULT_EVERY // 2, FAULT_EVERY * 3 // 2)
            self.strike(now)
        if now >= self.next_kill:
            self.next_kill = now + self.dice.randrange(KILL_EVERY // 2, KILL_EVERY * 3 // 2)
            self.kill(now)

    def strike(self, now):
        symbol = self.dice.choice(self.suite.symbols)
        rules = [
            # An entry is answered later than anybody waits for it, and is refused or taken all the same.
            ("late answer", "faults", {"kind": "latency", "ms": 9000, "route": "POST /fapi/v1/order", "count": 2}, 30),
            ("late refusal", "faults", {"kind": "latency", "ms": 4000, "route": "POST /fapi/v1/order", "seconds": 40}, 40),
            ("no answer", "faults", {"kind": "no-answer", "executed": self.dice.random() < 0.5,
                                     "route": "POST /fapi/v1/order", "count": 1}, 30),
            ("server error", "faults", {"kind": "server-error", "form": self.dice.choice(["unknown", "timeout"]),
                                        "executed": self.dice.random() < 0.5, "count": 2}, 30),
            ("stop refused", "faults", {"kind": "reject-stop", "count": 1, "seconds": 60}, 60),
            ("stop hidden", "faults", {"kind": "hide-stop", "ms": 3000, "count": 1, "seconds": 60}, 60),
            ("throttled", "faults", {"kind": "throttle-entries", "seconds": 20}, 20),
            ("too many requests", "faults", {"kind": "too-many-requests", "seconds": 5, "retryAfter": 5}, 10),
            ("user frames late", "faults", {"kind": "delay-frames", "feed": "user", "ms": 1500, "probability": 0.5,
                                            "seconds": 30}, 30),
            ("user frames twice", "faults", {"kind": "duplicate-frames", "feed": "user", "seconds": 30}, 30),
            ("a close lost", "faults", {"kind": "drop-frames", "feed": "market", "stream": "kline", "symbol": symbol,
                                        "seconds": 8}, 20),
            ("absurd prices", "faults", {"kind": "absurd-prices", "factor": 10, "count": 5}, 10),
            ("crossed books", "faults", {"kind": "crossed-books", "stream": "depth", "count": 5}, 10),
            ("market cut", "acts", {"act": "cut", "connections": "market"}, 30),
            ("user stream cut", "acts", {"act": "cut", "connections": "user"}, 30),
            ("listen key ends", "acts", {"act": "expire-listen-key"}, 60),
            ("partition", "faults", {"kind": "partition", "connections": "all", "seconds": 15}, 30),
            ("gap", "acts", {"act": "gap", "symbol": symbol, "percent": self.dice.choice([-0.4, 0.4])}, 10),
            ("a person buys", "acts", {"act": "order", "symbol": symbol, "side": self.dice.choice(["BUY", "SELL"]),
                                       "type": "MARKET", "quantity": "0.002" if symbol == "BTCUSDT" else "0.05"}, 20),
            ("a person cancels stops", "acts", {"act": "cancel-stops", "symbol": symbol}, 10),
            ("a person closes", "acts", {"act": "close", "symbol": symbol}, 10),
        ]
        name, path, body, seconds = self.dice.choice(rules)
        try:
            self.suite.venue(path, body, "POST")
        except (urllib.error.URLError, OSError, json.JSONDecodeError):
            # Nothing to close, no stop to cancel.
            return
        self.note(name, now, seconds * 1000 + TAIL)

    def kill(self, now):
        service = self.dice.choice(SERVICES)
        self.suite.script("supervisor", "signal", "KILL", f"suite:{service}", check=False)
        self.note(f"kill {service}", now, KILL_TAIL)

    def note(self, name, now, ms):
        self.counts[name] += 1
        self.spans.append((now - 1000, now + ms))
