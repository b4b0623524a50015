import Notices
import SignalContracts
import Testing
import TradingPrimitives

struct NotifierTests {
    /// Feeds a notifier and keeps what it says.
    private struct Talk {
        var notifier: Notifier
        var notices: [Notice] = []
        let symbol: Symbol
        var now = Timestamp(milliseconds: 1_700_000_000_000)

        init(_ rules: NoticeRules = NoticeRules(chats: [7])) throws {
            notifier = Notifier(rules)
            symbol = try #require(Symbol("BTCUSDT"))
        }

        mutating func hear(_ event: NoticeInput.Event, _ symbol: Symbol? = nil) {
            notifier.process(NoticeInput(symbol: symbol, event: event)) { notices.append($0.notice) }
        }

        mutating func execution(
            _ kind: ExecutionKind, _ state: PositionState, price: String? = nil, quantity: String? = nil,
            fee: String? = nil, pnl: String? = nil, summary: TradeSummary? = nil, plan: TradeId? = nil,
            account: String? = nil
        ) throws {
            var event = ExecutionEvent(
                plan: try plan ?? id(), cause: StreamId(milliseconds: 1, sequence: 1), eventTime: now, kind: kind,
                state: state, direction: .long, strategy: .momentum)
            event.price = try price.map { try number($0) }
            event.averageEntryPrice = try price.map { try number($0) }
            event.quantity = try quantity.map { try number($0) }
            event.fee = try fee.map { try number($0) }
            event.realizedPnl = try pnl.map { try number($0) }
            (event.summary, event.account) = (summary, account)
            hear(.execution(event), symbol)
        }

        func id() throws -> TradeId { try #require(TradeId("BTCUSDT-gqll7vcyw01")) }
        func number<Number: FixedDecimal>(_ text: String) throws -> Number { try #require(Number(text)) }

        func plan() throws -> TradePlan {
            TradePlan(
                id: try id(), cause: StreamId(milliseconds: 1, sequence: 1), eventTime: now, direction: .long,
                strategy: .momentum, confidence: 73,
                verdict: .approved(
                    TradeTerms(
                        entryPrice: try number("43250"), quantity: try number("0.1156"), notional: try number("5000"),
                        leverage: 10, margin: try number("500"), stopDistance: try number("129.75"),
                        takeProfitDistance: try number("168.67"), trailDistance: try number("100"),
                        takeProfitFraction: try number("0.6"), entryOffsetTicks: 1, entryTimeoutMs: 5000,
                        maxHoldMs: 300_000, riskRatio: 0.01, riskBound: "risk_per_trade", grossRewardToRisk: 1.3,
                        effectiveRewardToRisk: 1, breakevenWinRate: 0.5, makerFeeRate: try number("0.0002"),
                        takerFeeRate: try number("0.0005"))))
        }

        func summary(_ reason: ExitReason, net: String, gross: String = "0", fees: String = "0") throws -> TradeSummary
        {
            TradeSummary(
                exitReason: reason, size: try number("5000"), quantity: try number("0.1"),
                entryPrice: try number("43250"), exitPrice: try number("43200"), leverage: 10,
                initialStopPrice: try number("43120"), takeProfitPrice: try number("43420"), trailingStopPrice: nil,
                grossPnl: try number(gross), fees: try number(fees), netPnl: try number(net), confidence: 73,
                makerFills: 2, takerFills: 1, entryTime: now - 135_000, exitTime: now,
                entryMakerQuantity: try number("0.1"), exitMakerQuantity: .zero)
        }

        /// Nothing but time passes.
        mutating func pass(to time: Timestamp) {
            now = time
            hear(
                .account(
                    AccountUpdate(
                        eventTime: now, walletBalance: .zero, availableBalance: .zero, unrealizedPnl: .zero,
                        openPositions: 0, unknownOrders: 0, acceptsEntries: true, isVenueReachable: true, usedWeight: 0,
                        weightLimit: 0, roundTripMs: 0)))
        }

        func alert(_ severity: Severity, _ event: String, _ text: String) -> NoticeInput.Event {
            .alert(Alert(eventTime: now, severity: severity, service: "executor", event: event, text: text))
        }
    }

    @Test func `an opened position is told as its plan says, once`() throws {
        var talk = try Talk()
        talk.hear(.plan(try talk.plan()), talk.symbol)
        try talk.execution(.entryAccepted, .entrySent, price: "43250")
        try talk.execution(.entryFilled, .partialFill, price: "43250", quantity: "0.05", fee: "0.4")
        try talk.execution(.entryFilled, .active, price: "43250", quantity: "0.0656", fee: "0.6")
        #expect(
            talk.notices.map(\.text) == [
                """
                🟢 LONG BTCUSDT
                Strategy: A (Momentum)
                Entry: $43,250
                SL: $43,120.25 (-0.30%)
                TP1: $43,418.67 (+0.39%)
                Size: $5,000 (10x)
                Confidence: 73%
                """
            ])
        #expect(talk.notices.map(\.chat) == [7])
    }

