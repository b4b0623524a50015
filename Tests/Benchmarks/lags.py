#!/usr/bin/env python3
"""The lag of each hop, read off the streams: an entry's own id is when it was written, its cause when the hub received the frame.

lags.py SOCKET FROM_MS SYMBOLS     entries of signal and decision since FROM_MS, of all SYMBOLS (A,B,…)

The last row is the second hop alone: from the newest signal with a decision's cause to the decision.
"""
import collections
import socket
import sys


def connect(path):
    link = socket.socket(socket.AF_UNIX)
    link.connect(path)
    return link.makefile("rwb")


def ask(link, *words):
    link.write(b"*%d\r\n" % len(words))
    for word in words:
        word = word.encode()
        link.write(b"$%d\r\n%s\r\n" % (len(word), word))
    link.flush()
    return read(link)


def read(link):
    line = link.readline()
    kind, rest = line[:1], line[1:].strip()
    if kind == b"*":
        return [read(link) for _ in range(int(rest))]
    if kind == b"$":
        text = link.read(int(rest) + 2)[:-2]
        return text.decode()
    if kind == b"-":
        sys.exit(rest.decode())
    return rest.decode()


def percentile(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


def since_its_signal(milliseconds, signals):
    earlier = [at for at in signals if at <= milliseconds]
    return [milliseconds - max(earlier)] if earlier else []


def main():
    path, since, symbols = sys.argv[1:4]
    link = connect(path)
    lags = collections.defaultdict(list)
    for symbol in symbols.split(","):
        signals = collections.defaultdict(list)
        for stream in ("signal", "decision"):
            for entry_id, flat in ask(link, "XRANGE", "%s:{%s}" % (stream, symbol), since, "+"):
                fields = dict(zip(flat[::2], flat[1::2]))
                name = fields.get("engine", stream)
                if "cause" not in fields:
                    continue
                at = int(entry_id.split("-")[0])
                lags[name].append(at - int(fields["cause"].split("-")[0]))
                if stream == "signal":
                    signals[fields["cause"]].append(at)
                else:
                    lags["signal → decision"] += since_its_signal(at, signals[fields["cause"]])
    print("%-17s %9s %6s %6s %6s %6s  ms from the frame" % ("", "entries", "p50", "p99", "p99.9", "max"))
    for name in sorted(lags):
        values = sorted(lags[name])
        print("%-17s %9d %6d %6d %6d %6d" % (
            name, len(values), percentile(values, 0.5), percentile(values, 0.99), percentile(values, 0.999), values[-1]))


main()
