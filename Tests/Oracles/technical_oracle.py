#!/usr/bin/env python3
"""Recomputes every E3 signal from the candles of a capture alone, over the whole run of candles each time, with TA-Lib.

Lines as in signal_oracle.py, kinds md.candle and signal. `--preset literal`: RSI and ATR smoothed as EMA(14), plainly.
Prints what differs; exits 1 if anything does.
"""
import argparse
import sys

import numpy as np
import talib

from candles import Candles, parse, swings
from indicator_oracle import smoothed
from signal_oracle import clamp01, compare, raw

DAY = 86_400_000


def sign(value):
    return int(value > 0) - int(value < 0)


def crossing(values):
    """Of the last three steps of four values, oldest first: the last that crosses zero."""
    for before, now in ((values[2], values[3]), (values[1], values[2]), (values[0], values[1])):
        if now > 0 >= before:
            return 1
        if now < 0 <= before:
            return -1
    return 0


class Technical:
    def __init__(self, preset):
        self.literal = preset == "literal"
        self.frames = {name: Candles(name) for name in ("1m", "3m", "5m")}
        self.second = None
        self.levels, self.levels_of = [], None
        self.divergence_of, self.divergence = None, 0

    def rsi(self, close):
        if not self.literal:
            return talib.RSI(close, 14)
        out = np.full(len(close), np.nan)
        if len(close) > 14:
            changes = np.diff(close)
            gains, losses = (smoothed(side, 14, 2 / 15) for side in (np.maximum(changes, 0), np.maximum(-changes, 0)))
            out[1:] = 100 * gains / (gains + losses)
        return out

    def atr(self, high, low, close):
        if not self.literal:
            return talib.ATR(high, low, close, 14)
        ranges = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
        return smoothed(ranges, 14, 2 / 15)

    def take(self, fields):
        """The expected signal when this entry sets one off."""
        if fields["timeframe"] not in self.frames:
            return None
        self.frames[fields["timeframe"]].take(fields)
        if fields["backfill"] == "1":
            return None
        now = int(fields["event_time"])
        if self.second is not None and now // 1000 <= self.second:
            return None
        self.second = now // 1000
        return self.evaluate(now)

    def evaluate(self, now):
        values = dict.fromkeys(("ema_cross", "ema_slope_3m", "rsi", "rsi_divergence_direction", "macd_histogram", "bb_upper",
                                "bb_middle", "bb_lower", "vwap", "vwap_side", "vwap_distance", "atr", "price",
                                "nearest_resistance", "nearest_support"))
        values.update(warm=0, direction="NEUTRAL", strength=0.0, reversion_direction="NEUTRAL", reversion_strength=0.0,
                      ema_trend="NEUTRAL", rsi_zone="NORMAL", rsi_divergence=0, macd_momentum="NEUTRAL", bb_zone="MIDDLE",
                      bb_squeeze=0, key_levels="")
        minutes, threes, fives = (self.frames[name] for name in ("1m", "3m", "5m"))
        columns = minutes.with_current()
        if not minutes.is_current(now) or not len(columns):
            return values
        warm = self.minute(columns, len(minutes.run()), values)
        slope = self.slope(threes.with_current()) if threes.is_current(now) else None
        values["ema_slope_3m"] = slope
        has_levels = fives.is_current(now) and len(fives.run()) >= 200
        if has_levels:
            self.describe_levels(fives.run(), values)
        if warm and slope is not None and has_levels:
            values["warm"] = 1
            self.judge(values)
        return values

    def minute(self, columns, closed, values):
        starts, high, low, close, volume = (np.ascontiguousarray(columns[:, index]) for index in range(5))
        price = values["price"] = close[-1]
        warm = len(close) >= 119 + (1 if len(close) > closed else 0) and closed >= 30
        if len(close) >= 21:
            fast, slow = talib.EMA(close, 9), talib.EMA(close, 21)
            distance = (fast[-1] - slow[-1]) / slow[-1]
            values["ema_trend"] = "BULLISH" if distance > 0.0002 else "BEARISH" if distance < -0.0002 else "NEUTRAL"
            distances = (fast - slow)[20:][-4:]
            padded = np.concatenate([[np.nan] * (4 - len(distances)), distances])
            values["ema_cross"] = {1: "LONG", -1: "SHORT", 0: None}[crossing(padded)]
        if len(close) >= 34:
            histogram = talib.MACD(close, 12, 26, 9)[2]
            last = np.concatenate([[np.nan] * 4, histogram])[-4:]
            values["macd_histogram"] = last[3]
            side = crossing(last) or (sign(last[3]) if sign(last[3]) == sign(last[3] - last[2]) else 0)
            values["macd_momentum"] = {1: "UP", -1: "DOWN", 0: "NEUTRAL"}[side]
        if len(close) >= 15:
            rsi = values["rsi"] = self.rsi(close)[-1]
            values["rsi_zone"] = "OVERSOLD" if rsi < 30 else "OVERBOUGHT" if rsi > 70 else "NORMAL"
            values["atr"] = self.atr(high, low, close)[-1]
        if len(close) >= 20:
            self.bands(close, closed, price, values)
        since = np.flatnonzero(starts >= starts[-1] // DAY * DAY)
        whole = starts[since[0]] % DAY == 0
        if whole and volume[since].sum() > 0:
            typical = (high + low + close)[since] / 3
            vwap = values["vwap"] = (typical * volume[since]).sum() / volume[since].sum()
            values["vwap_side"] = {1: "ABOVE", -1: "BELOW", 0: None}[sign(price - vwap)]
            values["vwap_distance"] = (price - vwap) / vwap
        side = self.turns(high[:closed], low[:closed], close[:closed])
        values["rsi_divergence"] = 1 if side else 0
        values["rsi_divergence_direction"] = {1: "LONG", -1: "SHORT", 0: None}[side]
        return warm and whole

    @staticmethod
    def bands(close, closed, price, values):
        views = np.lib.stride_tricks.sliding_window_view(close, 20)[-100:]
        # From the first of each, so that equal prices have no deviation at all.
        distances = views - views[:, :1]
        middles, deviations = views[:, 0] + distances.mean(axis=1), distances.std(axis=1)
        upper, lower = middles[-1] + 2 * deviations[-1], middles[-1] - 2 * deviations[-1]
        values.update(bb_upper=upper, bb_middle=middles[-1], bb_lower=lower)
        values["bb_zone"] = "UPPER" if price > upper else "LOWER" if price < lower else "MIDDLE"
        widths = 4 * deviations / middles
        if closed >= 119:
            limit = np.percentile(widths, 20)
            values["bb_squeeze"] = 1 if widths[-1] < limit else 0
            if 0 < abs(widths[-1] - limit) < 1e-12 * limit:
                # Two windows of the same prices in another order: rounding decides.
                del values["bb_squeeze"]

    def turns(self, high, low, close):
        """Divergence of price and RSI over the last two swings of a kind, both within 30 candles."""
        if self.divergence_of is self.frames["1m"].run():
            return self.divergence
        self.divergence_of = self.frames["1m"].run()
        rsi, first = self.rsi(close), len(close) - 30
        tail = max(0, first - 2)
        found = {}
        for side, values in ((-1, high), (1, -low)):
            known = [tail + index for index in swings(values[tail:]) if tail + index >= first][-2:]
            if len(known) == 2:
                earlier, later = known
                higher = values[later] > values[earlier]
                if higher and side * (rsi[later] - rsi[earlier]) > 0:
                    found[side] = later
        bearish, bullish = found.get(-1, -1), found.get(1, -1)
        self.divergence = sign(bullish - bearish)
        return self.divergence

    @staticmethod
    def slope(columns):
        if len(columns) < 14:
            return None
        average = talib.EMA(np.ascontiguousarray(columns[:, 3]), 9)
        return (average[-1] - average[-6]) / 5

    def describe_levels(self, columns, values):
        if self.levels_of is not columns:
            first = len(columns) - 200
            tail = max(0, first - 2)
            prices = []
            for side, column in ((1, 1), (-1, 2)):
                series = side * columns[tail:, column]
                prices += [abs(series[index]) for index in swings(series) if tail + index >= first]
            self.levels, self.levels_of = sorted(set(prices)), columns
        price = values["price"]
        below = [level for level in self.levels if level < price][-5:]
        above = [level for level in self.levels if level > price][:5]
        values["nearest_support"] = below[-1] if below else None
        values["nearest_resistance"] = above[0] if above else None
        values["key_levels"] = ",".join(str(round(level * 1e8)) for level in below + above)

    @staticmethod
    def judge(values):
        rsi, distance = values["rsi"], values["vwap_distance"] or 0.0
        trend = (0.35 * {"BULLISH": 1, "BEARISH": -1, "NEUTRAL": 0}[values["ema_trend"]]
                 + 0.10 * {"LONG": 1, "SHORT": -1, None: 0}[values["ema_cross"]]
                 + 0.25 * {"UP": 1, "DOWN": -1, "NEUTRAL": 0}[values["macd_momentum"]]
                 + 0.20 * {"ABOVE": 1, "BELOW": -1, None: 0}[values["vwap_side"]]
                 + 0.10 * (1 if rsi > 55 else -1 if rsi < 45 else 0))
        slope = sign(values["ema_slope_3m"])
        if slope and sign(trend):
            trend *= 1.2 if slope == sign(trend) else 0.7
        trend = max(-1.0, min(1.0, trend))
        reversion = (0.50 * (1 if rsi < 25 else 0.5 if rsi < 30 else -1 if rsi > 75 else -0.5 if rsi > 70 else 0)
                     + 0.30 * {"LOWER": 1, "UPPER": -1, "MIDDLE": 0}[values["bb_zone"]]
                     + 0.10 * {"LONG": 1, "SHORT": -1, None: 0}[values["rsi_divergence_direction"]]
                     + 0.10 * (1 if distance < -0.005 else -1 if distance > 0.005 else 0))
        values["direction"] = "LONG" if trend > 0.15 else "SHORT" if trend < -0.15 else "NEUTRAL"
        values["strength"] = clamp01(abs(trend) / 0.7)
        values["reversion_direction"] = "LONG" if reversion > 0.4 else "SHORT" if reversion < -0.4 else "NEUTRAL"
        values["reversion_strength"] = clamp01(abs(reversion))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("capture")
    parser.add_argument("--preset", default="wilder")
    arguments = parser.parse_args()
    engine, expected, signals, differences = Technical(arguments.preset), {}, [], []
    for kind, entry_id, fields in parse(arguments.capture):
        if kind == "signal":
            fields["key_levels"] = ",".join(str(raw(text)) for text in fields["key_levels"].split(",") if text)
            signals.append(fields)
        elif (values := engine.take(fields)) is not None:
            expected[entry_id] = values
    count, compared = compare("E3", expected, signals, differences.append)
    warm = sum(values["warm"] for values in expected.values())
    print(f"E3: {count} signals ({warm} warm), {compared} values recomputed")
    for difference in differences[:20]:
        print(difference)
    print(f"{len(differences)} differences")
    if not warm or differences:
        sys.exit(1)


if __name__ == "__main__":
    main()