    @Test func `a first target and a stop are told with what they came to`() throws {
        var talk = try Talk()
        try talk.execution(.entryFilled, .active, price: "43250", quantity: "1", fee: "1")
        try talk.execution(.takeProfitFilled, .active, price: "43420", quantity: "0.2", fee: "0.1", pnl: "4")
        try talk.execution(.takeProfitFilled, .trailing, price: "43420", quantity: "0.4", fee: "0.1", pnl: "7.5")
        try talk.execution(.positionClosed, .closed, summary: try talk.summary(.stopLoss, net: "-9.3"))
        #expect(
            talk.notices.dropFirst().map(\.text) == [
                "✅ PARTIAL TP1 — BTCUSDT LONG\n+$10.70 net (60% closed)\nTrailing 40% with SL at breakeven",
                "🔴 STOP LOSS — BTCUSDT LONG\n-$9.30 net\nHold: 2m 15s",
            ])
    }

    @Test(arguments: ExitReason.allCases)
    func `each way out has its words`(reason: ExitReason) throws {
        var talk = try Talk()
        try talk.execution(.positionClosed, .closed, summary: try talk.summary(reason, net: "1234.5"))
        let text = try #require(talk.notices.first?.text)
        #expect(text.contains("— BTCUSDT LONG\n+$1,234.50 net\n"), "\(text)")
    }

