public import SignalContracts
import TradingPrimitives

/// The day's trades and the breakers that they tripped. All that must survive a restart; kept in a journal.
///
/// A function of the trades, each counted once however often it is told.
public struct RiskSession: Equatable, Sendable {
    /// What counts of a closed trade.
    struct Outcome: Equatable, Sendable {
        let id: TradeId
        let entryTime: Timestamp
        let exitTime: Timestamp
        /// After fees.
        let pnl: Notional
        let fees: Notional
        /// Before fees.
        let gross: Notional
        /// An entry that filled less than half and was given up is money, and no trade: it counts in no streak and no rate.
        let isTrade: Bool

        var isLoss: Bool { isTrade && pnl <= .zero }
    }

    /// What a closed trade or a decision set off, until the next one does.
    struct Announcement: Equatable, Sendable {
        /// Of the trade or the decision.
        let key: TradeId
        let breakers: [ActiveBreaker]
        let hasFeeAlert: Bool
    }

    static let dayMs: Int64 = 86_400_000
    static let hourMs: Int64 = 3_600_000
    private static let outcomesMax = 200

    /// Midnight UTC that the day's sums count from.
    private(set) var day = Timestamp.zero
    private(set) var dayStartBalance = Notional.zero
    private(set) var tradesToday = 0
    private(set) var pnlToday = Notional.zero
    private(set) var feesToday = Notional.zero
    private(set) var grossPnlToday = Notional.zero
    private(set) var grossProfitToday = Notional.zero
    private(set) var hasFeeAlert = false
    private(set) var lossStreak = 0
    private(set) var reducedTradesLeft = 0
    private(set) var breakers: [ActiveBreaker] = []
    private(set) var isHalted = false
    /// Contracts that a person keeps out, by name.
    private(set) var paused: [Symbol] = []
    /// The last trades, oldest first.
    private(set) var outcomes: [Outcome] = []
    /// The last announcement: said once more when what set it off comes again, since then it was not said.
    private(set) var announcement: Announcement?
    /// Grows with each change that must survive.
    public private(set) var revision = 0

    public init() {}

    /// Begins a new day when one has begun, and lets breakers end. True when something changed.
    /// Of a wallet no more than `limit` is seen.
    mutating func advance(
        to time: Timestamp, balance: Notional?, limit: Notional? = nil, _ rules: BreakerRules
    ) -> Bool {
        let midnight = time.floored(to: Self.dayMs)
        var isChanged = false
        if midnight != day {
            let isBack = midnight < day
            day = midnight
            dayStartBalance = .zero
            hasFeeAlert = false
            // Of a day that began in the future, what belongs to this one counts in it; of a new day that is nothing.
            countDay()
            if isBack { breakers.removeAll { $0.until - time > Self.dayMs } }
            isChanged = true
        }
        let knownStart = dayStartBalance
        if dayStartBalance == .zero, let balance, balance > .zero { dayStartBalance = balance - pnlToday }
        // A limit that was set during the day holds for all of it.
        if let limit { dayStartBalance = min(dayStartBalance, limit) }
        if dayStartBalance != knownStart {
            if dailyLoss > rules.dailyLossMax { set(ActiveBreaker(.dailyLoss, until: day + Self.dayMs)) }
            isChanged = true
        }
        if breakers.contains(where: { $0.until <= time }) {
            breakers.removeAll { $0.until <= time }
            isChanged = true
        }
        if isChanged { revision += 1 }
        return isChanged
    }

    private mutating func countDay() {
        (tradesToday, pnlToday, feesToday, grossPnlToday, grossProfitToday) = (0, .zero, .zero, .zero, .zero)
        for outcome in outcomes where outcome.exitTime >= day { count(outcome) }
    }

    private mutating func count(_ outcome: Outcome) {
        if outcome.isTrade { tradesToday += 1 }
        pnlToday += outcome.pnl
        feesToday += outcome.fees
        grossPnlToday += outcome.gross
        if outcome.gross > .zero { grossProfitToday += outcome.gross }
    }

    /// Counts a closed trade, no later than `now`. Returns what it set off, once more if it was the last one to be counted and
    /// comes again; nil when it was counted before.
    mutating func close(
        _ id: TradeId, _ summary: TradeSummary, at now: Timestamp, _ rules: BreakerRules
    ) -> Announcement? {
        guard !outcomes.contains(where: { $0.id == id }) else { return announcement?.key == id ? announcement : nil }
        revision += 1
        let exitTime = min(summary.exitTime, now)
        let outcome = Outcome(
            id: id, entryTime: min(summary.entryTime, exitTime), exitTime: exitTime, pnl: summary.netPnl,
            fees: summary.fees, gross: summary.grossPnl, isTrade: summary.exitReason != .noFill)
        outcomes.append(outcome)
        if outcomes.count > Self.outcomesMax { outcomes.removeFirst() }
        if exitTime >= day { count(outcome) }
        if outcome.isTrade {
            lossStreak = outcome.isLoss ? lossStreak + 1 : 0
            reducedTradesLeft = max(0, reducedTradesLeft - 1)
        }
        let said = Announcement(
            key: id, breakers: summary.netPnl <= .zero ? trip(by: outcome, rules) : [], hasFeeAlert: checkFees(rules))
        announcement = said
        return said
    }

