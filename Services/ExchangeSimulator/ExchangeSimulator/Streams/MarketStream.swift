public import TradingPrimitives

/// One market stream by its name: `btcusdt@depth20@100ms`.
public struct MarketStream: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case aggregateTrade
        /// Raw trades; undocumented at the venue, yet used by some clients.
        case trade
        /// Speed 0 is the old word for as fast as may be: here each 100 ms.
        case partialDepth(levels: Int, speedMs: Int)
        case depthChange(speedMs: Int)
        case bestPrices
        case candle(Timeframe)
        /// The same candles under the name of the pair and the kind of contract.
        case continuousCandle(Timeframe)
        case mark(everySeconds: Int)
        case liquidation
        case dayTicker
        case dayMiniTicker
    }

    /// In place of an instrument: all of them, as in `!ticker@arr`.
    public static let every = -1

    /// Which of the three entries carries a stream. On another one a subscription succeeds and stays silent.
    public enum Route: String, Sendable {
        case book = "public"
        case market
        case user = "private"
        /// Not of the venue: everything on one connection, for clients that know of no routes.
        case everything = "all"
    }

    public let instrument: Int
    public let kind: Kind

    public init(instrument: Int, kind: Kind) { (self.instrument, self.kind) = (instrument, kind) }

    public func isCarried(by route: Route) -> Bool {
        if route == .everything { return true }
        return switch kind {
        case .partialDepth, .depthChange, .bestPrices: route == .book
        case .trade: route == .book || route == .market
        case .aggregateTrade, .candle, .continuousCandle, .mark, .liquidation, .dayTicker, .dayMiniTicker:
            route == .market
        }
    }

    /// Nil for a stream that the venue does not have; subscribing to it succeeds and stays silent.
    public init?(_ name: String, instruments: [Instrument]) {
        if let kind = Self.kindOfAll(name) {
            self.init(instrument: Self.every, kind: kind)
            return
        }
        let parts = name.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        let isContinuous = parts[0].hasSuffix(Self.perpetual)
        let name = Self.contract(parts[0])
        guard parts.count >= 2, let symbol = Symbol(name), name == symbol.lowercased,
            let index = instruments.firstIndex(where: { $0.symbol == symbol }),
            let kind = Self.kind(Array(parts.dropFirst())), isContinuous == kind.isContinuous
        else { return nil }
        self.init(instrument: index, kind: kind)
    }

    private static let perpetual = "_perpetual"

    /// The contract in small letters that the part of a name before its first `@` tells of.
    static func contract(_ part: some StringProtocol) -> String {
        String(part.hasSuffix(perpetual) ? part.dropLast(perpetual.count) : part[...])
    }

    private static func kindOfAll(_ name: String) -> Kind? {
        switch name {
        case "!ticker@arr": .dayTicker
        case "!miniTicker@arr": .dayMiniTicker
        case "!bookTicker": .bestPrices
        case "!forceOrder@arr": .liquidation
        case "!markPrice@arr": .mark(everySeconds: 3)
        case "!markPrice@arr@1s": .mark(everySeconds: 1)
        default: nil
        }
    }

    private static func kind(_ parts: [String]) -> Kind? {
        switch (parts[0], parts.count) {
        case ("aggTrade", 1): return .aggregateTrade
        case ("trade", 1): return .trade
        case ("bookTicker", 1): return .bestPrices
        case ("forceOrder", 1): return .liquidation
        case ("ticker", 1): return .dayTicker
        case ("miniTicker", 1): return .dayMiniTicker
        case ("markPrice", 1): return .mark(everySeconds: 3)
        case ("markPrice", 2): return parts[1] == "1s" ? .mark(everySeconds: 1) : nil
        case ("depth", 1...2): return speed(parts).map { .depthChange(speedMs: $0) }
        case ("depth5", 1...2), ("depth10", 1...2), ("depth20", 1...2):
            let levels = Int(parts[0].dropFirst(5)) ?? 20
            return speed(parts).map { .partialDepth(levels: levels, speedMs: $0) }
        default:
            let words = parts[0].split(separator: "_", maxSplits: 1)
            guard parts.count == 1, words.count == 2, let frame = Timeframe(rawValue: String(words[1])) else {
                return nil
            }
            return words[0] == "kline" ? .candle(frame) : words[0] == "continuousKline" ? .continuousCandle(frame) : nil
        }
    }

    private static func speed(_ parts: [String]) -> Int? {
        if parts.count == 1 { return 250 }
        return switch parts[1] {
        case "0ms": 0
        case "100ms": 100
        case "250ms": 250
        case "500ms": 500
        default: nil
        }
    }

    public func name(_ instruments: [Instrument]) -> String {
        let isEvery = instrument == Self.every
        let symbol = isEvery ? "!" : instruments[instrument].symbol.lowercased
        func named(_ name: String, _ isArray: Bool = true, _ end: String = "") -> String {
            isEvery ? "!" + name + (isArray ? "@arr" : "") + end : "\(symbol)@\(name)\(end)"
        }
        func speed(_ ms: Int) -> String { ms == 250 ? "" : "@\(ms)ms" }
        return switch kind {
        case .aggregateTrade: symbol + "@aggTrade"
        case .trade: symbol + "@trade"
        case .partialDepth(let levels, let speedMs): "\(symbol)@depth\(levels)\(speed(speedMs))"
        case .depthChange(let speedMs): symbol + "@depth" + speed(speedMs)
        case .bestPrices: named("bookTicker", false)
        case .candle(let frame): symbol + "@kline_" + frame.rawValue
        case .continuousCandle(let frame): symbol + Self.perpetual + "@continuousKline_" + frame.rawValue
        case .mark(let seconds): named("markPrice", true, seconds == 1 ? "@1s" : "")
        case .liquidation: named("forceOrder")
        case .dayTicker: named("ticker")
        case .dayMiniTicker: named("miniTicker")
        }
    }

    /// What the venue has to make for this stream.
    var interest: StreamInterest {
        switch kind {
        case .aggregateTrade, .trade: .trades
        case .partialDepth(_, let speedMs): .partialDepth(StreamInterest.depthSpeedsMs.firstIndex(of: speedMs) ?? 0)
        case .depthChange(let speedMs): .depthChange(StreamInterest.depthSpeedsMs.firstIndex(of: speedMs) ?? 0)
        case .bestPrices: .bestPrices
        case .candle, .continuousCandle: .candles
        case .mark: .mark
        case .liquidation: .liquidations
        case .dayTicker, .dayMiniTicker: .dayTickers
        }
    }
}

extension MarketStream.Kind {
    var isContinuous: Bool { if case .continuousCandle = self { true } else { false } }
}
