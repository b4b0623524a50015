#!/usr/bin/env python3
"""Recomputes every E1 and E2 signal from the market entries alone, plainly, over whole windows, and compares.

Reads a capture: one entry a line, `<stream kind> <id> <name> <value> <name> <value> …` (kinds md.trade, md.book, signal),
market entries in the order of their ids. Written apart from the engines: lists and sums, no incremental state beyond
what the definitions demand (walls and flickers have a life). Prints what differs; exits 1 if anything does.
"""
import argparse
import sys
from bisect import bisect_right

TOLERANCE = 1e-9


def parse(path):
    trades, books, signals = [], [], []
    with open(path) as lines:
        for line in lines:
            kind, entry_id, *rest = line.split()
            fields = dict(zip(rest[::2], rest[1::2]))
            fields["id"] = entry_id
            if kind == "md.trade":
                trades.append(fields)
            elif kind == "md.book":
                books.append(fields)
            elif kind == "signal":
                signals.append(fields)
    return trades, books, signals


def raw(text):
    """A decimal as an exact integer in steps of 1e-8."""
    sign = -1 if text.startswith("-") else 1
    whole, _, decimals = text.lstrip("-").partition(".")
    return sign * (int(whole) * 10**8 + int((decimals + "00000000")[:8]))


def order(entry_id):
    milliseconds, sequence = entry_id.split("-")
    return int(milliseconds), int(sequence)


def clamp01(value):
    return min(1.0, max(0.0, value))


class Trade:
    def __init__(self, fields, not_before):
        self.id = fields["id"]
        self.order = order(self.id)
        self.time = max(int(fields["trade_time"]), not_before)
        self.price = raw(fields["price"])
        self.quantity = raw(fields["quantity"])
        self.side = -1 if fields["buyer_is_maker"] == "1" else 1
        self.delta = self.side * self.quantity


def read_trades(entries):
    """Each trade once: numbers rise, and a lower one with a later time is a venue that counts anew."""
    trades, latest, last = [], 0, (-1, -1)
    for fields in entries:
        number, time = int(fields["trade_id"]), int(fields["trade_time"])
        if number <= last[0] and time <= last[1]:
            continue
        last = (number, max(time, last[1]))
        trades.append(Trade(fields, latest))
        latest = trades[-1].time
    return trades


# ---------------------------------------------------------------- E2

def expected_tick(trades):
    """All E2 signals that should have been published, by the id of their trade."""
    expected, last, first_time = {}, None, trades[0].time if trades else 0
    times = [trade.time for trade in trades]
    for index, trade in enumerate(trades):
        now = trade.time
        seen = trades[: index + 1]
        since = lambda span: seen[bisect_right(times, now - span, 0, index + 1):]
        run = 0
        for other in reversed(seen[-20:]):
            if other.side != trade.side:
                break
            run += 1
        five = since(5000)
        bought = sum(t.quantity for t in five if t.side > 0)
        volume = sum(t.quantity for t in five)
        big = [t for t in since(1000) if t.price * t.quantity > 50_000 * 10**16]
        values = {
            "velocity_1s": len(since(1000)),
            "velocity_avg": len(since(30000)) / 30,
            "aggressor_ratio": bought / volume if volume else 0.5,
            "streak": run,
            "streak_side": "BUY" if trade.side > 0 else "SELL",
            "big_trade": 1 if big else 0,
            "big_trade_direction": ("BUY" if big[-1].side > 0 else "SELL") if big else None,
            "delta_slope": delta_slope(seen, times, first_time, now),
            "velocity_ratio": None, "spike_ratio": None, "volume_spike": 0,
            "warm": 0, "direction": "NEUTRAL", "strength": 0.0,
        }
        if now - first_time >= 30000:
            warm_tick(values, trade, since)
        news = last is None or now - last[0] >= 100 or any(
            values[name] != last[1][name] for name in ("direction", "volume_spike", "big_trade"))
        if news:
            last = (now, values)
            expected[trade.id] = values
    return expected


