public import SignalContracts
public import TradingPrimitives

/// A candle's update or close, with its id on the stream.
public struct TechnicalInput: MessageInput, SymbolKeyed {
    public static let streams: [StreamKind] = [.candle, .forming]

    public static func warmUpMs(of kind: StreamKind) -> Int64 {
        // VWAP begins at midnight: a day, and what comes late. Of what is forming, the last update of the longest candle.
        kind == .forming ? 65_000 : 24 * 3_600_000 + 300_000
    }

    public let symbol: Symbol
    public let id: StreamId
    public let candle: CandleUpdate
    /// A fetched candle tells of the past, not that time has passed.
    public var moment: Moment? { candle.isBackfill ? nil : .now(candle.eventTime) }

    public init(symbol: Symbol, id: StreamId, candle: CandleUpdate) {
        self.symbol = symbol
        self.id = id
        self.candle = candle
    }

    public init?(stream: StreamName, id: StreamId, message: SuiteMessage) {
        guard let symbol = stream.symbol, case .candle(let candle) = message else { return nil }
        self.init(symbol: symbol, id: id, candle: candle)
    }
}

/// What the technical engine writes of a contract.
public struct TechnicalOutput: MessageOutput {
    public let symbol: Symbol
    public let signal: TechnicalSignal

    public var stream: StreamName { StreamName(.signal, symbol) }
    public var message: SuiteMessage { .signal(.technical(signal)) }
    public var projection: Projection? { .engineSignal(.technical(signal), of: symbol) }
}
