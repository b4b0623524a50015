public import TradingPrimitives

/// What a stream carries. Names of all streams are made here and nowhere else.
public enum StreamKind: String, Sendable, CaseIterable {
    case trade = "md.trade"
    case book = "md.book"
    /// Candles that are closed: a day of them is a few thousand entries, which a restart reads in no time.
    case candle = "md.candle"
    /// The same candles while they form.
    case forming = "md.forming"
    case metric = "md.metric"
    case signal
    /// The map of liquidations, for the engine that keeps it.
    case heatmap
    case decision
    /// Whether each contract could be entered, and what stops it.
    case readiness
    case plan
    case execution
    /// What the venue demands and grants in each contract.
    case contract
    case account
    case risk
    case weights
    case alert
    case command
    case reply
    case notice
    /// Entries that a reader could not understand.
    case dead

    /// Operator traffic is global; all else is per symbol, so that a symbol's pipeline lives in one slot of a cluster.
    public var isPerSymbol: Bool {
        switch self {
        case .trade, .book, .candle, .forming, .metric, .signal, .heatmap, .decision, .readiness, .plan, .execution,
            .contract, .dead:
            true
        case .account, .risk, .weights, .alert, .command, .reply, .notice: false
        }
    }
}

/// A stream's key in Redis: `md.trade:{BTCUSDT}`, `account`. The braces are Redis Cluster's hash tag.
public struct StreamName: FieldValue, Hashable, CustomStringConvertible {
    public let kind: StreamKind
    /// Nil for a global stream, and for the dead letters of global streams.
    public let symbol: Symbol?

    public init(_ kind: StreamKind, _ symbol: Symbol? = nil) {
        precondition(
            kind == .dead || kind.isPerSymbol == (symbol != nil),
            "\(kind.rawValue) with symbol \(symbol?.name ?? "none")")
        self.kind = kind
        self.symbol = symbol
    }

    /// Nil for a key that is not one of ours.
    public init?(key: String) {
        let parts = key.split(separator: ":", maxSplits: 1)
        guard let first = parts.first, let kind = StreamKind(rawValue: String(first)) else { return nil }
        if parts.count == 1 {
            guard !kind.isPerSymbol || kind == .dead else { return nil }
            self.init(kind)
        } else {
            guard parts[1].hasPrefix("{"), parts[1].hasSuffix("}"), kind.isPerSymbol,
                let symbol = Symbol(parts[1].dropFirst().dropLast())
            else { return nil }
            self.init(kind, symbol)
        }
    }

    public init?(text: UnsafeRawBufferPointer) { self.init(key: String(decoding: text, as: UTF8.self)) }

    /// Appends `key` without making a string.
    public func write(into bytes: inout [UInt8]) {
        kind.rawValue.write(into: &bytes)
        guard let symbol else { return }
        bytes.append(UInt8(ascii: ":"))
        bytes.append(UInt8(ascii: "{"))
        symbol.write(into: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    public var key: String { symbol.map { "\(kind.rawValue):{\($0.name)}" } ?? kind.rawValue }
    public var description: String { key }
}

extension StreamKind {
    /// Whether the hub gives the entries' ids.
    public var isMarketData: Bool {
        switch self {
        case .trade, .book, .candle, .forming, .metric: true
        case .signal, .heatmap, .decision, .readiness, .plan, .execution, .contract, .account, .risk, .weights, .alert,
            .command, .reply, .notice, .dead:
            false
        }
    }
}
