import Risk
import SignalContracts
import Testing
import TradingPrimitives

/// Circuit breakers: what trips them, how long they hold, and that a restart does not lift them.
struct BreakerTests {
    @Test func `three losses in a row pause ten minutes, then risk is small for ten trades`() throws {
        var talk = try Talk()
        for _ in 0..<3 { try talk.trade("-5") }
        #expect(try rule(try talk.decide()) == .lossStreak)
        #expect(talk.alerts.contains("loss_streak") && talk.states.last?.lossStreak == 3)
        #expect(talk.states.last?.breakers.breakers.map(\.breaker) == [.lossStreak])
        let text = try #require(talk.texts(of: "loss_streak").first)
        #expect(text.hasPrefix("3 consecutive losses ≥ 3. Cooldown: 10 minutes, no entries until "))
        #expect(text.hasSuffix(" UTC"))
        try talk.pass(ms: 599_000)
        #expect(try rule(try talk.decide()) == .lossStreak)
        try talk.pass(ms: 2000)
        // Confidence 70 means 1 %; the streak halves it, and it stays at most 0.5 % for ten trades.
        let plan = try talk.decide()
        #expect(try terms(plan).riskRatio == 0.005)
        talk.hear(talk.symbol, .execution(try talk.closing(plan, pnl: "20")))
        for left in (1...8).reversed() {
            try talk.trade("20")
            #expect(talk.states.last?.reducedTradesLeft == left)
        }
        #expect(try terms(try talk.decide(confidence: 90)).riskRatio == 0.005)
        talk.hear(talk.symbol, .execution(try talk.closing(try talk.decide(), pnl: "1")))
    }

    @Test func `a day's loss beyond two and a half per cent ends the day, and midnight begins a new one`() throws {
        var talk = try Talk()
        try talk.trade("-80")
        // 80/5000 = 1.6 %: reduced beyond 1.5 %.
        #expect(try terms(try talk.decide(of: talk.other)).riskRatio == 0.005)
        try talk.trade("-46")
        #expect(try rule(try talk.decide()) == .dailyLoss)
        let texts = talk.texts(of: "daily_loss")
        #expect(texts.count == 1 && texts.first?.hasPrefix("Daily loss limit reached: the day lost 2.52 %") == true)
        #expect(texts.first?.hasSuffix("until 00:00 UTC") == true)
        let midnight = talk.now.floored(to: 86_400_000) + 86_400_000
        try talk.pass(ms: midnight - talk.now - 1, balance: "4874")
        #expect(try rule(try talk.decide()) == .dailyLoss)
        try talk.pass(ms: 1, balance: "4874")
        let fresh = try #require(talk.states.last)
        #expect(fresh.tradesToday == 0 && fresh.pnlToday == .zero && fresh.breakers.breakers.isEmpty)
        #expect(fresh.dayStartBalance.description == "4874")
    }

    @Test func `the day's gross is of all trades, and the winners' apart`() throws {
        var talk = try Talk()
        try talk.trade("2")
        try talk.trade("-3")
        // Fees of 1 each: 3 and −2 before them.
        let state = try #require(talk.states.last)
        #expect(state.grossPnlToday.description == "1" && state.grossProfitToday.description == "3")
        var fields = Fields()
        talk.manager.session.encode(into: &fields)
        #expect(try RiskSession(fields) == talk.manager.session)
        // A journal of the version before has the sum only in its trades.
        #expect(try RiskSession(fields.without(["gross_today"])) == talk.manager.session)
    }

