public import SignalContracts
import TradingPrimitives

/// S2: turns a decision to trade into a plan with size, leverage, stop and target, or says which rule refused it.
///
/// Definitions: strategy reference, "Risk".
public struct RiskManager: StreamProcessor {
    let configuration: RiskConfiguration
    private var rules: [InstrumentRules] = []
    var exposure = Exposure()
    /// What must survive a restart.
    public private(set) var session: RiskSession
    /// What it lets trade at present.
    public var state: RiskState { session.state(at: now) }
    /// Whether the session's journal takes records: without it no plan is approved.
    public var isJournalWritable = true
    private var account: AccountUpdate?
    private var learned: EngineWeights?
    /// Newest event time seen on any market stream.
    private var now = Timestamp.zero
    private var told: RiskState?
    /// Plans made before a restart, until their decision has been judged again.
    private var recalled: [TradeId: TradePlan] = [:]

    public init(
        _ configuration: RiskConfiguration = RiskConfiguration(), session: RiskSession = RiskSession()
    ) {
        self.configuration = configuration
        self.session = session
    }

    public mutating func process(_ input: RiskInput, emit: (RiskOutput) -> Void) {
        switch input.event {
        case .metric(let metric):
            if case .instrument(let instrument) = metric.value { learn(instrument) }
            advance(to: metric.eventTime, emit)
        case .account(let update): account = update
        case .weights(let weights): learned = weights
        case .command(let command): obey(command, emit)
        case .plan(let plan): recalled[plan.id] = plan
        case .execution(let event):
            exposure.apply(event, of: input.symbol)
            if let summary = event.summary { close(event.plan, summary, emit) }
        case .decision(let decision):
            advance(to: decision.eventTime, emit)
            if let symbol = input.symbol { consider(decision, symbol, emit) }
        }
    }

    private mutating func learn(_ instrument: InstrumentRules) {
        rules.removeAll { $0.symbol == instrument.symbol }
        rules.append(instrument)
    }

    // MARK: Plans

    private mutating func consider(_ decision: Decision, _ symbol: Symbol, _ emit: (RiskOutput) -> Void) {
        guard let direction = decision.action.direction, let strategy = decision.strategy else { return }
        exposure.expire(at: now)
        if let plan = recalled.removeValue(forKey: decision.id) { return exposure.reserve(plan, of: symbol) }
        let verdict: TradePlan.Verdict
        do throws(Refusal) {
            verdict = .approved(try terms(for: decision, direction, strategy, symbol, emit))
        } catch {
            verdict = .rejected(rule: error.rule, detail: error.detail)
        }
        let plan = TradePlan(
            id: decision.id, cause: decision.cause, eventTime: decision.eventTime, direction: direction,
            strategy: strategy, confidence: decision.confidence, verdict: verdict)
        exposure.reserve(plan, of: symbol)
        emit(.plan(symbol, plan))
    }

    private mutating func terms(
        for decision: Decision, _ direction: Direction, _ strategy: Strategy, _ symbol: Symbol,
        _ emit: (RiskOutput) -> Void
    ) throws(Refusal) -> TradeTerms {
        try checkBreakers(emit)
        let age = now - decision.eventTime
        guard age <= configuration.decisionAgeMaxMs else {
            throw Refusal(.stale, "the decision is \(age) ms old > \(configuration.decisionAgeMaxMs) ms")
        }
        let balance = try balance()
        if let plan = exposure.plan(of: symbol) { throw Refusal(.symbolBusy, "\(plan) is not over") }
        // The executor may hold what no plan in memory tells of: one older than the replay, or one adopted.
        let open = max(exposure.count, account?.openPositions ?? 0)
        guard open < configuration.sizing.positionsMax else {
            throw Refusal(.maxPositions, "\(open) ≥ \(configuration.sizing.positionsMax)")
        }
        let setting = try setting(decision, direction, strategy, symbol)
        let levels = try Levels(setting, configuration)
        try checkReward(levels, setting)
        let share = RiskShare(
            confidence: decision.confidence, session, sizeMultiplier: setting.regime.sizeMultiplier, configuration)
        return try size(setting, levels, share, balance: balance)
    }

    private func setting(
        _ decision: Decision, _ direction: Direction, _ strategy: Strategy, _ symbol: Symbol
    ) throws(Refusal) -> Setting {
        guard let rules = rules.first(where: { $0.symbol == symbol }) else {
            throw Refusal(.noRules, "the contract's rules are not known yet")
        }
        guard let quote = Quote(bid: decision.signals.orderFlow?.bestBid, ask: decision.signals.orderFlow?.bestAsk)
        else {
            throw Refusal(.noBook, "the decision holds no valid best prices")
        }
        // The ATR is known long before E3 is warm; `phase1` needs nothing else of it.
        guard let technical = decision.signals.technical, technical.isWarm || configuration.profile == .phase1,
            let atr = technical.atr, atr > 0,
            decision.eventTime - technical.eventTime <= configuration.technicalAgeMaxMs
        else { throw Refusal(.noAtr, "E3 is missing, cold or older than \(configuration.technicalAgeMaxMs) ms") }
        let regime =
            configuration.profile == .phase1
            ? RegimeTerms()
            : try RegimeTerms(
                decision.signals.regime, at: decision.eventTime, ageMaxMs: configuration.regimeAgeMaxMs)
        return Setting(
            decision: decision, strategy: strategy, direction: direction, rules: rules, quote: quote, atr: atr,
            technical: technical, regime: regime,
            entryOffsetTicks: learned?.entryOffsetTicks ?? configuration.entryOffsetTicks,
            takeProfitMultiplier: learned?.takeProfitMultiplier ?? 1,
            profitMinMultiplier: learned?.minTakeProfitMultiplier ?? 1,
            makerFeeRate: feeRate(account?.makerFeeRate ?? configuration.makerFeeRate),
            takerFeeRate: feeRate(account?.takerFeeRate ?? configuration.takerFeeRate))
    }