    private mutating func trip(by outcome: Outcome, _ rules: BreakerRules) -> [ActiveBreaker] {
        var tripped: [ActiveBreaker] = []
        let time = outcome.exitTime
        if dailyLoss > rules.dailyLossMax {
            tripped.append(ActiveBreaker(.dailyLoss, until: day + Self.dayMs))
        }
        if outcome.isTrade, lossStreak >= rules.streakLosses {
            tripped.append(ActiveBreaker(.lossStreak, until: time + rules.streakPauseMs))
            reducedTradesLeft = rules.streakTrades
        }
        if outcome.isTrade, lossesLastHour(at: time) >= rules.hourlyLosses {
            tripped.append(ActiveBreaker(.hourlyLoss, until: time + rules.hourlyPauseMs))
        }
        for breaker in tripped { set(breaker) }
        return tripped
    }

    /// Stops entries until the next full hour once this hour has seen too many. Nil when it has not, or was stopped.
    mutating func checkOvertrade(
        _ id: TradeId, at time: Timestamp, open: Int, _ rules: BreakerRules
    ) -> ActiveBreaker? {
        guard tradesThisHour(at: time) + open >= rules.hourlyTrades, isActive(.overtrade, at: time) == nil else {
            return nil
        }
        let breaker = ActiveBreaker(.overtrade, until: time.floored(to: Self.hourMs) + Self.hourMs)
        set(breaker)
        announcement = Announcement(key: id, breakers: [breaker], hasFeeAlert: false)
        revision += 1
        return breaker
    }

    /// Whether the day's fees have just become too great a part of its gross profit: true once a day, and not before there are
    /// trades enough to judge by: the first loss of a day has paid fees and no profit yet.
    private mutating func checkFees(_ rules: BreakerRules) -> Bool {
        guard !hasFeeAlert, tradesToday >= rules.feeTradesMin,
            feesToday.double > grossProfitToday.double * rules.feeShareMax
        else { return false }
        hasFeeAlert = true
        return true
    }

    mutating func setHalted(_ isHalted: Bool) {
        guard self.isHalted != isHalted else { return }
        self.isHalted = isHalted
        revision += 1
    }

    mutating func setPaused(_ symbol: Symbol, _ isPaused: Bool) {
        guard paused.contains(symbol) != isPaused else { return }
        paused.removeAll { $0 == symbol }
        if isPaused { paused = (paused + [symbol]).sorted { $0.name < $1.name } }
        revision += 1
    }

    private mutating func set(_ breaker: ActiveBreaker) {
        if let index = breakers.firstIndex(where: { $0.breaker == breaker.breaker }) {
            if breakers[index].until < breaker.until { breakers[index] = breaker }
        } else {
            breakers.append(breaker)
        }
    }

    /// The end of a breaker that stops entries at `time`.
    func isActive(_ breaker: Breaker, at time: Timestamp) -> Timestamp? {
        breakers.first { $0.breaker == breaker && $0.until > time }?.until
    }

    /// Loss of the day as a part of its first balance; 0 on a day in profit.
    var dailyLoss: Double {
        guard dayStartBalance > .zero else { return 0 }
        return max(0, -pnlToday.double / dayStartBalance.double)
    }

    func tradesThisHour(at time: Timestamp) -> Int {
        let hour = time.floored(to: Self.hourMs)
        return outcomes.count { $0.entryTime >= hour }
    }

    func lossesLastHour(at time: Timestamp) -> Int {
        outcomes.count { $0.isLoss && $0.exitTime > time - Self.hourMs && $0.exitTime <= time }
    }

    /// A quarter of the Kelly fraction W − (1 − W)/R, with R the mean win against the mean loss; nil before enough trades.
    /// Source: J. L. Kelly, "A New Interpretation of Information Rate" (1956).
    func quarterKelly(tradesMin: Int) -> Double? {
        let trades = outcomes.filter(\.isTrade)
        guard trades.count >= tradesMin else { return nil }
        let wins = trades.filter { !$0.isLoss }.map(\.pnl.double)
        let losses = trades.filter(\.isLoss).map { -$0.pnl.double }
        let winRate = Double(wins.count) / Double(trades.count)
        let meanLoss = losses.isEmpty ? 0 : losses.reduce(0, +) / Double(losses.count)
        guard !wins.isEmpty else { return 0 }
        guard meanLoss > 0 else { return winRate / 4 }
        let ratio = wins.reduce(0, +) / Double(wins.count) / meanLoss
        return (winRate - (1 - winRate) / ratio) / 4
    }

