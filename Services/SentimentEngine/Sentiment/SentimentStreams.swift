public import SignalContracts
public import TradingPrimitives

/// One metric, with its id on the stream; or the map as it was written before a restart.
public struct SentimentInput: MessageInput, SymbolKeyed {
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

    public init?(stream: StreamName, id: StreamId, message: SuiteMessage) {
        guard let symbol = stream.symbol else { return nil }
        switch message {
        case .metric(let metric): self.init(symbol: symbol, id: id, event: .metric(metric))
        case .heatmap(let heatmap): self.init(symbol: symbol, id: id, event: .heatmap(heatmap))
        default: return nil
        }
    }
}

/// What the sentiment engine writes of a contract.
public struct SentimentOutput: MessageOutput {
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

    public var message: SuiteMessage {
        switch fact {
        case .signal(let signal, _): .signal(.sentiment(signal))
        case .heatmap(let heatmap): .heatmap(heatmap)
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
