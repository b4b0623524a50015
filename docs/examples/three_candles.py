#!/usr/bin/env python3
"""A signal engine of your own: says which way the last three minutes closed.

three_candles.py redis://user:password@host:6379 SYMBOL [SYMBOL ...]     (unix:///run/redis.sock?db=0 for a socket)
"""
import sys
import time

import redis

ENGINE = "three-candles"

server = redis.Redis.from_url(sys.argv[1], decode_responses=True)
symbols = {f"md.candle:{{{symbol}}}": symbol for symbol in sys.argv[2:]}
closes = {symbol: [] for symbol in symbols.values()}


def prepare():
    """The past again, in silence; from now on a group remembers what has been read."""
    for stream, symbol in symbols.items():
        closes[symbol] = [float(candle["close"]) for _, candle in reversed(server.xrevrange(stream, count=30))
                          if candle["timeframe"] == "1m"][-4:]
        try:
            server.xgroup_create(stream, ENGINE, id="$", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise


def signal(symbol, cause, candle):
    """What is said of a minute that closed, in the fields that every signal has."""
    if candle["timeframe"] != "1m" or candle["backfill"] == "1":
        return None
    last = closes[symbol] = (closes[symbol] + [float(candle["close"])])[-4:]
    moves = [(now > before) - (now < before) for before, now in zip(last, last[1:])]
    return {
        "v": 1, "engine": ENGINE, "cause": cause, "event_time": candle["event_time"], "warm": int(len(moves) == 3),
        "sign": moves[-1] if len(set(moves)) == 1 else 0, "strength": abs(sum(moves)) / 3 if moves else 0,
        "confidence": 0.5,
    }


def run():
    prepare()
    streams = dict.fromkeys(symbols, ">")
    while True:
        for stream, entries in server.xreadgroup(ENGINE, "1", streams, count=100, block=1000) or []:
            for cause, candle in entries:
                said = signal(symbols[stream], cause, candle)
                with server.pipeline(transaction=True) as hop:
                    if said:
                        hop.xadd(f"signal:{{{symbols[stream]}}}", said)
                    hop.xack(stream, ENGINE, cause)
                    hop.execute()


if __name__ == "__main__":
    while True:
        try:
            run()
        except (redis.ConnectionError, redis.TimeoutError) as error:
            print(f"{error}; again in a second", file=sys.stderr, flush=True)
            time.sleep(1)
