#!/usr/bin/env python3
"""Recomputes every E4 signal from the metrics alone, plainly, over the whole past, and compares.

Reads a capture: one entry a line, `<stream kind> <id> <name> <value> …` (kinds md.metric, signal and heatmap), in the order of
their ids; what was said stands behind the metric that set it off. Written apart from the engine: every value is computed anew from
all metrics before it. Prints what differs; exits 1 if anything does.
"""
import math
import sys

TOLERANCE = 1e-9
MIX = [(5, 0.30), (10, 0.35), (20, 0.25), (25, 0.10)]
HALF_LIFE = 14_400_000
WIDTH = math.log(1.001)


def parse(path):
    with open(path) as lines:
        for line in lines:
            kind, entry_id, *rest = line.split()
            yield kind, entry_id, dict(zip(rest[::2], rest[1::2]))


def at_or_before(readings, time):
    found = [reading for reading in readings if reading[0] <= time]
    return found[-1] if found else None


class Past:
    """All that was heard."""

    def __init__(self):
        self.now = 0
        self.marks = []  # time, price, rate, next settlement
        self.interest = []  # time, quantity, price of the moment, increase
        self.added = []  # time, bin, volume
        self.ratio = self.top = None
        self.entry = None

    def add(self, time, price, volume):
        if price > 0 and volume > 0:
            self.added.append((time, math.floor(math.log(price) / WIDTH), volume))

    def hear(self, fields):
        time, metric = int(fields["event_time"]), fields["metric"]
        if metric == "instrument" or (metric == "mark_price" and self.marks and time < self.marks[-1][0]):
            return False
        self.now = max(self.now, time)
        if metric == "mark_price":
            self.marks.append(
                (time, float(fields["mark_price"]), float(fields["funding_rate"]), int(fields["next_funding_time"])))
        elif metric == "open_interest":
            self.grow(time, float(fields["open_interest"]))
        elif metric == "account_ratio":
            self.ratio = (time, float(fields["long_ratio"]), float(fields["short_ratio"]))
        elif metric == "top_trader_ratio":
            self.top = (time, float(fields["long_ratio"]))
        elif metric == "liquidation":
            self.add(time, float(fields["price"]), float(fields["quantity"]))
        return True

    def grow(self, time, quantity):
        if self.interest and time <= self.interest[-1][0]:
            return
        known = self.interest and time - self.interest[-1][0] <= 120_000
        increase = max(0.0, quantity - self.interest[-1][1]) if known else 0.0
        self.interest.append((time, quantity, self.marks[-1][1] if self.marks else None, increase))
        recent = [r for r in self.interest if r[0] > time - 300_000 and r[2] is not None]
        weight = sum(r[3] for r in recent)
        if weight > 0:
            self.entry = sum(r[3] * r[2] for r in recent) / weight
        if increase > 0 and self.entry is not None:
            for leverage, share in MIX:
                self.add(time, self.entry * (1 - 0.95 / leverage), share * increase)
                self.add(time, self.entry * (1 + 0.95 / leverage), share * increase)

    def bins(self):
        if not self.added:
            return {}
        last = max(time for time, _, _ in self.added)
        volumes = {}
        for time, index, volume in self.added:
            volumes[index] = volumes.get(index, 0.0) + volume * 2 ** (-(last - time) / HALF_LIFE)
        return {index: volume for index, volume in volumes.items() if volume >= 1e-8}

    def expected(self):
        values = dict.fromkeys(
            ["oi_change_pct", "oi_interpretation", "long_ratio", "short_ratio", "long_short_ratio", "funding_rate",
             "funding_signal", "top_trader_long_pct", "liq_proximity_score", "nearest_liq_cluster", "liq_direction"])
        now = self.now
        fresh_interest = bool(self.interest) and now - self.interest[-1][0] <= 120_000
        if fresh_interest:
            self.interest_values(values)
        if self.ratio and now - self.ratio[0] <= 900_000:
            values["long_ratio"], values["short_ratio"] = self.ratio[1], self.ratio[2]
            if self.ratio[2] > 0:
                values["long_short_ratio"] = self.ratio[1] / self.ratio[2]
        if self.top and now - self.top[0] <= 900_000:
            values["top_trader_long_pct"] = self.top[1]
        if self.marks and now - self.marks[-1][0] <= 60_000:
            rate = self.marks[-1][2]
            values["funding_rate"] = rate
            values["funding_signal"] = (
                "LONGS_EXPENSIVE" if rate > 0.0003 else "SHORTS_EXPENSIVE" if rate < -0.0001 else "NEUTRAL")
            self.cluster_values(values)
        warm = fresh_interest and None not in (
            values["long_ratio"], values["top_trader_long_pct"], values["funding_rate"])
        self.judgement(values, warm)
        return values

    def interest_values(self, values):
        newest = self.interest[-1]
        old = at_or_before(self.interest, newest[0] - 300_000)
        if old is None or old[1] <= 0 or newest[0] - old[0] > 420_000:
            return
        change = (newest[1] / old[1] - 1) * 100
        values["oi_change_pct"] = change
        if newest[2] is None or old[2] is None or abs(change) < 0.05 or newest[2] == old[2]:
            return
        move = newest[2] / old[2] - 1
        if change > 0:
            values["oi_interpretation"] = "REAL_BUYING" if move > 0 else "SHORTS_STACKING"
        elif move < 0:
            values["oi_interpretation"] = "LONG_LIQ"
        else:
            forced = change <= -0.5 and move >= 0.003
            values["oi_interpretation"] = "SHORT_LIQ" if forced else "SHORT_COVER"

    def cluster_values(self, values):
        time, price = self.marks[-1][0], self.marks[-1][1]
        before = at_or_before(self.marks, time - 60_000)
        if before is None or before[1] == price:
            return
        above = price > before[1]
        values["liq_direction"] = "ABOVE" if above else "BELOW"
        values["liq_proximity_score"] = 0.0
        bins = self.bins()
        if not bins:
            return
        least = 3 * sum(bins.values()) / len(bins)
        centers = [math.exp((index + 0.5) * WIDTH) for index, volume in bins.items() if volume >= least]
        ahead = [center for center in centers if (center > price if above else center < price)]
        if ahead:
            nearest = min(ahead, key=lambda center: abs(center - price))
            values["nearest_liq_cluster"] = nearest
            values["liq_proximity_score"] = max(0.0, 1 - abs(nearest - price) / price / 0.005)

    def judgement(self, values, warm):
        values["warm"] = warm
        values["direction"], values["strength"], values["extreme_level"] = "BALANCED", 0.0, 0.0
        if not warm:
            return
        score = -0.30 if values["long_ratio"] > 0.70 else 0.30 if values["short_ratio"] > 0.65 else 0.0
        weight = 0.25 * (1.5 if 0 <= self.marks[-1][3] - self.now < 7_200_000 else 1)
        score += {"LONGS_EXPENSIVE": -weight, "SHORTS_EXPENSIVE": weight}.get(values["funding_signal"], 0.0)
        readings = {"REAL_BUYING": 1, "SHORTS_STACKING": -1, "SHORT_COVER": 0.25, "SHORT_LIQ": 0.25, "LONG_LIQ": 0.25}
        score += 0.25 * readings.get(values["oi_interpretation"], 0)
        top = values["top_trader_long_pct"]
        score += 0.20 if top > 0.60 else -0.20 if top < 0.40 else 0.0
        if abs(abs(score) - 0.15) < 1e-12:
            values["direction"] = None  # either is right: the sum stands on the threshold
            return
        if score > 0.15:
            values["direction"] = "CROWD_SHORT"
        elif score < -0.15:
            values["direction"] = "CROWD_LONG"
        values["strength"] = min(1.0, abs(score) / 0.6)
        values["extreme_level"] = min(
            1.0, max(abs(values["long_ratio"] - 0.5) / 0.25, abs(values["funding_rate"]) / 0.001))


