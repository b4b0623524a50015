import Indicators
public import SignalContracts
public import TradingPrimitives

/// S2: turns a decision to trade into a plan with size, leverage, stop and target, or says which rule refused it.
///
/// This is the `phase1` profile: fixed risk, distances from the 1m ATR. Definitions: strategy reference, "Risk".
public struct RiskManager: StreamProcessor {
    let configuration: RiskConfiguration
    private var markets: [MarketState]
    var exposure = Exposure()
    private var account: AccountUpdate?
    /// Newest event time seen on any market stream.
    private var now = Timestamp.zero

    public init(symbols: [Symbol], _ configuration: RiskConfiguration = RiskConfiguration()) {
        self.configuration = configuration
        markets = symbols.map(MarketState.init)
    }

    public mutating func process(_ input: RiskInput, emit: (RiskOutput) -> Void) {
        switch input.event {
        case .candle(let candle):
            now = max(now, candle.isBackfill ? now : candle.eventTime)
            withMarket(input.symbol) { $0.apply(candle) }
        case .metric(let metric):
            now = max(now, metric.eventTime)
            withMarket(input.symbol) { $0.apply(metric) }
        case .account(let update):
            account = update
        case .execution(let event):
            exposure.apply(event, of: input.symbol)
        case .decision(let decision):
            now = max(now, decision.eventTime)
            guard let symbol = input.symbol, let direction = decision.action.direction,
                let strategy = decision.strategy
            else { return }
            exposure.expire(at: now)
            let verdict: TradePlan.Verdict
            do throws(Refusal) {
                let terms = try terms(for: decision, direction: direction, symbol: symbol)
                exposure.reserve(
                    terms.margin, for: decision.id, of: symbol,
                    until: decision.eventTime + terms.entryTimeoutMs + terms.maxHoldMs + 60_000)
                verdict = .approved(terms)
            } catch {
                verdict = .rejected(rule: error.rule, detail: error.detail)
            }
            emit(
                RiskOutput(
                    symbol: symbol,
                    plan: TradePlan(
                        id: decision.id, cause: decision.cause, eventTime: decision.eventTime, direction: direction,
                        strategy: strategy, confidence: decision.confidence, verdict: verdict)))
        }
    }

    private mutating func withMarket(_ symbol: Symbol?, _ body: (inout MarketState) -> Void) {
        guard let symbol, let index = markets.firstIndex(where: { $0.symbol == symbol }) else { return }
        body(&markets[index])
    }

    private func terms(
        for decision: Decision, direction: Direction, symbol: Symbol
    ) throws(Refusal) -> TradeTerms {
        guard let market = markets.first(where: { $0.symbol == symbol }), let rules = market.rules else {
            throw Refusal(.noRules, "the contract's rules are not known yet")
        }
        try checkFreshness(of: decision)
        let balance = try balance()
        try checkExposure(of: market.symbol)
        let quote = try Quote(decision.signals.orderFlow)
        guard let atr = market.averageTrueRange(period: configuration.atrPeriod) else {
            throw Refusal(.noAtr, "fewer than \(configuration.atrPeriod + 1) closed 1m candles without a gap")
        }
        let entry = quote.entryPrice(direction, offsetTicks: configuration.entryOffsetTicks, tick: rules.tickSize)
        let distances = try Distances(atr: atr, price: entry, rules: rules, configuration)
        try checkReward(distances, quote: quote)
        return try size(decision, entry: entry, distances: distances, balance: balance, rules: rules)
    }

    private func checkFreshness(of decision: Decision) throws(Refusal) {
        let age = now - decision.eventTime
        guard age <= configuration.decisionAgeMaxMs else {
            throw Refusal(.stale, "the decision is \(age) ms old > \(configuration.decisionAgeMaxMs) ms")
        }
    }

    private func balance() throws(Refusal) -> Notional {
        guard let account, now - account.eventTime <= configuration.accountAgeMaxMs else {
            throw Refusal(.noBalance, "no account update within \(configuration.accountAgeMaxMs) ms")
        }
        guard account.walletBalance > .zero else { throw Refusal(.noBalance, "balance \(account.walletBalance)") }
        return account.walletBalance
    }

    private func checkExposure(of symbol: Symbol) throws(Refusal) {
        if let plan = exposure.plan(of: symbol) { throw Refusal(.symbolBusy, "\(plan) is not over") }
        guard exposure.count < configuration.positionsMax else {
            throw Refusal(.maxPositions, "\(exposure.count) ≥ \(configuration.positionsMax)")
        }
    }

    private func checkReward(_ distances: Distances, quote: Quote) throws(Refusal) {
        guard distances.grossRewardToRisk >= configuration.rewardToRiskMin else {
            throw Refusal(
                .rewardToRisk,
                "tp1/sl \(rounded(distances.grossRewardToRisk)) < \(configuration.rewardToRiskMin) at ATR "
                    + "\(rounded(distances.atrRatio * 100)) %")
        }
        let least = configuration.makerFeeRate.double * 2 + quote.spread + configuration.profitMin
        guard distances.takeProfitRatio >= least else {
            throw Refusal(
                .minTakeProfit, "tp1 \(rounded(distances.takeProfitRatio * 100)) % < \(rounded(least * 100)) %")
        }
    }
}

/// Three decimals, for people.
func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

/// The rule that refused a plan, with its numbers.
struct Refusal: Error {
    let rule: RiskRule
    let detail: String

    init(_ rule: RiskRule, _ detail: String) {
        self.rule = rule
        self.detail = detail
    }
}

/// A decision, or one of the facts that it is judged by.
public struct RiskInput: StreamInput {
    public enum Event: Sendable {
        case decision(Decision)
        case candle(CandleUpdate)
        case metric(MarketMetric)
        case execution(ExecutionEvent)
        case account(AccountUpdate)
    }

    public static let streams: [StreamKind] = [.decision, .candle, .metric, .execution, .account]
    /// Enough 1m candles for a settled ATR; longer than any position is held.
    public static let warmUpMs: Int64 = 10_800_000

    /// Nil for the account.
    public let symbol: Symbol?
    public let event: Event

    public init(symbol: Symbol?, event: Event) {
        self.symbol = symbol
        self.event = event
    }

    public init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError) {
        switch stream.kind {
        case .decision: self.init(symbol: stream.symbol, event: .decision(try Decision(fields)))
        case .candle: self.init(symbol: stream.symbol, event: .candle(try CandleUpdate(fields)))
        case .metric: self.init(symbol: stream.symbol, event: .metric(try MarketMetric(fields)))
        case .execution: self.init(symbol: stream.symbol, event: .execution(try ExecutionEvent(fields)))
        case .account: self.init(symbol: nil, event: .account(try AccountUpdate(fields)))
        default: return nil
        }
    }
}

public struct RiskOutput: StreamOutput {
    public let symbol: Symbol
    public let plan: TradePlan

    public var stream: StreamName { StreamName(.plan, symbol) }
    public func encode(into fields: inout Fields) { plan.encode(into: &fields) }
}
