import Decisions
import SignalContracts
import Testing
import TradingPrimitives

/// A conversation with the decision engine: five signals that all speak for one trade, to be spoilt one by one.
struct Talk {
    let symbol: Symbol
    var engine: DecisionEngine
    var now = Timestamp(milliseconds: 1_700_000_000_000)
    var signals = SignalSnapshot()
    private var counter: UInt64 = 0
    /// What was said beside decisions, oldest first.
    var words: [Readiness] = []
    var alerts: [Alert] = []
    /// Whether the risk manager and the executor speak in time, and what the executor says.
    var hasCompany = true
    var account = AccountUpdate(
        eventTime: .zero, walletBalance: .zero, availableBalance: .zero, unrealizedPnl: .zero, openPositions: 0,
        unknownOrders: 0, acceptsEntries: true, isVenueReachable: true, usedWeight: 0, weightLimit: 0, roundTripMs: 0)
    private var risk = RiskState(eventTime: .zero)

    init(_ strategy: Strategy, _ direction: Direction = .long) throws {
        symbol = try #require(Symbol("BTCUSDT"))
        engine = DecisionEngine(symbols: [symbol])
        signals = Talk.signals(for: strategy, direction)
    }

    /// What every engine says when the strategy's conditions all hold, for a long; mirrored for a short.
    static func signals(for strategy: Strategy, _ direction: Direction) -> SignalSnapshot {
        let isLong = direction == .long
        let sign = Double(direction.sign)
        var flow = OrderFlowSignal(cause: .zero, eventTime: .zero)
        flow.direction = isLong ? .buyPressure : .sellPressure
        (flow.strength, flow.conviction) = (0.9, 1)
        (flow.imbalance, flow.cvdSlope, flow.cvdPressure) = (0.5 * sign, 0.3 * sign, 0.4 * sign)
        (flow.cvdDivergence, flow.wallAbsorbed) = (strategy == .reversion, strategy == .cascade)
        flow.wallAbsorbedDirection = strategy == .cascade ? direction : nil
        var tick = TickSignal(cause: .zero, eventTime: .zero)
        tick.direction = isLong ? .long : .short
        tick.strength = 0.8
        (tick.velocityRatio, tick.streak, tick.streakSide) = (2.5, 12, direction.entrySide)
        (tick.volumeSpike, tick.spikeRatio) = (true, 3)
        if strategy == .reversion { (tick.velocityRatio, tick.volumeSpike, tick.spikeRatio) = (1, false, 1) }
        (tick.bigTrade, tick.bigTradeSide) = (strategy == .cascade, direction.entrySide)
        if strategy == .cascade { tick.velocityRatio = 1.5 }
        var technical = TechnicalSignal(cause: .zero, eventTime: .zero)
        technical.direction = isLong ? .long : .short
        technical.strength = 0.7
        technical.emaTrend = isLong ? .bullish : .bearish
        (technical.price, technical.rsi) = (60_000, 50)
        if strategy == .reversion {
            (technical.direction, technical.strength) = (.neutral, 0)
            technical.reversionDirection = isLong ? .long : .short
            (technical.reversionStrength, technical.rsi) = (0.9, isLong ? 20 : 80)
            technical.bollingerZone = isLong ? .lower : .upper
        }
        var sentiment = SentimentSignal(cause: .zero, eventTime: .zero)
        sentiment.direction = isLong ? .crowdShort : .crowdLong
        sentiment.strength = 0.5
        if strategy == .cascade {
            (sentiment.liquidationProximity, sentiment.clusterDirection) = (0.8, isLong ? .above : .below)
            (sentiment.openInterestChange, sentiment.openInterestReading) = (-0.6, .shortLiquidation)
        }
        var regime = RegimeSignal(cause: .zero, eventTime: .zero)
        (regime.isTradeable, regime.isSpreadOk) = (true, true)
        regime.regime = strategy == .reversion ? .ranging : .trending
        regime.preferredStrategy = strategy == .momentum ? .momentum : strategy == .reversion ? .reversion : .any
        var snapshot = SignalSnapshot()
        (snapshot.orderFlow, snapshot.tick, snapshot.technical) = (flow, tick, technical)
        (snapshot.sentiment, snapshot.regime) = (sentiment, regime)
        return snapshot
    }

    /// Lets the four other engines speak, then who else is to be `heard`, then E1.
    mutating func evaluate(
        afterMs: Int64 = 100, others: Bool = true, heard: (inout Talk) -> Void = { _ in }
    ) -> Decision? {
        now = now + afterMs
        if hasCompany { keepCompany() }
        if others {
            if var signal = signals.tick {
                (signal.isWarm, signal.eventTime, signal.cause) = (true, now, nextCause())
                _ = hear(.signal(.tick(signal)))
            }
            if var signal = signals.technical {
                (signal.isWarm, signal.eventTime, signal.cause) = (true, now, nextCause())
                _ = hear(.signal(.technical(signal)))
            }
            if var signal = signals.sentiment {
                (signal.isWarm, signal.eventTime, signal.cause) = (true, now, nextCause())
                _ = hear(.signal(.sentiment(signal)))
            }
            if var signal = signals.regime {
                (signal.isWarm, signal.eventTime, signal.cause) = (true, now, nextCause())
                _ = hear(.signal(.regime(signal)))
            }
        }
        heard(&self)
        guard var signal = signals.orderFlow else { return nil }
        (signal.isWarm, signal.eventTime, signal.cause) = (true, now, nextCause())
        return hear(.signal(.orderFlow(signal)))
    }

    /// The id of an entry of the market behind all others.
    mutating func nextCause() -> StreamId {
        counter += 1
        return StreamId(milliseconds: UInt64(now.milliseconds), sequence: counter)
    }

    /// The others of the suite say that all is well.
    mutating func keepCompany() {
        risk.eventTime = now
        _ = hear(.risk(risk))
        account.eventTime = now
        _ = hear(.account(account))
    }

    /// What the last decision showed people.
    private(set) var projections: [Projection] = []

    mutating func hear(_ event: DecisionInput.Event) -> Decision? {
        if case .risk(let state) = event { risk = state }
        var answer: Decision?
        engine.process(DecisionInput(symbol: symbol, event: event)) { output in
            switch output {
            case .decision(_, let decision, _):
                answer = decision
                projections = []
                output.forEachProjection { projections.append($0) }
            case .readiness(_, let word): words.append(word)
            case .alert(let alert): alerts.append(alert)
            }
        }
        return answer
    }
}