    @Test func `alerts are loud by what they are, and those that repeat are told as one`() throws {
        var talk = try Talk(NoticeRules(chats: [7, -8], noise: [.info: .silent, .warning: .on]))
        talk.pass(to: talk.now)
        talk.hear(
            talk.alert(
                .warning, "loss_streak", "3 consecutive losses ≥ 3. Cooldown: 10 minutes, no entries until 12:00 UTC"))
        for index in 0..<5 { talk.hear(talk.alert(.warning, "orphan_order", "order \(index)")) }
        for _ in 0..<2 { talk.hear(talk.alert(.critical, "position_naked", "no stop")) }
        talk.hear(talk.alert(.info, "disk_filling", "there is room again"))
        func told(_ chat: Int64) -> [Notice] { talk.notices.filter { $0.chat == chat } }
        #expect(told(7).map(\.topic) == ["breaker", "warning", "emergency", "emergency", "info"])
        #expect(told(7).map(\.isSilent) == [false, false, false, false, true])
        #expect(
            told(7).first?.text
                == "⚠️ CIRCUIT BREAKER\n3 consecutive losses ≥ 3. Cooldown: 10 minutes, no entries until 12:00 UTC")
        #expect(told(7).map(\.text) == told(-8).map(\.text))
        let before = talk.notices.count
        talk.pass(to: talk.now + 60_000)
        #expect(
            talk.notices.dropFirst(before).filter { $0.chat == 7 }.map(\.text) == [
                "⚠️ ORPHAN ORDER (executor)\norder 4\n(4 of these within a minute; this is the last)"
            ])
    }

    @Test func `in quiet hours only an emergency makes a sound, and what is off is not told`() throws {
        let quiet = try #require(QuietHours("22:00-06:30"))
        for (hour, isQuiet) in [(21, false), (22, true), (23, true), (0, true), (6, true), (7, false)] {
            #expect(quiet.contain(Timestamp(milliseconds: Int64(hour) * 3_600_000)) == isQuiet)
        }
        #expect(["", "22-6", "22:00-22:00", "24:00-1:00", "22:00-06:00-07:00"].allSatisfy { QuietHours($0) == nil })
        var talk = try Talk(NoticeRules(chats: [7], noise: [.exit: .off], quietHours: QuietHours("22:00-06:30")))
        talk.now = Timestamp(milliseconds: 1_700_000_000_000).floored(to: 86_400_000) + 23 * 3_600_000
        try talk.execution(.entryFilled, .active, price: "1", quantity: "1")
        try talk.execution(.positionClosed, .closed, summary: try talk.summary(.stopLoss, net: "-1"))
        talk.hear(talk.alert(.critical, "feed_lost", "closed"))
        #expect(talk.notices.map(\.topic) == ["entry_fill", "emergency"])
        #expect(talk.notices.map(\.isSilent) == [true, false])
    }

    @Test func `the day is reported at its end, also when nothing else happens then`() throws {
        var talk = try Talk()
        for (net, gross, fees) in [("10", "12.5", "2.5"), ("-4", "-3", "1"), ("2", "3", "1")] {
            try talk.execution(
                .positionClosed, .closed, summary: try talk.summary(.timeout, net: net, gross: gross, fees: fees))
        }
        // One that was given up costs its money, and is no loss; one that did not fill costs nothing.
        try talk.execution(
            .positionClosed, .closed, summary: try talk.summary(.noFill, net: "-0.5", gross: "0", fees: "0.5"))
        try talk.execution(.noFill, .noFill)
        talk.notices = []
        talk.pass(to: talk.now.floored(to: 86_400_000) + 86_400_000 + 5000)
        #expect(
            talk.notices.first?.text == """
                📊 DAILY REPORT 2023-11-14
                Trades: 3 | Wins: 2 | Losses: 1 | No fills: 2
                Gross: +$12.50 | Fee: -$5.00 | Funding: +$0.00
                NET: +$7.50 | Win Rate: 67%
                Maker: 100% of entries, 50% of all fills
                """)
        talk.pass(to: talk.now + 1000)
        #expect(talk.notices.filter { $0.topic == "daily" }.count == 1)
    }

    @Test func `a day is of one account: another one's trades begin it anew`() throws {
        var talk = try Talk()
        for (net, account) in [("-30", "P1"), ("4", "P2"), ("3", nil), ("1", "P2")] {
            let summary = try talk.summary(.timeout, net: net, gross: net)
            try talk.execution(.positionClosed, .closed, summary: summary, account: account)
        }
        talk.pass(to: talk.now.floored(to: 86_400_000) + 86_400_000 + 5000)
        let report = try #require(talk.notices.last { $0.topic == "daily" }?.text)
        #expect(report.contains("Trades: 3 | Wins: 3 | Losses: 0") && report.contains("NET: +$8.00"), "\(report)")
    }

    @Test func `a trade that ended before midnight and is told after it counts for its own day`() throws {
        var talk = try Talk()
        let midnight = talk.now.floored(to: 86_400_000) + 86_400_000
        talk.pass(to: midnight - 20)
        let late = try talk.summary(.timeout, net: "-4", gross: "-3", fees: "1")
        // The account's news comes first: it is another stream.
        talk.pass(to: midnight + 300)
        try talk.execution(.positionClosed, .closed, summary: try talk.summary(.timeout, net: "7", gross: "7"))
        try talk.execution(.positionClosed, .closed, summary: late)
        #expect(!talk.notices.contains { $0.topic == "daily" })
        talk.pass(to: midnight + 5000)
        talk.pass(to: midnight + 86_405_000)
        let reports = talk.notices.filter { $0.topic == "daily" }.map(\.text)
        #expect(reports.count == 2)
        #expect(reports.first?.contains("NET: -$4.00") == true && reports.first?.contains("2023-11-14") == true)
        #expect(reports.last?.contains("NET: +$7.00") == true && reports.last?.contains("2023-11-15") == true)
    }

    @Test func `the answer to a person's command goes to the chat that asked`() throws {
        var talk = try Talk(NoticeRules(chats: [7, -8]))
        let id = ChatCommandId(update: 12, chat: -8)
        #expect(ChatCommandId(id.text) == id)
        for name in [id.text, "ctl-1-2", "telegram:x:1"] {
            talk.hear(
                .reply(Reply(command: name, eventTime: talk.now, service: "executor", isDone: true, text: "no entries"))
            )
        }
        #expect(talk.notices.map(\.chat) == [-8] && talk.notices.map(\.text) == ["✅ executor: no entries"])
    }

    @Test func `numbers are told as people write them`() {
        #expect(NoticeText.grouped("1234567.891") == "1,234,567.891")
        #expect(NoticeText.grouped("-123") == "-123" && NoticeText.grouped("-1234") == "-1,234")
        #expect(NoticeText.fixed(0.005, 2) == "0.01" && NoticeText.fixed(-0.001, 2) == "0.00")
        #expect(NoticeText.fixed(12.3456, 0) == "12" && NoticeText.fixed(.nan, 2) == "-")
        #expect(NoticeText.duration(59_999) == "59s" && NoticeText.duration(3_600_000) == "1h 0m")
    }
}
