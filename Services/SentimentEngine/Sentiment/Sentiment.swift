import Indicators
public import SignalContracts
import TradingPrimitives

/// E4: says which way the crowd leans, and where its liquidations wait, on each metric of one symbol.
///
/// Definitions: strategy reference, "E4 sentiment".
public struct Sentiment: StreamProcessor {
    private struct Mark: BitwiseCopyable {
        let time: Timestamp
        let price: Double
    }

    private struct Funding {
        let time: Timestamp
        let rate: Double
        let nextTime: Timestamp
    }

    private struct Share {
        let time: Timestamp
        let long: Double
        let short: Double
    }

    private let configuration: SentimentConfiguration
    private var openInterest: OpenInterestTrack
    private var map: LiquidationMap
    private var meanEntryPrice: Double?
    private var marks = Ring<Mark>(capacity: 128)
    private var funding: Funding?
    private var accounts: Share?
    private var topTraders: Share?
    private var now = Timestamp.zero
    private var pace = ProjectionPace()
    /// Those shown last; its memory is used again.
    private var clusters = ClusterList()
    /// The map as it was last written before a restart, until the metric after which it stood so.
    private var recalled = OwnWord<LiquidationHeatmap>()
    /// Number of the time's piece in which the map was last written.
    private var savedPiece: Int64?

    /// The price change that says which side's clusters are looked for.
    static let headingMs: Int64 = 60_000
    /// The map fades too slowly to be built anew from the metrics: it is written at the first metric of each such piece of time.
    static let savedEveryMs: Int64 = 900_000

    public init(_ configuration: SentimentConfiguration = SentimentConfiguration()) {
        self.configuration = configuration
        openInterest = OpenInterestTrack(gapMaxMs: configuration.openInterestAgeMaxMs)
        map = LiquidationMap(binWidth: configuration.binWidth, halfLifeMs: configuration.halfLifeMs)
    }

    public mutating func process(_ input: SentimentInput, emit: (SentimentOutput) -> Void) {
        switch input.event {
        case .heatmap(let heatmap):
            recalled.recall(heatmap, setOffBy: heatmap.cause)
            savedPiece = heatmap.eventTime.milliseconds / Self.savedEveryMs
        case .metric(let metric):
            if let heatmap = recalled.take(before: input.id) { map.resume(heatmap) }
            guard take(metric) else { return }
            if let heatmap = recalled.take(at: input.id) { map.resume(heatmap) }
            speak(of: input, emit: emit)
        }
    }

    private mutating func speak(of input: SentimentInput, emit: (SentimentOutput) -> Void) {
        let signal = evaluate(cause: input.id)
        let isShown = pace.isDue(at: now)
        if isShown { clusters.take(map, near: price, multiple: configuration.clusterMin) }
        emit(SentimentOutput(symbol: input.symbol, fact: .signal(signal, shown: isShown ? clusters : nil)))
        let piece = now.milliseconds / Self.savedEveryMs
        if let savedPiece, piece > savedPiece {
            emit(
                SentimentOutput(
                    symbol: input.symbol, fact: .heatmap(map.saved(cause: input.id, eventTime: now))))
        }
        savedPiece = max(savedPiece ?? piece, piece)
    }

    /// False for what says nothing of the crowd.
    private mutating func take(_ metric: MarketMetric) -> Bool {
        let time = metric.eventTime
        switch metric.value {
        case .instrument: return false
        case .markPrice(let mark, _, let rate, let next):
            guard mark > .zero, time >= funding?.time ?? .zero else { return false }
            marks.append(Mark(time: time, price: mark.double))
            while marks.count > 1, marks[marks.start + 1].time <= time - Self.headingMs {
                marks.removeAll(before: marks.start + 1)
            }
            funding = Funding(time: time, rate: rate.double, nextTime: next)
        case .openInterest(let quantity):
            grow(quantity.double, at: time)
        case .accountRatio(let long, let short):
            accounts = Share(time: time, long: long.double, short: short.double)
        case .topTraderRatio(let long, let short):
            topTraders = Share(time: time, long: long.double, short: short.double)
        case .liquidation(_, let price, let quantity):
            map.add(quantity.double, at: price.double, time: time.milliseconds)
        }
        now = max(now, time)
        return true
    }

    /// New positions make new liquidations, on both sides of where they were entered.
    private mutating func grow(_ quantity: Double, at time: Timestamp) {
        let increase = openInterest.add(quantity, at: time, price: price)
        meanEntryPrice = openInterest.meanEntryPrice ?? meanEntryPrice
        guard increase > 0, let entry = meanEntryPrice else { return }
        for (leverage, share) in configuration.leverageMix.parts {
            let way = configuration.liquidationFactor / leverage
            map.add(share * increase, at: entry * (1 - way), time: time.milliseconds)
            map.add(share * increase, at: entry * (1 + way), time: time.milliseconds)
        }
    }

