public import SignalContracts
public import TradingPrimitives

/// One metric, with its id on the stream; or the map as it was written before a restart.
public struct SentimentInput: StreamInput, SymbolKeyed {
    public enum Event: Sendable {
        case metric(MarketMetric)
        /// One of our own, recalled: the map goes on from it.
        case heatmap(LiquidationHeatmap)
    }

    public static let streams: [StreamKind] = [.metric]
    public static let recalled: [StreamKind] = [.heatmap]

    public static func warmUpMs(of kind: StreamKind) -> Int64 {
        switch kind {
        // The newest is looked for, however long the market has stood still.
        case .heatmap: 6 * 3_600_000
        // Since the map was last written, with the five minutes of open interest before it.
        default: Sentiment.savedEveryMs + 360_000
        }
    }

    public let symbol: Symbol
    public let id: StreamId
    public let event: Event
    /// Mark prices come each second; the rest is asked for, and may be a while old.
    public var moment: Moment? {
        switch event {
        case .heatmap(let heatmap): return .past(heatmap.eventTime)
        case .metric(let metric):
            if case .markPrice = metric.value { return .now(metric.eventTime) }
            return .past(metric.eventTime)
        }
    }

    public init(symbol: Symbol, id: StreamId, event: Event) {
        self.symbol = symbol
        self.id = id
        self.event = event
    }

    public init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError) {
        guard let symbol = stream.symbol else { return nil }
        switch stream.kind {
        case .metric: self.init(symbol: symbol, id: id, event: .metric(try MarketMetric(fields)))
        case .heatmap: self.init(symbol: symbol, id: id, event: .heatmap(try LiquidationHeatmap(fields)))
        default: return nil
        }
    }
}

public struct SentimentOutput: StreamOutput {
    public enum Fact: Sendable {
        /// With the map's clusters where the hot-state keys are written with it.
        case signal(SentimentSignal, shown: ClusterList?)
        case heatmap(LiquidationHeatmap)
    }

    public let symbol: Symbol
    public let fact: Fact

    public var stream: StreamName {
        switch fact {
        case .signal: StreamName(.signal, symbol)
        case .heatmap: StreamName(.heatmap, symbol)
        }
    }

    public func encode(into fields: inout Fields) {
        switch fact {
        case .signal(let signal, _): signal.encode(into: &fields)
        case .heatmap(let heatmap): heatmap.encode(into: &fields)
        }
    }

    public func forEachProjection(_ body: (Projection) -> Void) {
        guard case .signal(let signal, let clusters?) = fact else { return }
        body(.engineSignal(.sentiment(signal), of: symbol))
        var map = Fields()
        map.put("liq_clusters", clusters.text)
        body(.hash(key: "sentiment:{\(symbol.name)}", fields: map, replacing: false))
    }
}
