"""Candles of a capture as the oracles of E3 and E5 see them: sets of closed ones, and the one in progress."""
import numpy as np

from signal_oracle import raw

GRACE = 5000  # A close may be missing for so long after its candle has ended.
LENGTH = {"1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000}


def parse(path):
    """Entries in order: (kind, id, fields)."""
    with open(path) as lines:
        for line in lines:
            kind, entry_id, *rest = line.split(" ")
            values = [text.rstrip("\n") for text in rest]
            fields = dict(zip(values[::2], values[1::2]))
            fields["id"] = entry_id
            yield kind, entry_id, fields


class Candles:
    """One timeframe of one symbol."""

    def __init__(self, timeframe):
        self.length = LENGTH[timeframe]
        self.closed = {}
        self.news = {}  # start: (event time, row) of the candle in progress, and of the next one while a close is awaited
        self.columns = None

    def take(self, fields):
        start = int(fields["open_time"])
        row = (start,) + tuple(raw(fields[name]) / 1e8 for name in ("high", "low", "close", "volume"))
        if fields["closed"] == "1":
            self.closed[start] = row
            self.columns = None
            self.news = {at: told for at, told in self.news.items() if at > start}
        elif not self.closed or start > max(self.closed):
            told = (int(fields["event_time"]), row)
            if self.news and (start < min(self.news) or start in self.news and told[0] < self.news[start][0]):
                return
            if self.news and start not in self.news and not (self.follows() and start == min(self.news) + self.length):
                self.news = {}
            self.news[start] = told

    def follows(self):
        """Whether the candle in progress follows the closed ones."""
        return bool(self.news and self.closed) and min(self.news) == max(self.closed) + self.length

    def run(self):
        """The newest closed candles without a gap, as columns. At most 1600: what came before weighs less than rounding."""
        if self.columns is None:
            rows, start = [], max(self.closed, default=None)
            while start in self.closed and len(rows) < 1600:
                rows.append(self.closed[start])
                start -= self.length
            self.columns = np.array(rows[::-1], dtype=float).reshape(-1, 5)
        return self.columns

    def current(self):
        """The candle in progress, where it follows the closed ones; one that has ended counts until its close comes."""
        return self.news[min(self.news)][1] if self.follows() else None

    def is_current(self, now):
        newest = max(self.news or self.closed, default=None)
        if newest is None or now - newest >= 2 * self.length:
            return False
        if len(self.news) == 2 and now - newest >= GRACE:
            return False
        return not self.news or self.follows()

    def missing(self, now):
        """For how long the newest close has been due; below 0 when nothing is due, None without any."""
        return now - max(self.closed) - 2 * self.length if self.closed else None

    def with_current(self):
        columns, current = self.run(), self.current()
        return columns if current is None else np.vstack([columns, current])


def swings(values, span=2):
    """Indices whose value is above those of `span` neighbours on each side."""
    return [index for index in range(span, len(values) - span)
            if all(values[index] > values[index + step] for step in range(-span, span + 1) if step)]
