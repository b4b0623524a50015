#!/usr/bin/env python3
"""TA-Lib's time a candle for six indicators over the candles in a file (high, low, close as 64-bit floats), best of nine."""
import sys
import time

import numpy as np
import talib

rows = np.fromfile(sys.argv[1], dtype="<f8").reshape(-1, 3)
high, low, close = (np.ascontiguousarray(rows[:, column]) for column in range(3))
calls = {"EMA": lambda: talib.EMA(close, 21), "RSI": lambda: talib.RSI(close, 14), "MACD": lambda: talib.MACD(close, 12, 26, 9),
         "BBANDS": lambda: talib.BBANDS(close, 20, 2, 2), "ATR": lambda: talib.ATR(high, low, close, 14),
         "ADX": lambda: talib.ADX(high, low, close, 14)}


def best(call):
    times = []
    for _ in range(9):
        began = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - began)
    return min(times) / len(close)


each = {name: best(call) for name, call in calls.items()}
print("TA-Lib, ns a candle: " + ", ".join(f"{name} {ns:.1f}" for name, ns in each.items()) + f"; all six {sum(each.values()):.1f} ")
