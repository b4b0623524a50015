#!/usr/bin/env python3
"""Recomputes every E5 signal from the candles and books of a capture alone, over whole windows, with TA-Lib.

Lines as in signal_oracle.py, kinds md.candle, md.book and signal, each with a last field `symbol`; the two contracts whose
correlation is watched are BTCUSDT and ETHUSDT. Prints what differs; exits 1 if anything does.
"""
import math
import sys
from bisect import bisect_right

import numpy as np
import talib

from candles import GRACE, Candles, parse
from signal_oracle import compare, raw

STEP = 5000
PAIR = ("BTCUSDT", "ETHUSDT")


class Market:
    def __init__(self):
        self.candles = Candles("3m")
        self.spreads, self.times, self.mids = [], [], []
        self.returns = {}
        self.clock = self.slot = self.open = self.spread = self.reached = None
        self.reading = dict(reason="warm_up")
        self.due = False
        self.cache = (None, None)

    def book(self, fields):
        """Takes a book in; says which multiple of five seconds it reaches."""
        time = int(fields["event_time"])
        best = [fields[side].split(",")[0].split(":")[0] for side in ("bids", "asks")]
        self.spread, is_open = None, False
        if all(best):
            bid, ask = (raw(text) for text in best)
            if ask > bid > 0:
                self.spread = (ask - bid) / bid
                last = self.spreads[-100:]
                is_open = self.spread <= 0.00015 and (len(last) < 100 or self.spread <= 2 * math.fsum(last) / 100)
                self.spreads.append(self.spread)
                self.times.append(time)
                self.mids.append((bid + ask) / 2)
        step, reached = time // STEP * STEP, None
        if self.clock is not None and step > self.clock:
            reached = self.reached = step
            now, before = self.mid(step), self.mid(step - STEP)
            if now and before:
                self.returns[step] = math.log1p((now - before) / before)
        self.clock = time
        return time, is_open, reached

    def mid(self, step):
        """The last mid price at or before a moment, and less than five seconds before it."""
        place = bisect_right(self.times, step) - 1
        return self.mids[place] if place >= 0 and self.times[place] > step - STEP else None

    def figures(self):
        columns = self.candles.run()
        if self.cache[0] is not columns:
            self.cache = (columns, self.compute(columns))
        return self.cache[1]

    @staticmethod
    def compute(columns):
        high, low, close = (np.ascontiguousarray(columns[:, index]) for index in (1, 2, 3))
        adx = slope = ratio = phase = None
        if len(close) >= 28:
            adx = talib.ADX(high, low, close, 14)[-1]
        if len(close) >= 14:
            average = talib.EMA(close, 9)
            slope = (average[-1] - average[-6]) / 5 / close[-1]
        if len(close) >= 15:
            ratios = (talib.ATR(high, low, close, 14) / close)[14:][-480:]
            ratio = ratios[-1]
            if len(ratios) >= 60:
                bounds = np.percentile(ratios, [20, 80, 95])
                phase = ("LOW", "NORMAL", "HIGH", "EXTREME")[int((ratio >= bounds).sum())]
        regime = None
        if adx is not None and slope is not None:
            regime = "TRENDING" if adx > 25 and abs(slope) >= 0.0001 else "RANGING" if adx >= 20 else "CHOPPY"
        return adx, ratio, regime, phase

    def evaluate(self, time):
        """Once for each 30 s and once after each close, but not while the newest close may still come."""
        slot = time // 30_000
        self.due = self.due or self.slot is None or slot > self.slot
        self.slot = max(slot, self.slot or 0)
        missing = self.candles.missing(time)
        if not self.due or (missing is not None and 0 <= missing < GRACE):
            return False
        self.due = False
        self.read(missing is not None and missing < 0)
        return True

    def read(self, is_current):
        adx, ratio, regime, phase = self.figures()
        if not is_current:
            self.reading = dict(reason="warm_up" if adx is None else "candles_stale")
            return
        cold = regime is None or phase is None
        reason = ("warm_up" if cold else "book_invalid" if self.spread is None
                  else "volatility_extreme" if phase == "EXTREME" else None)
        self.reading = dict(adx=adx, atr_pct=ratio, regime=regime, vol_phase=phase, reason=reason)


