public import SignalContracts
public import TradingPrimitives

/// S2: turns a decision to trade into a plan with size, leverage, stop and target, or says which rule refused it.
///
/// Definitions: strategy reference, "Risk".
public struct RiskManager: StreamProcessor {
    let configuration: RiskConfiguration
    /// Of contracts that have their own.
    private let own: [Symbol: RiskConfiguration]
    private var contracts: [Symbol: ContractTerms] = [:]
    var exposure = Exposure()
    /// What must survive a restart.
    public private(set) var session: RiskSession
    /// What it lets trade at present.
    public var state: RiskState {
        var state = session.state(at: now)
        state.capitalLimit = configuration.sizing.capitalLimit
        return state
    }
    /// Whether the session's journal takes records: without it no plan is approved.
    public var isJournalWritable = true
    /// The plan that it believes is under way in a contract.
    package func plan(of symbol: Symbol) -> TradeId? { exposure.plan(of: symbol) }
    private var account: AccountUpdate?
    private var learned: EngineWeights?
    /// Newest event time of a market entry, a decision or the executor's word that can be believed.
    private var now = Timestamp.zero
    /// A time that is far from the last one is no time until others say the same: one that went into the future would end the
    /// day there, and with it what its losses stop.
    private var timeGate = TimeGate(leapMs: 600_000)
    private var told: RiskState?
    /// Plans made before a restart, until their decision has been judged again.
    private var recalled: [TradeId: TradePlan] = [:]

    /// `own`: of contracts in which it is another; what is of the account and the day is of all.
    public init(
        _ configuration: RiskConfiguration = RiskConfiguration(), own: [Symbol: RiskConfiguration] = [:],
        session: RiskSession = RiskSession()
    ) {
        self.configuration = configuration
        self.own = own
        self.session = session
    }

    public mutating func process(_ input: RiskInput, emit: (RiskOutput) -> Void) {
        switch input.event {
        case .metric(let metric): advance(to: metric.eventTime, emit)
        case .contract(let terms): contracts[terms.rules.symbol] = terms
        case .account(let update):
            account = update
            advance(to: update.eventTime, emit)
        case .weights(let weights): learned = weights
        case .command(let command): obey(command, emit)
        case .plan(let plan): recalled[plan.id] = plan
        case .execution(let event):
            exposure.apply(event, of: input.symbol)
            if let summary = event.summary { close(event.plan, summary, of: input.symbol, emit) }
        case .decision(let decision):
            advance(to: decision.eventTime, emit)
            if let symbol = input.symbol { consider(decision, symbol, emit) }
        }
    }

    // MARK: Plans