def warm_tick(values, trade, since):
    values["warm"] = 1
    velocity = values["velocity_ratio"] = values["velocity_1s"] / values["velocity_avg"]
    spike = values["spike_ratio"] = sum(t.quantity for t in since(3000)) / (sum(t.quantity for t in since(30000)) / 10)
    values["volume_spike"] = 1 if spike > 2.5 else 0
    ratio, run = values["aggressor_ratio"], values["streak"]
    long = (run >= 8 and trade.side > 0) or (ratio > 0.65 and velocity >= 1)
    short = (run >= 8 and trade.side < 0) or (ratio < 1 - 0.65 and velocity >= 1)
    sign = trade.side if long and short else 1 if long else -1 if short else 0
    values["direction"] = {1: "MOMENTUM_LONG", -1: "MOMENTUM_SHORT", 0: "NEUTRAL"}[sign]
    if sign:
        values["strength"] = (0.35 * (run / 20 if trade.side == sign else 0) + 0.35 * clamp01(sign * (2 * ratio - 1))
                              + 0.15 * clamp01((velocity - 1) / 2) + 0.15 * clamp01((spike - 1) / 3))


def delta_slope(seen, times, first_time, now):
    """Slope of the deltas of the last six whole 5 s steps that are over: the last ends before `now`."""
    last_end = (now - 1) // 5000 * 5000
    samples = []
    for end in range(last_end - 25000, last_end + 1, 5000):
        # A step that began before the first trade (or with it) was not seen whole.
        if (first_time - 1) // 5000 * 5000 + 5000 >= end:
            return None
        low, high = bisect_right(times, end - 5000, 0, len(seen)), bisect_right(times, end, 0, len(seen))
        samples.append(sum(t.delta for t in seen[low:high]) / 1e8)
    mean = sum(samples) / 6
    xs = [5.0 * step for step in range(6)]
    middle = sum(xs) / 6
    return sum((x - middle) * (y - mean) for x, y in zip(xs, samples)) / sum((x - middle) ** 2 for x in xs)


# ---------------------------------------------------------------- E1

class Book:
    def __init__(self, fields):
        self.id = fields["id"]
        self.order = order(self.id)
        self.time = int(fields["event_time"])
        self.sides = {side: [tuple(raw(part) for part in level.split(":")) for level in fields[side].split(",") if level]
                      for side in ("bids", "asks")}
        shown = [quantity for side in self.sides.values() for _, quantity in side]
        self.mean = sum(shown) / len(shown) if shown else 0

    def at(self, side, price):
        """Quantity at a price; None where the shown levels don't reach, 0 where they show nothing."""
        levels = self.sides[side]
        if not levels:
            return None
        best, worst = levels[0][0], levels[-1][0]
        if (price > best) if side == "bids" else (price < best):
            return 0
        if (price < worst) if side == "bids" else (price > worst):
            return None
        return dict(levels).get(price, 0)

    def spans(self, side, price):
        levels = self.sides[side]
        return bool(levels) and min(levels[0][0], levels[-1][0]) <= price <= max(levels[0][0], levels[-1][0])