    private var price: Double? { marks.isEmpty ? nil : marks[marks.end - 1].price }

    // MARK: Evaluation

    private func evaluate(cause: StreamId) -> SentimentSignal {
        var signal = SentimentSignal(cause: cause, eventTime: now)
        let rules = configuration
        if let newest = openInterest.newest, isFresh(newest.time, rules.openInterestAgeMaxMs),
            let change = openInterest.change
        {
            signal.openInterestChange = change.percent
            signal.openInterestReading = reading(change)
        }
        if let accounts, isFresh(accounts.time, rules.ratioAgeMaxMs) {
            signal.longRatio = accounts.long
            signal.shortRatio = accounts.short
            signal.longShortRatio = accounts.short > 0 ? accounts.long / accounts.short : nil
        }
        if let topTraders, isFresh(topTraders.time, rules.ratioAgeMaxMs) { signal.topTraderLong = topTraders.long }
        if let funding, isFresh(funding.time, rules.markAgeMaxMs) {
            signal.fundingRate = funding.rate
            signal.fundingSignal =
                funding.rate > rules.longsExpensive
                ? .longsExpensive : funding.rate < rules.shortsExpensive ? .shortsExpensive : .neutral
            seekCluster(&signal)
        }
        // Open interest has no reading while it hardly changes: the score does without.
        signal.isWarm =
            signal.longRatio != nil && signal.topTraderLong != nil && signal.fundingRate != nil
            && openInterest.newest.map { isFresh($0.time, rules.openInterestAgeMaxMs) } == true
        if let top = signal.topTraderLong, let accounts = signal.longRatio {
            signal.smartRetailDivergence =
                top > rules.topLong && accounts < 0.5 || top < rules.topShort && accounts > 0.5
        }
        if signal.isWarm { judge(&signal) }
        return signal
    }

    private func isFresh(_ time: Timestamp, _ ageMaxMs: Int64) -> Bool { now - time <= ageMaxMs }

    private func reading(_ change: (percent: Double, price: Double?)) -> OpenInterestReading? {
        guard abs(change.percent) >= configuration.openInterestChangeMin, let move = change.price, move != 0 else {
            return nil
        }
        switch (change.percent > 0, move > 0) {
        case (true, true): return .realBuying
        case (true, false): return .shortsStacking
        case (false, false): return .longLiquidation
        case (false, true):
            let isForced =
                change.percent <= -configuration.shortLiquidationFall && move >= configuration.shortLiquidationRise
            return isForced ? .shortLiquidation : .shortCover
        }
    }

    /// The nearest cluster on the side that the price of the last minute heads for.
    private func seekCluster(_ signal: inout SentimentSignal) {
        guard let price, case let before = marks[marks.start],
            marks[marks.end - 1].time - before.time >= Self.headingMs,
            before.price != price
        else { return }
        let isAbove = price > before.price
        signal.clusterDirection = isAbove ? .above : .below
        signal.liquidationProximity = 0
        guard
            let cluster = map.nearestCluster(to: price, isAbove: isAbove, multiple: configuration.clusterMin)
        else { return }
        signal.nearestCluster = cluster
        signal.liquidationProximity = max(0, 1 - abs(cluster - price) / price / configuration.proximityMax)
    }

    private func judge(_ signal: inout SentimentSignal) {
        let rules = configuration
        var score = 0.0
        if let long = signal.longRatio, let short = signal.shortRatio {
            if long > rules.longCrowd { score -= 0.30 } else if short > rules.shortCrowd { score += 0.30 }
        }
        // A time that has passed is of the settlement before: the venue has not said the next one yet.
        let isSettling = funding.map { 0..<rules.settlementMs ~= $0.nextTime - now } ?? false
        let weight = isSettling ? 0.25 * 1.5 : 0.25
        switch signal.fundingSignal {
        case .longsExpensive: score -= weight
        case .shortsExpensive: score += weight
        case .neutral, nil: break
        }
        switch signal.openInterestReading {
        case .realBuying: score += 0.25
        case .shortsStacking: score -= 0.25
        case .shortCover, .shortLiquidation, .longLiquidation: score += 0.25 * 0.25
        case nil: break
        }
        if let top = signal.topTraderLong {
            if top > rules.topLong { score += 0.20 } else if top < rules.topShort { score -= 0.20 }
        }
        if score > 0.15 { signal.direction = .crowdShort }
        if score < -0.15 { signal.direction = .crowdLong }
        signal.strength = clamp01(abs(score) / 0.6)
        signal.extremeLevel = clamp01(
            max(abs((signal.longRatio ?? 0.5) - 0.5) / 0.25, abs(signal.fundingRate ?? 0) / 0.001))
    }
}