    @Test func `what is shown of the breakers has all its fields, whether one is on or not`() throws {
        func shown(_ talk: Talk) throws -> [String: String] {
            var pairs: [String: String] = [:]
            try #require(talk.words.last { if case .state = $0 { true } else { false } }).forEachProjection {
                guard case .hash("circuit_breaker", let fields, true) = $0 else { return }
                for (name, value) in fields.pairs { pairs[name] = value }
            }
            return pairs
        }
        var talk = try Talk()
        try talk.trade("2")
        #expect(try shown(talk) == ["state": "OFF", "reason": "", "cooldown_until": "0"])
        for _ in 0..<3 { try talk.trade("-5") }
        let until = try #require(talk.states.last?.breakers.breakers.first?.until.milliseconds)
        #expect(try shown(talk) == ["state": "ON", "reason": "loss_streak", "cooldown_until": "\(until)"])
        let halt = Command(id: "c", issuedAt: talk.now, author: "a", name: .halt)
        talk.hear(nil, .command(halt))
        #expect(try shown(talk) == ["state": "ON", "reason": "halted", "cooldown_until": "0"])
    }

    @Test func `a breaker's alert names the contract that tripped it`() throws {
        var talk = try Talk()
        for _ in 0..<3 { try talk.trade("-5") }
        let named = talk.words.compactMap { word -> String? in
            if case .alert(let alert) = word, alert.event == "loss_streak" { return alert.symbol?.name }
            return nil
        }
        #expect(named == ["BTCUSDT"])
    }

    @Test func `five losses within an hour pause half an hour`() throws {
        var talk = try Talk()
        for round in 0..<5 {
            try talk.trade("-2")
            if round < 4 { try talk.trade("1") }
        }
        #expect(try rule(try talk.decide()) == .hourlyLoss)
        try talk.pass(ms: 1_800_001)
        #expect(try rule(try talk.decide()) == nil)
    }

    @Test func `twenty-five trades within an hour stop until the next`() throws {
        var talk = try Talk()
        try talk.pass(ms: talk.now.floored(to: 3_600_000) + 3_600_000 - talk.now)
        for _ in 0..<25 { try talk.trade("3") }
        #expect(try rule(try talk.decide()) == .overtrade)
        #expect(talk.alerts.contains("overtrade") && talk.states.last?.tradesThisHour == 25)
        try talk.pass(ms: talk.now.floored(to: 3_600_000) + 3_600_000 - talk.now)
        #expect(try rule(try talk.decide()) == nil)
    }

    @Test func `fees beyond forty per cent of the gross profit alert once a day and stop nothing`() throws {
        var talk = try Talk()
        // The first trades of a day are nothing to judge by, least of all a loss.
        try talk.trade("-1", fee: "1")
        for _ in 0..<3 { try talk.trade("6", fee: "1") }
        #expect(!talk.alerts.contains("fee_alert"))
        try talk.trade("-4", fee: "6")
        #expect(talk.alerts.filter { $0 == "fee_alert" }.count == 1)
        try talk.trade("-4", fee: "4")
        #expect(talk.alerts.filter { $0 == "fee_alert" }.count == 1)
        #expect(try rule(try talk.decide()) == nil)
    }

    @Test func `a person halts and resumes, with an answer`() throws {
        var talk = try Talk()
        func command(_ name: CommandName) -> RiskInput.Event {
            .command(Command(id: "c1", issuedAt: talk.now, author: "vortexctl:test", name: name))
        }
        talk.hear(nil, command(.halt))
        #expect(try rule(try talk.decide()) == .halted)
        #expect(talk.states.last?.isHalted == true && talk.alerts == ["halt"])
        talk.hear(nil, command(.resume))
        #expect(try rule(try talk.decide()) == nil)
        let replies = talk.words.filter { if case .reply = $0 { true } else { false } }
        #expect(replies.count == 2)
    }

    @Test func `a person pauses one contract, also over a restart, and the others go on`() throws {
        var talk = try Talk()
        func say(_ name: CommandName, _ symbol: Symbol?) {
            talk.hear(
                nil,
                .command(Command(id: "c", issuedAt: talk.now, author: "vortexctl:test", name: name, symbol: symbol)))
        }
        let other = try #require(Symbol("XRPUSDT"))
        say(.pause, other)
        #expect(talk.states.last?.paused == SymbolList([other]))
        #expect(talk.states.last?.allowsEntries(in: talk.symbol, at: talk.now) == true)
        #expect(talk.states.last?.allowsEntries(in: other, at: talk.now) == false)
        say(.pause, talk.symbol)
        #expect(try rule(try talk.decide()) == .halted)
        var fields = Fields()
        talk.manager.session.encode(into: &fields)
        let restored = try RiskSession(try Fields(record: fields.record[...]))
        #expect(restored == talk.manager.session && talk.states.last?.paused.symbols.count == 2)
        // To resume all ends a halt, and no pause.
        say(.resume, nil)
        #expect(try rule(try talk.decide()) == .halted)
        say(.resume, talk.symbol)
        #expect(try rule(try talk.decide()) == nil)
        let count = talk.states.count
        say(.pause, nil)
        let reply = talk.words.compactMap { if case .reply(let reply) = $0 { reply } else { nil } }.last
        #expect(reply?.isDone == false && talk.states.count == count)
    }

    @Test func `a restart keeps the day, and a trade that is told again counts once`() throws {
        var talk = try Talk()
        for _ in 0..<3 { try talk.trade("-5") }
        let plan = TradePlan(
            id: TradeId(symbol: talk.symbol, cause: StreamId(milliseconds: 5, sequence: 5)), cause: .zero,
            eventTime: talk.now, direction: .long, strategy: .momentum, confidence: 70,
            verdict: .rejected(rule: .stale, detail: "x"))
        let adopted = try talk.closing(plan, pnl: "-7")
        talk.hear(talk.symbol, .execution(adopted))
        var fields = Fields()
        talk.manager.session.encode(into: &fields)
        let restored = try RiskSession(try Fields(record: fields.record[...]))
        #expect(restored == talk.manager.session)
        talk.manager = RiskManager(session: restored)
        try talk.teach()
        try talk.account("5000")
        #expect(try rule(try talk.decide()) == .lossStreak)
        talk.hear(talk.symbol, .execution(adopted))
        #expect(talk.manager.session == restored)
    }

    @Test func `without its journal it approves nothing`() throws {
        var talk = try Talk()
        talk.manager.isJournalWritable = false
        #expect(try rule(try talk.decide()) == .journal)
    }

    @Test func `from fifty trades on a quarter of Kelly bounds the risk, but not below its floor`() throws {
        var rules = RiskConfiguration()
        rules.breakers.hourlyTrades = 1000
        rules.breakers.hourlyLosses = 1000
        rules.breakers.streakLosses = 1000
        rules.sizing.streakLosses = 1000
        var talk = try Talk(rules)
        // 26 wins of 10, 24 losses of 10: Kelly = 0.52 − 0.48 = 0.04, a quarter 1 %.
        for index in 0..<50 { try talk.trade(index % 25 < 13 ? "10" : "-10", fee: "0.1") }
        let bounded = try terms(try talk.decide(.long, of: talk.other, confidence: 90))
        #expect(abs(bounded.riskRatio - 0.01) < 1e-12)
        for _ in 0..<10 { try talk.trade("-10", fee: "0.1") }
        let floored = try terms(try talk.decide(confidence: 90))
        #expect(floored.riskRatio == 0.0025)
    }

    @Test func `a minute never passes without a word of the state`() throws {
        var talk = try Talk()
        let before = talk.states.count
        for _ in 0..<10 { try talk.pass(ms: 30_000) }
        #expect(5...6 ~= talk.states.count - before)
    }
}