class OrderFlowOracle:
    def __init__(self, trades, books):
        self.trades, self.books = trades, books
        events = sorted([(t.order, t.time) for t in trades[:1]] + [(b.order, b.time) for b in books[:1]])
        self.first = events[0][1] if events else 0
        self.walls, self.growths, self.absorbed = [], [], None
        self.appeared, self.marked, self.history = [], [], []

    def run(self):
        return {book.id: self.step(index, book) for index, book in enumerate(self.books)}

    def known(self, book):
        """Trades that stood before the book on the stream, and are not later than it."""
        return [t for t in self.trades[: self.upto(book.order)] if t.time <= book.time]

    def upto(self, key):
        low, high = 0, len(self.trades)
        while low < high:
            middle = (low + high) // 2
            if self.trades[middle].order < key:
                low = middle + 1
            else:
                high = middle
        return low

    def step(self, index, book):
        previous = self.books[index - 1] if index else None
        known, now = self.known(book), book.time
        window = [t for t in known if t.time > now - 30000]
        old = [t for t in known if t.time <= now - 30000]
        delta, volume = sum(t.delta for t in window), sum(t.quantity for t in window)
        anchor = now // 14_400_000 * 14_400_000
        values = dict.fromkeys(("imbalance", "price_change_30s", "wall_level", "wall_side", "wall_absorbed_direction",
                                "wall_strength", "micro_price", "last_price", "best_bid", "best_ask"))
        values.update(cvd=sum(t.delta for t in known if t.time >= anchor) / 1e8, cvd_slope=delta / 1e8 / 30,
                      cvd_pressure=delta / volume if volume else 0.0, cvd_divergence=0, wall_near=0, wall_absorbed=0,
                      imbalance_velocity=0.0, warm=0, direction="NEUTRAL", strength=0.0)
        self.settle_growths(book, known)
        self.find_growths(book, previous)
        self.follow_walls(book, known)
        self.describe_book(book, values)
        if known:
            values["last_price"] = known[-1].price / 1e8
        if known and old:
            change = values["price_change_30s"] = known[-1].price / old[-1].price - 1
            pressure = values["cvd_pressure"]
            if abs(pressure) >= 0.20 and abs(change) >= 0.0002 and (change > 0) != (pressure > 0):
                values["cvd_divergence"] = 1
        recent = [time for time in self.appeared if time > now - 60000]
        spoofs = [time for time, _ in self.marked if time > now - 60000]
        values["spoof_ratio"] = len(spoofs) / len(recent) if len(recent) >= 5 else 0.0
        self.judge(book, values)
        return values

    def describe_book(self, book, values):
        bids, asks = book.sides["bids"], book.sides["asks"]
        bid_volume, ask_volume = sum(q for _, q in bids[:10]), sum(q for _, q in asks[:10])
        if bids:
            values["best_bid"] = bids[0][0] / 1e8
        if asks:
            values["best_ask"] = asks[0][0] / 1e8
        if bids and asks:
            (bid, bid_q), (ask, ask_q) = bids[0], asks[0]
            micro = values["micro_price"] = (bid * ask_q + ask * bid_q) / (bid_q + ask_q) / 1e8
            near = [(abs(w["price"] / 1e8 - micro), w) for w in self.walls if w["shown"]]
            near = [pair for pair in near if pair[0] <= 0.001 * micro]
            if near:
                wall = min(near, key=lambda pair: pair[0])[1]
                values.update(wall_near=1, wall_level=wall["price"] / 1e8,
                              wall_side="BUY" if wall["side"] == "bids" else "SELL")
        if bid_volume + ask_volume:
            imbalance = values["imbalance"] = (bid_volume - ask_volume) / (bid_volume + ask_volume)
            if len(self.history) >= 5:
                time, then = self.history[-5]
                if book.time > time:
                    values["imbalance_velocity"] = (imbalance - then) / ((book.time - time) / 1000)
            self.history.append((book.time, imbalance))
            values["warm"] = 1 if book.time - self.first >= 30000 else 0

    def judge(self, book, values):
        imbalance = values["imbalance"] or 0.0
        sign = (1 if imbalance > 0.30 else -1 if imbalance < -0.30 else 0) if values["warm"] else 0
        values["direction"] = {1: "BUY_PRESSURE", -1: "SELL_PRESSURE", 0: "NEUTRAL"}[sign]
        pressure = sign * values["cvd_pressure"]
        if sign:
            values["strength"] = (0.6 * clamp01(abs(imbalance) / 0.6)
                                  + 0.2 * clamp01(sign * values["imbalance_velocity"] / 0.10)
                                  + 0.2 * clamp01(pressure / 0.5))
        conviction = 0.70 + (0.15 if sign and pressure >= 0.20 else 0)
        if self.absorbed and self.absorbed[0] > book.time - 3000:
            values.update(wall_absorbed=1, wall_absorbed_direction="LONG" if self.absorbed[1] > 0 else "SHORT",
                          wall_strength=self.absorbed[2])
            conviction += 0.15 if self.absorbed[1] == sign else 0
        conviction -= 0.25 if values["cvd_divergence"] else 0
        against = {1: "SELL", -1: "BUY"}.get(sign)
        conviction -= 0.15 if against and values["wall_side"] == against else 0
        values["conviction"] = clamp01(conviction) * (0.5 if values["spoof_ratio"] > 0.5 else 1)

    def settle_growths(self, book, known):
        left = []
        for growth in self.growths:
            if book.time - growth["time"] > 500:
                continue
            quantity = book.at(growth["side"], growth["price"])
            size = growth["after"] - growth["before"]
            if quantity is None or quantity / 1e8 > growth["before"] / 1e8 + 0.2 * (size / 1e8):
                left.append(growth)
                continue
            traded = sum(t.quantity for t in known if t.time > growth["time"] and t.price == growth["price"])
            if traded / 1e8 < 0.5 * ((growth["after"] - quantity) / 1e8):
                self.marked.append((book.time, growth["price"]))
        self.growths = left

    def find_growths(self, book, previous):
        if previous is None or not book.mean:
            return
        for side in ("bids", "asks"):
            for price, quantity in book.sides[side]:
                if not previous.spans(side, price) or any(g["price"] == price for g in self.growths):
                    continue
                before = previous.at(side, price)
                if (quantity - before) / 1e8 >= 2.0 * (book.mean / 1e8):
                    self.appeared.append(book.time)
                    self.growths.append(dict(side=side, price=price, time=book.time, before=before, after=quantity))

    def follow_walls(self, book, known):
        left = []
        for wall in self.walls:
            wall["shown"] = False
            side, price = wall["side"], wall["price"]
            quantity = book.at(side, price)
            if quantity is None:
                if book.time - wall["sight"] < 60000:
                    left.append(wall)
                continue
            wall["sight"] = book.time
            wall["most"] = max(wall["most"], quantity)
            loss = wall["most"] - quantity
            if not loss / 1e8 > 0.8 * (wall["most"] / 1e8):
                left.append(wall)
                continue
            best = book.sides[side][0][0]
            through = best < price if side == "bids" else best > price
            traded = sum(t.quantity for t in known if t.time > wall["seen"]
                         and (t.price <= price if side == "bids" else t.price >= price))
            if book.time - wall["seen"] >= 1000 and through and traded / 1e8 >= 0.5 * (loss / 1e8):
                self.absorbed = (book.time, 1 if side == "asks" else -1, min(1.0, wall["most"] / book.mean / 10))
        self.walls = left
        for side in ("bids", "asks"):
            for price, quantity in book.sides[side]:
                if not quantity / 1e8 > 5.0 * (book.mean / 1e8):
                    continue
                if any(marked == price and time > book.time - 60000 for time, marked in self.marked):
                    continue
                same = [w for w in self.walls if w["side"] == side and w["price"] == price]
                if same:
                    same[0]["shown"] = True
                else:
                    self.walls.append(dict(side=side, price=price, seen=book.time, sight=book.time, most=quantity, shown=True))


