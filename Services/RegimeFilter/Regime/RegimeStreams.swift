public import SignalContracts
public import TradingPrimitives

/// A 3m candle or a book, with its id on the stream; or what E5 said of one of the two contracts that are watched as a pair.
public struct RegimeInput: StreamInput {
    public enum Event: Sendable {
        case candle(CandleUpdate)
        case book(BookUpdate)
        /// Read back by every worker, whosever symbol it is.
        case signal(RegimeSignal)
    }

    public static let streams: [StreamKind] = [.candle, .book]

    public static func warmUpMs(of kind: StreamKind) -> Int64 {
        switch kind {
        // The last evaluation, the spreads of a hundred books, the prices on the five-second grid.
        case .book: 65_000
        // A day of 3m candles, and those that ATR and ADX need before them.
        default: 25 * 3_600_000 + 1_800_000
        }
    }

    public let symbol: Symbol
    public let id: StreamId
    public let event: Event

    public init(symbol: Symbol, id: StreamId, event: Event) {
        self.symbol = symbol
        self.id = id
        self.event = event
    }

    public init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError) {
        guard let symbol = stream.symbol else { return nil }
        switch stream.kind {
        case .candle:
            let candle = try CandleUpdate(fields)
            guard candle.timeframe == .threeMinutes else { return nil }
            self.init(symbol: symbol, id: id, event: .candle(candle))
        case .signal:
            guard EngineSignal.isOf(.regime, fields) else { return nil }
            self.init(symbol: symbol, id: id, event: .signal(try RegimeSignal(fields)))
        case .book: self.init(symbol: symbol, id: id, event: .book(try BookUpdate(fields)))
        default: return nil
        }
    }
}

/// What the regime filter writes of a contract.
public struct RegimeOutput: StreamOutput {
    public let symbol: Symbol
    public let signal: RegimeSignal
    /// Whether the hot-state keys are written with it.
    public let isShown: Bool

    public var stream: StreamName { StreamName(.signal, symbol) }
    public func encode(into fields: inout Fields) { signal.encode(into: &fields) }

    public func forEachProjection(_ body: (Projection) -> Void) {
        guard isShown else { return }
        body(.engineSignal(.regime(signal), of: symbol))
        body(.hash(key: "regime:{\(symbol.name)}", fields: signal.fields, replacing: true))
    }
}
