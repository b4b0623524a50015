public import SignalContracts
public import TradingPrimitives

/// Candles of one contract as a hub writes them: updates in progress, closes, and candles fetched after the fact.
public struct CandleStory {
    struct Minute {
        let openTime: Timestamp
        let open: Price
        let high: Price
        let low: Price
        let close: Price
        let volume: Quantity
    }

    private var minutes: [Minute]

    /// First millisecond of minute `index`.
    public func openTime(ofMinute index: Int) -> Timestamp { minutes[index].openTime }

    /// A price that walks at random, with jumps, still stretches, and minutes without volume.
    public static func random(seed: UInt64, minutes count: Int) -> CandleStory {
        var random = SplitMix64(seed: seed)
        var price: Int64 = 10_000, size: Int64 = 12
        let start = Timestamp(milliseconds: 1_700_000_000_000).floored(to: 900_000)
        let minutes = (0..<count).map { index in
            if random.next() % 120 == 0 { size = Int64(random.next() % 40) + 1 }
            let isStill = index > 300 && (index / 30) % 40 == 39
            func step() -> Int64 { isStill ? 0 : Int64(random.next() % UInt64(2 * size + 1)) - size }
            let open = price
            price = max(100, price + step() * (random.next() % 200 == 0 ? 12 : 1))
            let (high, low) = (max(open, price) + abs(step()), max(1, min(open, price) - abs(step())))
            let volume = isStill || random.next() % 60 == 0 ? 0 : Int64(random.next() % 90_000)
            return Minute(
                openTime: start + Int64(index) * 60_000, open: Price(raw: open * 1_000_000),
                high: Price(raw: high * 1_000_000), low: Price(raw: low * 1_000_000),
                close: Price(raw: price * 1_000_000), volume: Quantity(raw: volume * 100_000))
        }
        return CandleStory(minutes: minutes)
    }

    /// A price that never moves.
    public static func still(_ price: Price, volume: Quantity, minutes count: Int) -> CandleStory {
        let start = Timestamp(milliseconds: 1_700_000_000_000).floored(to: 900_000)
        return CandleStory(
            minutes: (0..<count).map {
                Minute(
                    openTime: start + Int64($0) * 60_000, open: price, high: price, low: price, close: price,
                    volume: volume)
            })
    }

    /// Rows of a recorded klines table.
    public static func recorded(_ path: String, rows: Range<Int>) throws -> CandleStory {
        let lines = try SharedData.lines(path).dropFirst()
        let minutes = try lines.dropFirst(rows.lowerBound).prefix(rows.count).map { line in
            let cells = line.split(separator: ",").map(String.init)
            guard cells.count >= 6, let time = Int64(cells[0]), let open = Price(cells[1]), let high = Price(cells[2]),
                let low = Price(cells[3]), let close = Price(cells[4]), let volume = Quantity(cells[5])
            else { throw ContractError.malformed(field: "candle", text: String(line)) }
            return Minute(
                openTime: Timestamp(milliseconds: time), open: open, high: high, low: low, close: close, volume: volume)
        }
        return CandleStory(minutes: minutes)
    }