    private mutating func consider(_ decision: Decision, _ symbol: Symbol, _ emit: (RiskOutput) -> Void) {
        guard let direction = decision.action.direction, let strategy = decision.strategy else { return }
        exposure.expire(at: now)
        // What a death between the journal and the streams kept from being said is said now.
        if let announcement = session.announcement, announcement.key == decision.id {
            for breaker in announcement.breakers { announce(breaker, by: symbol, emit) }
        }
        if let plan = recalled.removeValue(forKey: decision.id) { return exposure.reserve(plan, of: symbol) }
        let verdict: TradePlan.Verdict
        do throws(PlanRefusal) {
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
    ) throws(PlanRefusal) -> TradeTerms {
        try checkBreakers(decision.id, symbol, emit)
        let configuration = own[symbol] ?? configuration
        let age = now - decision.eventTime
        guard now.isWithin(configuration.decisionAgeMaxMs, of: decision.eventTime) else {
            throw PlanRefusal(.stale, "the decision is \(age) ms old > \(configuration.decisionAgeMaxMs) ms")
        }
        let balance = try balance()
        if let plan = exposure.plan(of: symbol) { throw PlanRefusal(.symbolBusy, "\(plan) is not over") }
        // The executor may hold what no plan in memory tells of: one older than the replay, or one adopted.
        let open = max(exposure.count, account?.openPositions ?? 0)
        guard open < configuration.sizing.positionsMax else {
            throw PlanRefusal(.maxPositions, "\(open) ≥ \(configuration.sizing.positionsMax)")
        }
        let setting = try setting(decision, direction, strategy, symbol, configuration)
        let levels = try Levels(setting, configuration)
        try checkReward(levels, setting)
        let share = RiskShare(
            confidence: decision.confidence, session, sizeMultiplier: setting.regime.sizeMultiplier, configuration)
        return try size(setting, levels, share, balance: balance)
    }

    private func setting(
        _ decision: Decision, _ direction: Direction, _ strategy: Strategy, _ symbol: Symbol,
        _ configuration: RiskConfiguration
    ) throws(PlanRefusal) -> Setting {
        guard let contract = contracts[symbol] else {
            throw PlanRefusal(.noRules, "the contract's rules are not known yet")
        }
        guard let quote = Quote(bid: decision.signals.orderFlow?.bestBid, ask: decision.signals.orderFlow?.bestAsk)
        else {
            throw PlanRefusal(.noBook, "the decision holds no valid best prices")
        }
        // The ATR is known long before E3 is warm; `phase1` needs nothing else of it.
        guard let technical = decision.signals.technical, technical.isWarm || configuration.profile == .phase1,
            let atr = technical.atr, atr > 0,
            decision.eventTime.isWithin(configuration.technicalAgeMaxMs, of: technical.eventTime)
        else { throw PlanRefusal(.noAtr, "E3 is missing, cold or older than \(configuration.technicalAgeMaxMs) ms") }
        let regime =
            configuration.profile == .phase1
            ? RegimeTerms()
            : try RegimeTerms(
                decision.signals.regime, at: decision.eventTime, ageMaxMs: configuration.regimeAgeMaxMs)
        func feeRate(_ rate: Ratio) -> Ratio {
            configuration.hasBnbDiscount ? rate.times(Ratio(raw: 9 * fixedScale / 10)) : rate
        }
        return Setting(
            configuration: configuration, decision: decision, strategy: strategy, direction: direction,
            rules: contract.rules, quote: quote, atr: atr,
            technical: technical, regime: regime,
            entryOffsetTicks: learned?.entryOffsetTicks ?? configuration.entryOffsetTicks,
            takeProfitMultiplier: learned?.takeProfitMultiplier ?? 1,
            profitMinMultiplier: learned?.minTakeProfitMultiplier ?? 1,
            makerFeeRate: feeRate(contract.makerFeeRate ?? account?.makerFeeRate ?? configuration.makerFeeRate),
            takerFeeRate: feeRate(contract.takerFeeRate ?? account?.takerFeeRate ?? configuration.takerFeeRate))
    }

    private func balance() throws(PlanRefusal) -> Notional {
        // The executor goes on speaking when the venue tells no balances any more.
        guard let account, now.isWithin(configuration.accountAgeMaxMs, of: account.balanceTime) else {
            throw PlanRefusal(.noBalance, "no balance was told within \(configuration.accountAgeMaxMs) ms")
        }
        guard account.walletBalance > .zero else { throw PlanRefusal(.noBalance, "balance \(account.walletBalance)") }
        return configuration.sizing.capitalLimit.map { min($0, account.walletBalance) } ?? account.walletBalance
    }

    private func checkReward(_ levels: Levels, _ setting: borrowing Setting) throws(PlanRefusal) {
        let configuration = setting.configuration
        guard levels.grossRewardToRisk >= configuration.rewardToRiskMin else {
            throw PlanRefusal(
                .rewardToRisk,
                "tp1/sl \(percent(levels.takeProfitRatio))/\(percent(levels.stopRatio)) = "
                    + "\(rounded(levels.grossRewardToRisk)) < \(configuration.rewardToRiskMin)")
        }
        let least =
            (setting.makerFeeRate.double * 2 + setting.quote.spread + configuration.profitMin)
            * setting.profitMinMultiplier
        guard levels.takeProfitRatio >= least else {
            throw PlanRefusal(.minTakeProfit, "tp1 \(percent(levels.takeProfitRatio)) < \(percent(least))")
        }
    }

    private mutating func checkBreakers(
        _ id: TradeId, _ symbol: Symbol, _ emit: (RiskOutput) -> Void
    ) throws(PlanRefusal) {
        guard isJournalWritable else { throw PlanRefusal(.journal, "the risk journal can't be written") }
        if session.isHalted { throw PlanRefusal(.halted, "a person halted trading; `vortexctl resume` ends it") }
        if session.paused.contains(symbol) {
            throw PlanRefusal(.halted, "a person paused \(symbol); `vortexctl resume \(symbol)` ends it")
        }
        if let breaker = session.checkOvertrade(
            id, at: now, open: exposure.count, configuration.breakers)
        {
            announce(breaker, by: symbol, emit)
            tell(emit)
        }
        for (breaker, rule) in [
            (Breaker.dailyLoss, RiskRule.dailyLoss), (.lossStreak, .lossStreak), (.hourlyLoss, .hourlyLoss),
            (.overtrade, .overtrade),
        ] {
            if let until = session.isActive(breaker, at: now) {
                throw PlanRefusal(rule, "\(describe(breaker)); until \(until)")
            }
        }
    }

    private func describe(_ breaker: Breaker) -> String {
        let rules = configuration.breakers
        return switch breaker {
        case .dailyLoss:
            "Daily loss limit reached: the day lost \(percent(session.dailyLoss)) > \(percent(rules.dailyLossMax))"
        case .lossStreak: "\(session.lossStreak) consecutive losses ≥ \(rules.streakLosses)"
        case .hourlyLoss: "\(session.lossesLastHour(at: now)) losses within an hour ≥ \(rules.hourlyLosses)"
        case .overtrade:
            "\(session.tradesThisHour(at: now)) trades this hour and \(exposure.count) under way ≥ \(rules.hourlyTrades)"
        }
    }

    // MARK: The day

    private static let fillLeadMaxMs: Int64 = 10_000

    private mutating func advance(to time: Timestamp, _ emit: (RiskOutput) -> Void) {
        switch timeGate.judge(.now(time)) {
        case .doubtful: return
        case .goesOn: now = max(now, time)
        case .beganAnew: now = time
        }
        if advanceSession() { tell(emit) }
        // At least once a minute, so that who starts anew knows.
        if told.map({ now - $0.eventTime >= 60_000 }) ?? true { tell(emit) }
    }

    private mutating func advanceSession() -> Bool {
        session.advance(
            to: now, balance: balanceKnown, limit: configuration.sizing.capitalLimit, configuration.breakers)
    }

    /// The account's balance, once the venue has told it.
    private var balanceKnown: Notional? { account.flatMap { $0.balanceTime > .zero ? $0.walletBalance : nil } }

    private mutating func close(
        _ id: TradeId, _ summary: TradeSummary, of symbol: Symbol?, _ emit: (RiskOutput) -> Void
    ) {
        // The venue's time of a fill may be a little ahead of what was heard of the market. No trade ends in the future.
        if summary.exitTime - now <= Self.fillLeadMaxMs { now = max(now, summary.exitTime) }
        _ = advanceSession()
        let outcome = session.close(id, summary, at: now, configuration.breakers)
        guard let outcome else { return }
        for breaker in outcome.breakers { announce(breaker, by: symbol, emit) }
        if outcome.hasFeeAlert {
            alert(
                .warning, "fee_alert",
                "fees of \(session.feesToday) are more than \(percent(configuration.breakers.feeShareMax)) of the day's "
                    + "gross profit of \(session.grossProfitToday)", emit)
        }
        tell(emit)
    }

    /// It stops all contracts; the alert names the one that tripped it.
    private func announce(_ breaker: ActiveBreaker, by symbol: Symbol?, _ emit: (RiskOutput) -> Void) {
        let minutes = max(1, (breaker.until - now + 59_999) / 60_000)
        let clock = breaker.until.description.dropFirst(11).prefix(5)
        let pause = minutes > 90 ? "No entries" : "Cooldown: \(minutes) minutes, no entries"
        alert(
            .warning, breaker.breaker.rawValue, "\(describe(breaker.breaker)). \(pause) until \(clock) UTC", of: symbol,
            emit)
    }

    private func alert(
        _ severity: Severity, _ event: String, _ text: String, of symbol: Symbol? = nil, _ emit: (RiskOutput) -> Void
    ) {
        emit(
            .alert(
                Alert(
                    eventTime: now, severity: severity, service: "risk-manager", event: event, symbol: symbol,
                    text: text)))
    }

    private mutating func tell(_ emit: (RiskOutput) -> Void) {
        let state = state
        told = state
        emit(.state(state, session))
    }

    // MARK: Commands

    private mutating func obey(_ command: Command, _ emit: (RiskOutput) -> Void) {
        let isStop = command.name == .halt || command.name == .pause
        guard isStop || command.name == .resume else { return }
        let text: String
        switch (command.name, command.symbol) {
        case (.pause, nil): return answer(command, false, "pause needs a symbol; halt is for all", emit)
        case (.pause, let symbol?), (.resume, let symbol?):
            session.setPaused(symbol, isStop)
            text =
                isStop
                ? "no entries in \(symbol) until a person resumes it"
                : "entries in \(symbol) are allowed as far as nothing else stops them"
        default:
            session.setHalted(isStop)
            let kept = session.paused.map(\.name).joined(separator: ", ")
            text =
                isStop
                ? "no entries until a person resumes"
                : "entries are allowed as far as no breaker stops them"
                    + (kept.isEmpty ? "" : "; paused: \(kept)")
        }
        alert(isStop ? .warning : .info, command.name.rawValue, "\(command.author): \(text)", emit)
        answer(command, true, text, emit)
        tell(emit)
    }

    private func answer(_ command: Command, _ isDone: Bool, _ text: String, _ emit: (RiskOutput) -> Void) {
        emit(
            .reply(
                Reply(command: command.id, eventTime: now, service: "risk-manager", isDone: isDone, text: text)))
    }
}