    private func feeRate(_ rate: Ratio) -> Ratio { configuration.hasBnbDiscount ? Ratio(raw: rate.raw * 9 / 10) : rate }

    private func balance() throws(Refusal) -> Notional {
        guard let account, now - account.eventTime <= configuration.accountAgeMaxMs else {
            throw Refusal(.noBalance, "no account update within \(configuration.accountAgeMaxMs) ms")
        }
        guard account.walletBalance > .zero else { throw Refusal(.noBalance, "balance \(account.walletBalance)") }
        return account.walletBalance
    }

    private func checkReward(_ levels: Levels, _ setting: borrowing Setting) throws(Refusal) {
        guard levels.grossRewardToRisk >= configuration.rewardToRiskMin else {
            throw Refusal(
                .rewardToRisk,
                "tp1/sl \(percent(levels.takeProfitRatio))/\(percent(levels.stopRatio)) = "
                    + "\(rounded(levels.grossRewardToRisk)) < \(configuration.rewardToRiskMin)")
        }
        let least =
            (setting.makerFeeRate.double * 2 + setting.quote.spread + configuration.profitMin)
            * setting.profitMinMultiplier
        guard levels.takeProfitRatio >= least else {
            throw Refusal(.minTakeProfit, "tp1 \(percent(levels.takeProfitRatio)) < \(percent(least))")
        }
    }

    private mutating func checkBreakers(_ emit: (RiskOutput) -> Void) throws(Refusal) {
        guard isJournalWritable else { throw Refusal(.journal, "the risk journal can't be written") }
        if session.isHalted { throw Refusal(.halted, "a person halted trading; `vortexctl resume` ends it") }
        if let breaker = session.checkOvertrade(at: now, open: exposure.count, configuration.breakers) {
            announce(breaker, emit)
            tell(emit)
        }
        for (breaker, rule) in [
            (Breaker.dailyLoss, RiskRule.dailyLoss), (.lossStreak, .lossStreak), (.hourlyLoss, .hourlyLoss),
            (.overtrade, .overtrade),
        ] {
            if let until = session.isActive(breaker, at: now) {
                throw Refusal(rule, "\(describe(breaker)); until \(until)")
            }
        }
    }

    private func describe(_ breaker: Breaker) -> String {
        let rules = configuration.breakers
        return switch breaker {
        case .dailyLoss: "the day lost \(percent(session.dailyLoss)) > \(percent(rules.dailyLossMax))"
        case .lossStreak: "\(session.lossStreak) losses in a row ≥ \(rules.streakLosses)"
        case .hourlyLoss: "\(session.lossesLastHour(at: now)) losses within an hour ≥ \(rules.hourlyLosses)"
        case .overtrade:
            "\(session.tradesThisHour(at: now)) trades this hour and \(exposure.count) under way ≥ \(rules.hourlyTrades)"
        }
    }

    // MARK: The day

    private mutating func advance(to time: Timestamp, _ emit: (RiskOutput) -> Void) {
        now = max(now, time)
        if session.advance(to: now, balance: account?.walletBalance) { tell(emit) }
        // At least once a minute, so that who starts anew knows.
        if told.map({ now - $0.eventTime >= 60_000 }) ?? true { tell(emit) }
    }

    private mutating func close(_ id: TradeId, _ summary: TradeSummary, _ emit: (RiskOutput) -> Void) {
        now = max(now, summary.exitTime)
        _ = session.advance(to: now, balance: account?.walletBalance)
        guard let tripped = session.close(id, summary, configuration.breakers) else { return }
        for breaker in tripped { announce(breaker, emit) }
        if session.checkFees(configuration.breakers) {
            alert(
                .warning, "fee_alert",
                "fees of \(session.feesToday) are more than \(percent(configuration.breakers.feeShareMax)) of the day's "
                    + "gross profit of \(session.grossProfitToday)", emit)
        }
        tell(emit)
    }

    private func announce(_ breaker: ActiveBreaker, _ emit: (RiskOutput) -> Void) {
        alert(
            .warning, breaker.breaker.rawValue, "\(describe(breaker.breaker)): no entries until \(breaker.until)", emit)
    }

    private func alert(_ severity: Severity, _ event: String, _ text: String, _ emit: (RiskOutput) -> Void) {
        emit(.alert(Alert(eventTime: now, severity: severity, service: "risk-manager", event: event, text: text)))
    }

    private mutating func tell(_ emit: (RiskOutput) -> Void) {
        let state = session.state(at: now)
        told = state
        emit(.state(state, session))
    }

    // MARK: Commands

    private mutating func obey(_ command: Command, _ emit: (RiskOutput) -> Void) {
        guard command.name == .halt || command.name == .resume else { return }
        let isHalt = command.name == .halt
        session.setHalted(isHalt)
        let text = isHalt ? "no entries until a person resumes" : "entries are allowed as far as no breaker stops them"
        alert(isHalt ? .warning : .info, command.name.rawValue, "\(command.author): \(text)", emit)
        emit(
            .reply(
                Reply(command: command.id, eventTime: now, service: "risk-manager", isDone: true, text: text)))
        tell(emit)
    }
}