# ---------------------------------------------------------------- comparison

def compare(engine, expected, signals, report):
    actual = {}
    for signal in signals:
        if signal["engine"] == engine:
            if signal["cause"] in actual:
                report(f"{engine} {signal['cause']}: published twice")
            actual[signal["cause"]] = signal
    values = 0
    for cause in sorted(set(expected) | set(actual), key=order):
        if cause not in actual:
            report(f"{engine} {cause}: missing")
            continue
        if cause not in expected:
            report(f"{engine} {cause}: not expected")
            continue
        for name, want in expected[cause].items():
            values += 1
            have = actual[cause].get(name)
            if want is None or have is None or isinstance(want, str):
                same = want == have
            else:
                same = abs(float(have) - want) <= TOLERANCE * max(1.0, abs(want))
            if not same:
                report(f"{engine} {cause} {name}: published {have}, recomputed {want}")
    return len(expected), values


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("capture")
    parser.add_argument("--show", type=int, default=20, help="differences to print")
    arguments = parser.parse_args()
    entries, book_entries, signals = parse(arguments.capture)
    trades = read_trades(entries)
    differences = []
    engines = {signal["engine"] for signal in signals}
    if "E2" in engines:
        count, values = compare("E2", expected_tick(trades), signals, differences.append)
        print(f"E2: {count} signals, {values} values recomputed")
    if "E1" in engines:
        oracle = OrderFlowOracle(trades, [Book(fields) for fields in book_entries])
        count, values = compare("E1", oracle.run(), signals, differences.append)
        print(f"E1: {count} signals, {values} values recomputed")
    for difference in differences[: arguments.show]:
        print(difference)
    print(f"{len(differences)} differences")
    if not engines or differences:
        sys.exit(1)


if __name__ == "__main__":
    main()
