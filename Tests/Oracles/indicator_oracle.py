#!/usr/bin/env python3
"""Recomputes every indicator over whole series, with TA-Lib where it has it and plainly with NumPy where not, and compares.

Reads a table: a line with the columns' names, then rows of 64-bit floats; NaN where a value is absent. The first columns
are the candles. Prints what differs; exits 1 if anything does.
"""
import sys

import numpy as np
import talib
from numpy.lib.stride_tricks import sliding_window_view

TOLERANCE = 1e-9
DAY = 86_400_000


def read(path):
    with open(path, "rb") as file:
        names = file.readline().decode().split()
        rows = np.frombuffer(file.read(), dtype="<f8").reshape(-1, len(names))
    return {name: np.ascontiguousarray(rows[:, index]) for index, name in enumerate(names)}


def after(count, values, total):
    """`values` at the end of a column of `total` rows."""
    column = np.full(total, np.nan)
    column[total - len(values):] = values
    return column


def smoothed(values, period, weight):
    """An average that begins with the mean of the first `period` values."""
    out = np.full(len(values), np.nan)
    if len(values) < period:
        return out
    average = out[period - 1] = values[:period].mean()
    for index in range(period, len(values)):
        average = weight * values[index] + (1 - weight) * average
        out[index] = average
    return out


def windows(values, size, function, chunk=4000):
    """`function` of each full window, a chunk at a time."""
    out = np.full(len(values), np.nan)
    if len(values) >= size:
        views = sliding_window_view(values, size)
        for start in range(0, len(views), chunk):
            out[size - 1 + start:size - 1 + start + chunk] = function(views[start:start + chunk])
    return out


def percentile(values, size, percent):
    """Percentile of the last `size` values that are known, from the first on."""
    first = np.flatnonzero(~np.isnan(values))
    out = np.full(len(values), np.nan)
    if not len(first):
        return out
    known = values[first[0]:]
    for index in range(min(size - 1, len(known))):
        out[first[0] + index] = np.percentile(known[:index + 1], percent)
    rolling = windows(known, size, lambda view: np.percentile(view, percent, axis=1))
    out[first[0] + size - 1:] = rolling[size - 1:]
    return out


def slope(view):
    steps = np.arange(view.shape[1]) - (view.shape[1] - 1) / 2
    return ((view - view.mean(axis=1, keepdims=True)) * steps).sum(axis=1) / (steps ** 2).sum()


def swings(values, span):
    """The value of a row `span` before, where it is above its neighbours on both sides."""
    def judge(view):
        middle = view[:, span]
        others = np.delete(view, span, axis=1)
        return np.where((others < middle[:, None]).all(axis=1), middle, np.nan)
    return windows(values, 2 * span + 1, judge)


def vwap(table, anchor=None):
    typical, volume = (table["high"] + table["low"] + table["close"]) / 3, table["volume"]
    times = table["open_time"]
    out = np.full(len(times), np.nan)
    starts = np.floor(times / DAY) * DAY if anchor is None else np.full(len(times), float(anchor))
    for start in np.unique(starts):
        rows = np.flatnonzero((starts == start) & (times >= start))
        # The first day was not seen whole, unless it begins at midnight.
        if not len(rows) or (rows[0] == 0 and times[0] != start):
            continue
        volumes = np.cumsum(volume[rows])
        with np.errstate(invalid="ignore"):
            out[rows] = np.where(volumes > 0, np.cumsum(typical[rows] * volume[rows]) / volumes, np.nan)
    return out


def blocks(table, size):
    out = np.full(len(table["close"]), np.nan)
    for end in range(size, len(out) + 1, size):
        x, y = table["close"][end - size:end], table["volume"][end - size:end]
        if x.std() > 0 and y.std() > 0:
            out[end - 1] = np.corrcoef(x, y)[0, 1]
    return out


def expected(table):
    high, low, close = table["high"], table["low"], table["close"]
    total = len(close)
    upper, middle, lower = talib.BBANDS(close, 20, 2, 2)
    macd, signal, histogram = talib.MACD(close, 12, 26, 9)
    ranges = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    changes = np.diff(close)
    gains, losses = (smoothed(side, 14, 2 / 15) for side in (np.maximum(changes, 0), np.maximum(-changes, 0)))
    with np.errstate(invalid="ignore"):
        rsi_ema = np.where(gains + losses > 0, 100 * gains / (gains + losses), np.where(np.isnan(gains), np.nan, 50))
    deviation = windows(close, 20, lambda view: view.std(axis=1))
    width = 4 * deviation / windows(close, 20, lambda view: view.mean(axis=1))
    atr = talib.ATR(high, low, close, 14)
    return {
        "sma": talib.SMA(close, 20), "ema9": talib.EMA(close, 9), "ema21": talib.EMA(close, 21),
        "rsi": talib.RSI(close, 14), "rsi_ema": after(14, rsi_ema, total),
        "macd": macd, "macd_signal": signal, "macd_histogram": histogram,
        "bb_upper": upper, "bb_middle": middle, "bb_lower": lower, "bb_width": width,
        "bb_width_p20": percentile(width, 100, 20), "atr": atr, "atr_ema": after(1, smoothed(ranges, 14, 2 / 15), total),
        "atr_ratio_p80": percentile(atr / close, 480, 80), "atr_ratio_p95": percentile(atr / close, 480, 95),
        "adx": talib.ADX(high, low, close, 14), "plus_di": talib.PLUS_DI(high, low, close, 14),
        "minus_di": talib.MINUS_DI(high, low, close, 14), "vwap": vwap(table), "vwap_anchored": vwap(table, table["anchor"][0]),
        "slope": windows(close, 20, slope), "correlation": blocks(table, 120),
        "swing_high": swings(high, 2), "swing_low": -swings(-low, 2),
    }


def main(path):
    table = read(path)
    differences, values = 0, 0
    wanted = expected(table)
    missing = set(wanted) ^ (set(table) - {"open_time", "high", "low", "close", "volume", "anchor"})
    if missing:
        sys.exit(f"columns do not match: {sorted(missing)}")
    for name, want in wanted.items():
        have = table[name]
        known = ~np.isnan(want)
        wrong = known != ~np.isnan(have)
        both = known & ~np.isnan(have)
        wrong[both] = np.abs(have[both] - want[both]) > TOLERANCE * np.maximum(1, np.abs(want[both]))
        values += int(known.sum())
        differences += int(wrong.sum())
        for row in np.flatnonzero(wrong)[:3]:
            print(f"{name} row {row}: computed {have[row]!r}, recomputed {want[row]!r}")
    print(f"{len(table['close'])} candles, {values} values recomputed, {differences} differences")
    if differences or not values:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
