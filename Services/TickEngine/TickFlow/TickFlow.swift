import Indicators
public import SignalContracts
public import TradingPrimitives

/// E2: says where takers push, from the trades alone.
///
/// State changes on each aggregated trade; a signal goes out when its direction, volume spike or big trade changes, or
/// 100 ms of event time after the last. Definitions: strategy reference, "E2 tick".
public struct TickFlow: StreamProcessor {
    private let configuration: TickFlowConfiguration
    /// The least product of price and quantity that is above the notional of a big trade.
    private let bigTradeProduct: Int128
    private var trades = TradeSequence()
    private var tape = TradeTape()
    private var second = TapeWindow(spanMs: 1000)
    private var spikeWindow = TapeWindow(spanMs: 3000)
    private var aggressorWindow = TapeWindow(spanMs: 5000)
    private var baseWindow = TapeWindow(spanMs: Self.baseMs)
    private var deltas = DeltaSamples()
    private var firstTradeTime: Timestamp?
    private var streak = 0
    private var streakSide: Side?
    private var bigTradeTime: Timestamp?
    private var bigTradeSide: Side?
    private var published: TickSignal?
    private var pace = ProjectionPace()

    static let baseMs: Int64 = 30_000

    public init(_ configuration: TickFlowConfiguration = TickFlowConfiguration()) {
        precondition(configuration.streakMin > 0 && configuration.streakMax >= configuration.streakMin)
        self.configuration = configuration
        bigTradeProduct = (Int128(configuration.bigTradeNotional.raw) + 1) * Int128(fixedScale)
    }

    public mutating func process(_ input: TickFlowInput, emit: (TickFlowOutput) -> Void) {
        let trade = input.trade
        // Given twice, by whomever, it counts once.
        guard trades.missing(before: trade) != nil else { return }
        let time = remember(trade)
        let signal = evaluate(at: time, cause: input.id)
        if let published, !isNews(signal, after: published) { return }
        published = signal
        emit(TickFlowOutput(symbol: input.symbol, signal: signal, isShown: pace.isDue(at: time)))
    }

    /// Returns the time that the trade counts as: its own, or the latest seen if that is later.
    private mutating func remember(_ trade: AggTrade) -> Timestamp {
        let side = trade.takerSide
        let time = tape.append(
            time: trade.tradeTime, price: trade.price, quantity: trade.quantity, takerSide: side)
        firstTradeTime = firstTradeTime ?? time
        second.advance(to: time, over: tape)
        spikeWindow.advance(to: time, over: tape)
        aggressorWindow.advance(to: time, over: tape)
        baseWindow.advance(to: time, over: tape)
        tape.removeAll(before: baseWindow.start)
        deltas.add((trade.quantity * side.sign).raw, at: time)
        streak = side == streakSide ? min(streak + 1, configuration.streakMax) : 1
        streakSide = side
        if Int128(trade.price.raw) * Int128(trade.quantity.raw) >= bigTradeProduct {
            bigTradeTime = time
            bigTradeSide = side
        }
        return time
    }

    private func evaluate(at time: Timestamp, cause: StreamId) -> TickSignal {
        var signal = TickSignal(cause: cause, eventTime: time)
        signal.velocity1s = second.count
        signal.velocityAverage = Double(baseWindow.count) / Double(Self.baseMs / 1000)
        if aggressorWindow.volume > 0 {
            let volume = aggressorWindow.volume
            signal.aggressorRatio = ((volume + aggressorWindow.delta) / 2).double / volume.double
        }
        signal.streak = streak
        signal.streakSide = streakSide
        if let bigTradeTime, bigTradeTime > time - 1000 {
            signal.bigTrade = true
            signal.bigTradeSide = bigTradeSide
        }
        signal.deltaSlope = deltas.slope
        guard let firstTradeTime, time - firstTradeTime >= Self.baseMs else { return signal }
        signal.isWarm = true
        signal.velocityRatio = Double(signal.velocity1s) / signal.velocityAverage
        let mean = baseWindow.volume.double / 10
        let spikeRatio = mean > 0 ? spikeWindow.volume.double / mean : 0
        signal.spikeRatio = spikeRatio
        signal.volumeSpike = spikeRatio > configuration.spikeRatioMin
        signal.direction = direction(signal)
        signal.strength = strength(signal)
        return signal
    }

    private func direction(_ signal: TickSignal) -> Momentum {
        let isActive = (signal.velocityRatio ?? 0) >= 1
        let isRun = signal.streak >= configuration.streakMin
        let isLong =
            (isRun && streakSide == .buy) || (isActive && signal.aggressorRatio > configuration.aggressorRatioMin)
        let isShort =
            (isRun && streakSide == .sell) || (isActive && signal.aggressorRatio < 1 - configuration.aggressorRatioMin)
        switch (isLong, isShort) {
        case (true, true): return streakSide == .buy ? .long : .short
        case (true, false): return .long
        case (false, true): return .short
        case (false, false): return .neutral
        }
    }

    private func strength(_ signal: TickSignal) -> Double {
        let sign = Double(signal.direction.sign)
        if sign == 0 { return 0 }
        let isRunThisWay = Double(streakSide?.sign ?? 0) == sign
        let run = isRunThisWay ? Double(signal.streak) / Double(configuration.streakMax) : 0
        return 0.35 * run + 0.35 * clamp01(sign * (2 * signal.aggressorRatio - 1))
            + 0.15 * clamp01(((signal.velocityRatio ?? 0) - 1) / 2) + 0.15 * clamp01(((signal.spikeRatio ?? 0) - 1) / 3)
    }

    private func isNews(_ signal: TickSignal, after last: TickSignal) -> Bool {
        signal.direction != last.direction || signal.volumeSpike != last.volumeSpike || signal.bigTrade != last.bigTrade
            || signal.eventTime - last.eventTime >= configuration.publishEveryMs
    }
}

/// One aggregated trade, with its id on the stream.
public struct TickFlowInput: MessageInput, SymbolKeyed {
    public static let streams: [StreamKind] = [.trade]
    /// The longest window, and the six 5 s samples before it.
    public static func warmUpMs(of kind: StreamKind) -> Int64 { 65_000 }

    public let symbol: Symbol
    public let id: StreamId
    public let trade: AggTrade
    public var moment: Moment? { .now(trade.tradeTime) }

    public init(symbol: Symbol, id: StreamId, trade: AggTrade) {
        self.symbol = symbol
        self.id = id
        self.trade = trade
    }

    public init?(stream: StreamName, id: StreamId, message: SuiteMessage) {
        guard let symbol = stream.symbol, case .trade(let trade) = message else { return nil }
        self.init(symbol: symbol, id: id, trade: trade)
    }
}

/// What the tick engine writes of a contract.
public struct TickFlowOutput: MessageOutput {
    public let symbol: Symbol
    public let signal: TickSignal
    /// Whether the hot-state key is written with it.
    public let isShown: Bool

    public var stream: StreamName { StreamName(.signal, symbol) }
    public var message: SuiteMessage { .signal(.tick(signal)) }
    public var projection: Projection? { isShown ? .engineSignal(.tick(signal), of: symbol) : nil }
}