class Regime:
    def __init__(self):
        self.markets = {}
        self.latest = self.previous = (None, None, None, False)  # time, correlation, last together, apart

    def take(self, kind, fields):
        """The expected signal when this entry sets one off."""
        market = self.markets.setdefault(fields["symbol"], Market())
        if kind == "md.candle":
            market.candles.take(fields)
            market.due = market.due or fields["closed"] == "1"
            return None
        time, is_open, reached = market.book(fields)
        if reached is not None and fields["symbol"] in PAIR:
            self.correlate()
        if not market.evaluate(time) and reached is None and is_open == market.open:
            return None
        market.open = is_open
        values = self.describe(market.reading, time)
        values.update(spread_ok=int(is_open), current_spread=market.spread,
                      return_5s=market.returns.get(reached) if reached is not None else None)
        return values

    def correlate(self):
        """Every five minutes, once both contracts have reached the moment."""
        steps = [self.markets[name].reached if name in self.markets else None for name in PAIR]
        if None in steps:
            return
        moment = min(steps) // 300_000 * 300_000
        taken, _, together, apart = self.latest
        if taken is not None and moment <= taken:
            return
        one, other = (self.markets[name].returns for name in PAIR)
        pairs = [(one[step], other[step]) for step in range(moment - 119 * STEP, moment + 1, STEP) if step in one and step in other]
        correlation = np.corrcoef(np.array(pairs).T)[0, 1] if len(pairs) >= 60 else None
        if correlation is not None:
            if correlation > 0.8:
                together = moment
            apart = correlation < 0.5 and together is not None and moment - together <= 1_800_000
        self.previous = self.latest
        self.latest = (moment, correlation, together, apart)

    def describe(self, reading, time):
        phase, regime, reason = reading.get("vol_phase"), reading.get("regime"), reading["reason"]
        warm = reason in (None, "volatility_extreme")
        # A reading counts one step after its time.
        is_settled = self.latest[0] is not None and time >= self.latest[0] + STEP
        taken, correlation, together, apart = self.latest if is_settled else self.previous
        known = taken is not None and time - taken <= 600_000
        risk_off = bool(apart and together is not None and time - together <= 1_800_000)
        values = dict(warm=int(warm), tradeable=int(reason is None), reason=reason, regime=regime or "CHOPPY",
                      vol_phase=phase or "NORMAL", atr_pct=reading.get("atr_pct"), adx=reading.get("adx"),
                      correlation=correlation if known else None, risk_off=int(risk_off),
                      weight_e1=0.35, weight_e2=0.25, weight_e3=0.20, weight_e4=0.12, tp_multiplier=1.0,
                      sl_multiplier=1.0, leverage_max=12, size_multiplier=1.0, preferred_strategy="NONE")
        if not warm:
            return values
        if phase == "LOW":
            values.update(tp_multiplier=0.8, sl_multiplier=0.8, leverage_max=10)
        if phase == "HIGH":
            values.update(tp_multiplier=1.3, sl_multiplier=1.3, leverage_max=8, weight_e1=0.35 * 1.15, weight_e2=0.25 * 1.15)
        if regime == "TRENDING":
            values.update(weight_e3=0.20 * 1.25, preferred_strategy="A")
        elif regime == "RANGING":
            values.update(weight_e4=0.12 * 1.25, preferred_strategy="B")
        else:
            values.update(size_multiplier=0.5, preferred_strategy="C")
        if risk_off:
            values["size_multiplier"] *= 0.5
        return values


def main(path):
    engine, expected, signals, differences = Regime(), {}, [], []
    for kind, entry_id, fields in parse(path):
        if kind == "signal":
            signals.append(fields)
        elif (values := engine.take(kind, fields)) is not None:
            expected[entry_id] = values
    count, compared = compare("E5", expected, signals, differences.append)
    warm = sum(values["warm"] for values in expected.values())
    print(f"E5: {count} signals ({warm} warm), {compared} values recomputed")
    for difference in differences[:20]:
        print(difference)
    print(f"{len(differences)} differences")
    if not warm or differences:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
