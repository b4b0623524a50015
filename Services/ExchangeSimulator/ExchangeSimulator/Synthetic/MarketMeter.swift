import TradingPrimitives

/// Measures what is typical of a market: its tape, its book, its moves.
public struct MarketMeter: Sendable {
    private let index: Int
    private let tick: Double
    private var sizes: [Double] = []
    private var lastAggressor: Side?
    private var run = 0
    private var inLongRun = 0
    private var bySecond: [Int64: Int] = [:]
    private var byTenth: [Int64: Int] = [:]
    private var closes: [(second: Int64, price: Double)] = []
    private var imbalances: [Double] = []
    private var spreads: [Int] = []
    private var bestSizes: [Double] = []
    private var tenLevels: [Double] = []
    private var first: Timestamp?
    private var last = Timestamp.zero
    private var ranges: [Double] = []
    private var bidSpan: [Double] = []
    private var flicker = FlickerMeter()

    public init(_ index: Int, _ instrument: Instrument) {
        self.index = index
        tick = instrument.rules.tickSize.double
    }

    public mutating func take(_ event: ExchangeEvent) {
        guard case .market(let frame) = event.body else { return }
        switch frame {
        case .aggregateTrade(let trade) where trade.instrument == index: take(trade)
        case .partialDepth(let depth, speedMs: 100) where depth.instrument == index: take(depth)
        case .candle(index, .oneMinute, let candle, isClosed: true):
            ranges.append((candle.high - candle.low).double / candle.close.double)
        default: break
        }
    }

    private mutating func take(_ trade: AggregateTrade) {
        flicker.take(trade)
        first = first ?? trade.time
        last = trade.time
        sizes.append(trade.quantity.double)
        run = trade.aggressor == lastAggressor ? run + 1 : 1
        lastAggressor = trade.aggressor
        if run >= 8 { inLongRun += 1 }
        let second = trade.time.milliseconds / 1000
        bySecond[second, default: 0] += 1
        byTenth[trade.time.milliseconds / 100, default: 0] += 1
        if closes.last?.second == second {
            closes[closes.count - 1].price = trade.price.double
        } else {
            closes.append((second, trade.price.double))
        }
    }

    private mutating func take(_ depth: DepthFrame) {
        flicker.take(depth)
        guard let bid = depth.bids.first, let ask = depth.asks.first else { return }
        let bids = depth.bids.prefix(10).reduce(0) { $0 + $1.quantity.double }
        let asks = depth.asks.prefix(10).reduce(0) { $0 + $1.quantity.double }
        imbalances.append((bids - asks) / (bids + asks))
        tenLevels += [bids, asks]
        bestSizes += [bid.quantity.double, ask.quantity.double]
        spreads.append(Int(((ask.price - bid.price).double / tick).rounded()))
        if depth.bids.count == 20 { bidSpan.append((bid.price - depth.bids[19].price).double / tick) }
    }

    /// Names and values, in the same order for every market.
    public func report() -> [(name: String, value: Double)] {
        let seconds = first.map { Double(last - $0) / 1000 } ?? 0
        let returns = zip(closes, closes.dropFirst()).filter { $1.second - $0.second == 1 }
            .map { ($1.price / $0.price - 1) * 1e4 }
        let magnitudes = imbalances.map { abs($0) }
        var rows: [(String, Double)] = [
            ("aggTrades per second", Double(sizes.count) / max(seconds, 1)),
            ("  variance/mean per 1 s", Self.dispersion(bySecond, from: first, to: last, spanMs: 1000)),
            ("  variance/mean per 100 ms", Self.dispersion(byTenth, from: first, to: last, spanMs: 100)),
            ("  share ending a run of 8 or more", Double(inLongRun) / Double(max(sizes.count, 1))),
        ]
        for share in [0.1, 0.5, 0.9, 0.99] {
            rows.append(("trade size p\(Int(share * 100))", Self.quantile(sizes, share)))
        }
        rows += [
            ("trade size mean", Self.mean(sizes)),
            (
                "share of books with a spread of 1 tick",
                Double(spreads.count { $0 == 1 }) / Double(max(spreads.count, 1))
            ),
            ("best level size p50", Self.quantile(bestSizes, 0.5)),
            ("ten levels size p50", Self.quantile(tenLevels, 0.5)),
            ("20 levels span, ticks", Self.mean(bidSpan)),
            (
                "imbalance of 10 levels beyond 0.3",
                Double(magnitudes.count { $0 > 0.3 }) / Double(max(magnitudes.count, 1))
            ),
            ("imbalance deviation", Self.variance(imbalances).squareRoot()),
        ]
        for lag in [1, 5, 10, 50] {
            rows.append(("imbalance correlation after \(lag * 100) ms", Self.correlation(imbalances, lag)))
        }
        rows.append(("great levels that flicker", flicker.share))
        let variance = Self.variance(returns)
        let fourth = Self.mean(returns.map { $0 * $0 * $0 * $0 })
        rows += [
            ("deviation of 1 s returns, 0.01 %", variance.squareRoot()),
            ("kurtosis of 1 s returns", variance > 0 ? fourth / (variance * variance) : 0),
            ("mean 1m range, %", Self.mean(ranges) * 100),
        ]
        return rows
    }

    private static func dispersion(_ counts: [Int64: Int], from first: Timestamp?, to last: Timestamp, spanMs: Int64)
        -> Double
    {
        guard let first else { return 0 }
        let all = (first.milliseconds / spanMs...last.milliseconds / spanMs).map { Double(counts[$0] ?? 0) }
        return variance(all) / max(mean(all), 1e-9)
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }

    private static func variance(_ values: [Double]) -> Double {
        let mean = mean(values)
        return self.mean(values.map { ($0 - mean) * ($0 - mean) })
    }

    private static func quantile(_ values: [Double], _ share: Double) -> Double {
        values.isEmpty ? 0 : values.sorted()[min(values.count - 1, Int(Double(values.count) * share))]
    }

    private static func correlation(_ values: [Double], _ lag: Int) -> Double {
        guard values.count > lag * 2 else { return 0 }
        let mean = mean(values)
        let products = zip(values, values.dropFirst(lag)).map { ($0 - mean) * ($1 - mean) }
        return self.mean(products) / max(variance(values), 1e-12)
    }
}