    func state(at time: Timestamp) -> RiskState {
        var state = RiskState(eventTime: time)
        state.isHalted = isHalted
        state.paused = SymbolList(paused)
        state.breakers = BreakerList(breakers.filter { $0.until > time })
        state.tradesToday = tradesToday
        state.pnlToday = pnlToday
        state.feesToday = feesToday
        state.grossPnlToday = grossPnlToday
        state.grossProfitToday = grossProfitToday
        state.dayStartBalance = dayStartBalance
        state.lossStreak = lossStreak
        state.reducedTradesLeft = reducedTradesLeft
        state.tradesThisHour = tradesThisHour(at: time)
        state.lossesLastHour = lossesLastHour(at: time)
        return state
    }
}

// MARK: - In the journal

extension RiskSession {
    static let recordVersion = 1

    public func encode(into fields: inout Fields) {
        fields.put("session_v", Self.recordVersion)
        fields.put("revision", revision)
        fields.put("day", day)
        fields.put("day_start_balance", dayStartBalance)
        fields.put("trades_today", tradesToday)
        fields.put("pnl_today", pnlToday)
        fields.put("fees_today", feesToday)
        fields.put("gross_today", grossPnlToday)
        fields.put("gross_profit_today", grossProfitToday)
        fields.put("fee_alert", hasFeeAlert)
        fields.put("loss_streak", lossStreak)
        fields.put("reduced_trades_left", reducedTradesLeft)
        fields.put("breakers", BreakerList(breakers))
        fields.put("halted", isHalted)
        fields.put("paused", paused.isEmpty ? nil : SymbolList(paused))
        fields.put("outcomes", OutcomeList(outcomes: outcomes))
        guard let announcement else { return }
        fields.put("announced", announcement.key)
        fields.put("announced_breakers", BreakerList(announcement.breakers))
        fields.put("announced_fees", announcement.hasFeeAlert)
    }

    public init(_ fields: Fields) throws(ContractError) {
        let version: Int = try fields.required("session_v")
        guard version == Self.recordVersion else { throw .unknownVersion(version) }
        revision = try fields.required("revision")
        day = try fields.required("day")
        dayStartBalance = try fields.required("day_start_balance")
        tradesToday = try fields.required("trades_today")
        pnlToday = try fields.required("pnl_today")
        feesToday = try fields.required("fees_today")
        grossProfitToday = try fields.required("gross_profit_today")
        hasFeeAlert = try fields.required("fee_alert")
        lossStreak = try fields.required("loss_streak")
        reducedTradesLeft = try fields.required("reduced_trades_left")
        breakers = (try fields.required("breakers") as BreakerList).breakers
        isHalted = try fields.required("halted")
        paused = (try fields.optional("paused") as SymbolList?)?.symbols ?? []
        outcomes = (try fields.required("outcomes") as OutcomeList).outcomes
        let day = day
        grossPnlToday =
            try fields.optional("gross_today")
            ?? outcomes.filter { $0.exitTime >= day }.reduce(.zero) { $0 + $1.gross }
        guard let key: TradeId = try fields.optional("announced") else { return }
        announcement = Announcement(
            key: key, breakers: (try fields.required("announced_breakers") as BreakerList).breakers,
            hasFeeAlert: try fields.required("announced_fees"))
    }
}

/// `id:entry:exit:pnl:fees:gross:trade` joined by commas; in journals of earlier versions up to `pnl`.
private struct OutcomeList: FieldValue {
    let outcomes: [RiskSession.Outcome]

    init(outcomes: [RiskSession.Outcome]) { self.outcomes = outcomes }

    init?(text: UnsafeRawBufferPointer) {
        var outcomes: [RiskSession.Outcome] = []
        for part in String(decoding: text, as: UTF8.self).split(separator: ",") {
            let words = part.split(separator: ":")
            guard words.count == 4 || words.count == 7, let id = TradeId(String(words[0])),
                let entry = Int64(words[1]), let exit = Int64(words[2]), let pnl = Notional(String(words[3]))
            else { return nil }
            let isWhole = words.count == 7
            guard let fees = isWhole ? Notional(String(words[4])) : .zero,
                let gross = isWhole ? Notional(String(words[5])) : pnl
            else { return nil }
            outcomes.append(
                RiskSession.Outcome(
                    id: id, entryTime: Timestamp(milliseconds: entry), exitTime: Timestamp(milliseconds: exit),
                    pnl: pnl,
                    fees: fees, gross: gross, isTrade: isWhole ? words[6] == "1" : true))
        }
        self.outcomes = outcomes
    }

    func write(into bytes: inout [UInt8]) {
        outcomes.map {
            "\($0.id):\($0.entryTime.milliseconds):\($0.exitTime.milliseconds):\($0.pnl):\($0.fees):\($0.gross):"
                + ($0.isTrade ? "1" : "0")
        }.joined(separator: ",").write(into: &bytes)
    }
}