    /// The entries. The first `fetched` minutes come as closed candles after the fact, oldest first or, with `isMixed`, in
    /// any order, some twice, and among the first live ones. `updates` a minute tell of candles in progress, and now and then one
    /// more does at its beginning. Closes come up to two seconds late, a few of them after a reader's grace of five, so that the
    /// next candle has begun by then.
    public func entries(fetched: Int, updates: Int, seed: UInt64 = 1, isMixed: Bool = false) -> [(
        id: StreamId, candle: CandleUpdate
    )] {
        var random = SplitMix64(seed: seed)
        var past: [CandleUpdate] = [], live: [CandleUpdate] = []
        for (index, minute) in minutes.enumerated() {
            for timeframe in Timeframe.allCases {
                let length = Int(timeframe.milliseconds / 60_000)
                let first =
                    index - Int((minute.openTime - minute.openTime.floored(to: timeframe.milliseconds)) / 60_000)
                let isLast = index == first + length - 1
                guard first >= 0 else { continue }
                if index < fetched {
                    if isLast { past.append(candle(timeframe, first...index, .fetched)) }
                    continue
                }
                for update in 0..<updates {
                    let afterMs = Int64(60_000 * (update + 1) / (updates + 1)) + Int64(random.next() % 900)
                    live.append(
                        candle(timeframe, first...index, .forming(afterMs: afterMs, share: random.uniform())))
                }
                if random.next() % 3 == 0 {
                    let afterMs = Int64(random.next() % 4000)
                    live.append(
                        candle(timeframe, first...index, .forming(afterMs: afterMs, share: random.uniform() / 9)))
                }
                let lateMs = Int64(random.next() % (random.next() % 20 == 0 ? 9000 : 2000))
                if isLast { live.append(candle(timeframe, first...index, .closed(lateMs: lateMs))) }
            }
        }
        live.sort { ($0.eventTime, $0.openTime) < ($1.eventTime, $1.openTime) }
        var all = past + live
        if isMixed {
            past += past.filter { _ in random.next() % 5 == 0 }
            past.shuffle(using: &random)
            all = live
            for candle in past { all.insert(candle, at: Int(random.next() % UInt64(min(60, live.count) + 1))) }
        }
        return all.enumerated().map { (StreamId(milliseconds: 1_700_000_000_000 + UInt64($0), sequence: 0), $1) }
    }

    private enum Telling {
        case fetched
        case closed(lateMs: Int64)
        /// So long after the last minute has begun, that share of its way.
        case forming(afterMs: Int64, share: Double)
    }

    private func candle(_ timeframe: Timeframe, _ range: ClosedRange<Int>, _ telling: Telling) -> CandleUpdate {
        let parts = minutes[range], last = minutes[range.upperBound]
        let openTime = minutes[range.lowerBound].openTime
        var high = parts.reduce(last.open) { max($0, $1.high) }, low = parts.reduce(last.open) { min($0, $1.low) }
        var close = last.close, volume = parts.reduce(Quantity.zero) { $0 + $1.volume }
        var time = last.openTime + 60_000
        switch telling {
        case .fetched: time = time - 1
        case .closed(let lateMs): time = time + lateMs
        case .forming(let afterMs, let share):
            func way(_ to: Price) -> Price {
                let raw = last.open.raw + Int64(Double(to.raw - last.open.raw) * share)
                return Price(raw: raw / 1_000_000 * 1_000_000)
            }
            let before = parts.dropLast()
            close = way(last.close)
            high = before.reduce(max(close, max(last.open, way(last.high)))) { max($0, $1.high) }
            low = before.reduce(min(close, min(last.open, way(last.low)))) { min($0, $1.low) }
            volume = before.reduce(Quantity(raw: Int64(Double(last.volume.raw) * share))) { $0 + $1.volume }
            time = last.openTime + afterMs
        }
        let isFetched = if case .fetched = telling { true } else { false }
        let isForming = if case .forming = telling { true } else { false }
        return CandleUpdate(
            eventTime: time, timeframe: timeframe, openTime: openTime, open: minutes[range.lowerBound].open, high: high,
            low: low, close: close, volume: volume, quoteVolume: .zero, fillCount: 1, takerBuyVolume: .zero,
            isClosed: !isForming, isBackfill: isFetched)
    }
}

extension CandleUpdate {
    /// The same candle in a market turned upside down: each price as far below `level` as it was above.
    public func mirrored(about level: Price) -> CandleUpdate {
        func turn(_ price: Price) -> Price { level + level - price }
        return CandleUpdate(
            eventTime: eventTime, timeframe: timeframe, openTime: openTime, open: turn(open), high: turn(low),
            low: turn(high), close: turn(close), volume: volume, quoteVolume: quoteVolume, fillCount: fillCount,
            takerBuyVolume: takerBuyVolume, isClosed: isClosed, isBackfill: isBackfill)
    }
}