def same(expected, text):
    if expected is None or text is None:
        return expected is None and text is None
    if isinstance(expected, bool):
        return text == ("1" if expected else "0")
    if isinstance(expected, str):
        return text == expected
    return abs(float(text) - expected) <= TOLERANCE * max(1.0, abs(expected))


def heatmap_differences(past, entry_id, fields):
    if fields["cause"] != entry_id or int(fields["event_time"]) != past.now:
        yield f"{entry_id}: a map of {fields['cause']} at {fields['event_time']}"
    if int(fields["as_of"]) != max(time for time, _, _ in past.added):
        yield f"{entry_id}: a map as of {fields['as_of']}"
    said = {int(index): volume for index, volume in (part.split(":") for part in fields["bins"].split(","))}
    bins = past.bins()
    for index in sorted(said.keys() | bins.keys()):
        if index not in said or index not in bins or not same(bins[index], said[index]):
            yield f"{entry_id} bin {index}: {said.get(index)}, expected {bins.get(index)}"


def main():
    past, awaited, differences, compared = Past(), None, [], 0
    for kind, entry_id, fields in parse(sys.argv[1]):
        if kind == "md.metric":
            if awaited is not None:
                differences.append(f"{awaited}: no signal")
            awaited = entry_id if past.hear(fields) else None
            continue
        if kind == "heatmap":
            differences += heatmap_differences(past, entry_id, fields)
            continue
        if awaited != fields["cause"]:
            differences.append(f"{entry_id}: a signal of {fields['cause']}, awaited {awaited}")
        awaited = None
        expected = past.expected()
        if expected["direction"] is None:
            continue
        compared += 1
        expected["event_time"] = past.now
        for name, value in expected.items():
            if not same(value, fields.get(name)):
                differences.append(f"{entry_id} {name}: {fields.get(name)}, expected {value}")
    if compared == 0:
        differences.append("nothing was compared")
    print("\n".join(differences[:20]) or f"{compared} signals are equal")
    sys.exit(1 if differences else 0)


main()
