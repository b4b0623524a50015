"""What a quiet market does not do by itself: each way out of a trade and each breaker, brought about from outside."""
import time

from paper_suite import wait_until

# Limits that stop nothing, so that the next thing can be provoked.
LOOSE = {"daily_loss_max": "1", "streak_losses": "1000", "hourly_losses": "1000", "hourly_trades": "100000"}


def risk_lines(momentum="", **breakers):
    lines = "breakers:\n" + "".join(f"  {key}: {value}\n" for key, value in (LOOSE | breakers).items())
    return lines + (f"momentum:\n  {momentum}\n" if momentum else "")


class Provocations:
    """Each way: what must be set, what is done to an open position. It is tried until a trade ends as wanted."""

    def __init__(self, suite, say):
        self.suite, self.say, self.used = suite, say, set()

    def run(self):
        ways = [
            ("TP1", "take_profit_fraction: 1", self.jump_for), ("TP2", "", self.jump_for_and_back),
            ("SL", "", self.jump_against), ("TIMEOUT", "max_hold_ms: 10000", lambda p: None),
            ("MANUAL", "", lambda p: self.suite.ctl("close", p["symbol"])),
            ("MANUAL", "", lambda p: self.suite.ctl("close-all")),
            ("EXTERNAL", "", lambda p: self.suite.act("close", symbol=p["symbol"])),
            ("EMERGENCY", "", self.jump_elsewhere), ("EMERGENCY", "", self.silence),
            ("LIQUIDATION", "", lambda p: self.suite.act("liquidate", symbol=p["symbol"])),
            ("LIQUIDATION", "", lambda p: self.suite.act("deleverage", symbol=p["symbol"], fraction=1)),
        ]
        momentum = ""
        for reason, wanted, act in ways:
            if wanted != momentum:
                self.suite.restart_risk(risk_lines(wanted))
                momentum = wanted
            self.bring(reason, act)
        self.no_fill()
        self.halt()
        self.empty_wallet()
        self.breakers()

    # Ways out

    def bring(self, reason, act, attempts=6):
        for _ in range(attempts):
            position = self.fresh_position()
            if not position:
                break
            act(position)
            ended = wait_until(lambda: self.ended(position["plan"]), 40)
            self.suite.venue("faults", method="DELETE")
            if ended == reason:
                return self.say(f"{reason}: {position['plan']}")
            self.say(f"wanted {reason}, {position['plan']} ended by {ended}")
        self.say(f"{reason} could not be provoked")

    def fresh_position(self):
        # A wallet that a liquidation's fee emptied stops entries until a person starts them.
        self.suite.ctl("start")
        position = wait_until(
            lambda: next((p for p in self.suite.positions() if p["plan"] not in self.used), None), 120)
        if position:
            self.used.add(position["plan"])
        return position

    def ended(self, plan):
        rows = self.suite.query(f"SELECT exit_reason FROM trades WHERE plan = '{plan}'")
        return rows[0]["exit_reason"] if rows else None

    def gap(self, position, percent):
        self.suite.act("gap", symbol=position["symbol"], percent=percent * position["sign"])

    def jump_for(self, position):
        # The target rests once the entry is settled.
        self.seconds_of_market(6)
        self.gap(position, 0.6)

    def jump_for_and_back(self, position):
        self.jump_for(position)
        self.seconds_of_market(10)
        self.gap(position, -0.8)

    def jump_against(self, position):
        self.seconds_of_market(2)
        self.gap(position, -0.5)

    def jump_elsewhere(self, position):
        other = next(s for s in self.suite.symbols if s != position["symbol"])
        self.suite.act("gap", symbol=other, percent=1.5)

    def silence(self, position):
        self.suite.venue("faults", {
            "kind": "drop-frames", "feed": "market", "symbol": position["symbol"], "seconds": 60})

    def no_fill(self):
        """Entries get so little that they are closed at their time-out."""
        fault = {"kind": "partial-fills", "clientIdPrefix": "v7-", "clientIdSuffix": "-e", "fraction": 0.02}
        self.suite.ctl("start")
        self.suite.venue("faults", fault | {"count": 500})
        found = wait_until(lambda: self.suite.query("SELECT plan FROM trades WHERE exit_reason = 'NO_FILL'"), 120)
        self.suite.venue("faults", method="DELETE")
        self.say(f"NO_FILL: {found[0]['plan']}" if found else "NO_FILL could not be provoked")

    # What stops entries

    def alert(self, event, seconds, since=0):
        """The newest alert of its kind that came at `since` of the market's time, or later."""
        found = wait_until(lambda: self.suite.query(
            f"SELECT event_time, text FROM alerts WHERE event = '{event}' "
            f"AND event_time >= to_timestamp({since / 1000}) ORDER BY event_time DESC LIMIT 1"), seconds)
        self.say(f"{event}: {found[0]['text']}" if found else f"{event} could not be provoked")
        return found[0] if found else None

    def halt(self):
        self.suite.ctl("halt")
        self.alert("halt", 20)
        self.seconds_of_market(20)
        self.suite.ctl("resume")

    def empty_wallet(self):
        self.suite.ctl("close-all")
        since = self.suite.market_ms()
        self.suite.act("transfer", amount=-400)
        self.alert("emergency_stop", 20, since)
        self.suite.act("transfer", amount=400)
        self.suite.ctl("start")

    def breakers(self):
        # Those last that last longest: until the full hour, until midnight.
        self.losses_until("loss_streak", streak_losses=2, streak_pause_ms=60_000)
        self.losses_until("hourly_loss", hourly_losses=2, hourly_pause_ms=60_000)
        self.overtrade()
        self.losses_until("daily_loss", daily_loss_max=0.001)
        self.seconds_of_market(120)

    def overtrade(self):
        """Two more trades than this hour of the market has seen so far; a new hour begins to count anew."""
        for _ in range(3):
            self.suite.ctl("start")
            hour = self.suite.market_ms() // 3_600_000
            count = int(self.suite.query(
                f"SELECT count(*) n FROM trades WHERE entry_time >= to_timestamp({hour * 3600})")[0]["n"])
            self.suite.restart_risk(risk_lines(hourly_trades=count + len(self.suite.positions()) + 2))
            rest_s = 3600 - self.suite.market_ms() / 1000 % 3600
            if self.alert("overtrade", rest_s / self.suite.rate):
                rest_s = 3600 - self.suite.market_ms() / 1000 % 3600
                self.say(f"overtrade lasts until the market's full hour, {rest_s / 60:.0f} minutes of it")
                return self.seconds_of_market(rest_s + 5)

    def losses_until(self, breaker, **rules):
        self.suite.restart_risk(risk_lines(**rules))
        for _ in range(8):
            position = self.fresh_position()
            if not position:
                break
            self.jump_against(position)
            wait_until(lambda: self.ended(position["plan"]), 40)
            if self.suite.query(f"SELECT 1 FROM alerts WHERE event = '{breaker}'"):
                break
        if self.alert(breaker, 10):
            self.seconds_of_market(61)

    def seconds_of_market(self, seconds):
        time.sleep(seconds / self.suite.rate)
