#!/usr/bin/env python3
"""Rebuilds candles from the trades of a capture and compares them with the candles in it.

Lines as in signal_oracle.py, kinds md.trade and md.candle. Candles that began before the first trade, and candles that
were fetched after the fact, are left out. Exits 1 when a candle differs or none could be compared.
"""
import sys

LENGTH = {"1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000}


def raw(text):
    whole, _, decimals = text.partition(".")
    return int(whole) * 10**8 + int((decimals + "00000000")[:8])


def main(path):
    trades, candles = [], []
    with open(path) as lines:
        for line in lines:
            kind, _, *rest = line.split()
            fields = dict(zip(rest[::2], rest[1::2]))
            if kind == "md.trade":
                trades.append((int(fields["trade_time"]), raw(fields["price"]), raw(fields["quantity"]),
                               fields["buyer_is_maker"] == "0", int(fields["last_fill_id"]) - int(fields["first_fill_id"]) + 1))
            elif kind == "md.candle" and fields["closed"] == "1" and fields["backfill"] == "0":
                candles.append(fields)
    first = trades[0][0] if trades else 0
    compared = wrong = 0
    for candle in candles:
        start = int(candle["open_time"])
        if start <= first:
            continue
        inside = [t for t in trades if start <= t[0] < start + LENGTH[candle["timeframe"]]]
        if not inside:
            continue
        compared += 1
        want = {"open": inside[0][1], "high": max(t[1] for t in inside), "low": min(t[1] for t in inside), "close": inside[-1][1],
                "volume": sum(t[2] for t in inside), "taker_buy_volume": sum(t[2] for t in inside if t[3])}
        have = {name: raw(candle[name]) for name in want}
        want["fill_count"], have["fill_count"] = sum(t[4] for t in inside), int(candle["fill_count"])
        if want != have:
            wrong += 1
            print(f"{candle['timeframe']} {start}: published {have}, recomputed {want}")
    print(f"{compared} candles recomputed, {wrong} differ")
    sys.exit(1 if wrong or not compared else 0)


if __name__ == "__main__":
    main(sys.argv[1])
