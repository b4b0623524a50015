public import SignalContracts
import TradingPrimitives

/// Says in words what a person should know: trades, breakers, emergencies, answers, and the day at its end.
public struct Notifier: StreamProcessor {
    /// What is known of the position of a symbol.
    private struct Story {
        var plan: TradePlan?
        var trade: TradeId?
        var entryFees = Notional.zero
        var entryQuantity = Quantity.zero
        var targetPnl = Notional.zero
        var targetFees = Notional.zero
        var targetQuantity = Quantity.zero
        var hasToldTarget = false
    }

    /// Alerts of one kind that come in a row: the first is told at once, the others as one, a minute later.
    private struct Echo {
        let since: Timestamp
        var last: Alert
        var count = 0
    }

    private static let echoMs: Int64 = 60_000
    private let rules: NoticeRules
    private var stories: [Symbol: Story] = [:]
    private var echoes: [Echo] = []
    /// The day that the next report is of, and the one after it while late news of the first may still come.
    private var day: TradingDay?
    private var nextDay: TradingDay?
    private var now = Timestamp.zero

    public init(_ rules: NoticeRules) { self.rules = rules }

    public mutating func process(_ input: NoticeInput, emit: (NoticeOutput) -> Void) {
        if let time = input.time { now = max(now, time) }
        endDay(emit)
        endEchoes(emit)
        switch (input.event, input.symbol) {
        case (.plan(let plan), let symbol?):
            if case .approved = plan.verdict { stories[symbol, default: Story()].plan = plan }
        case (.execution(let event), let symbol?): executed(event, symbol, emit)
        case (.alert(let alert), _): heard(alert, emit)
        case (.reply(let reply), _): answered(reply, emit)
        default: break
        }
    }

    private func tell(_ topic: Topic, _ text: String, _ emit: (NoticeOutput) -> Void) {
        let noise = rules.noise(of: topic, at: now)
        guard noise != .off else { return }
        for chat in rules.chats {
            emit(
                NoticeOutput(
                    notice: Notice(
                        eventTime: now, chat: chat, topic: topic.rawValue, isSilent: noise == .silent, text: text)))
        }
    }

    // MARK: Trades

    private mutating func executed(_ event: ExecutionEvent, _ symbol: Symbol, _ emit: (NoticeOutput) -> Void) {
        var story = stories[symbol] ?? Story()
        defer { stories[symbol] = story }
        if story.trade != event.plan {
            story = Story(plan: story.plan?.id == event.plan ? story.plan : nil, trade: event.plan)
        }
        switch event.kind {
        case .entryAccepted:
            let price = event.price.map { " at \(NoticeText.price($0))" } ?? ""
            tell(.entry, "⏳ \(event.direction.rawValue) \(symbol): entry order\(price)", emit)
        case .entryFilled:
            let isFirst = story.entryQuantity == .zero
            story.entryFees += event.fee ?? .zero
            story.entryQuantity += event.quantity ?? .zero
            if isFirst { tell(.entryFill, NoticeText.opened(symbol, event, story.plan), emit) }
        case .positionAdopted: tell(.entryFill, NoticeText.opened(symbol, event, nil), emit)
        case .noFill:
            book(event, at: event.eventTime) { $0.noFills += 1 }
            tell(.noFill, "⚪️ \(event.direction.rawValue) \(symbol): the entry did not fill", emit)
        case .takeProfitFilled: targetFilled(event, symbol, &story, emit)
        case .positionClosed:
            guard let summary = event.summary else { return }
            book(event, at: summary.exitTime) { $0.add(summary) }
            tell(.exit, NoticeText.closed(symbol, event.direction, summary), emit)
        default: break
        }
    }

    private func targetFilled(
        _ event: ExecutionEvent, _ symbol: Symbol, _ story: inout Story, _ emit: (NoticeOutput) -> Void
    ) {
        story.targetPnl += event.realizedPnl ?? .zero
        story.targetFees += event.fee ?? .zero
        story.targetQuantity += event.quantity ?? .zero
        guard event.state == .trailing, !story.hasToldTarget, story.entryQuantity > .zero else { return }
        story.hasToldTarget = true
        let share = Double(story.targetQuantity.raw) / Double(story.entryQuantity.raw)
        let entryFees = Notional(Double(story.entryFees.raw) / Double(fixedScale) * share, rounding: .up) ?? .zero
        let net = story.targetPnl - story.targetFees - entryFees
        tell(.takeProfit, NoticeText.partial(symbol, event.direction, net: net, closedShare: share), emit)
    }

    // MARK: Alerts

    private static func topic(of alert: Alert) -> Topic {
        if Breaker(rawValue: alert.event) != nil { return .breaker }
        return switch alert.severity {
        case .critical: .emergency
        case .warning: .warning
        case .info: .info
        }
    }

    private mutating func heard(_ alert: Alert, _ emit: (NoticeOutput) -> Void) {
        let topic = Self.topic(of: alert)
        // Nothing critical waits.
        guard topic != .emergency else { return tell(topic, NoticeText.alert(alert, topic), emit) }
        if let index = echoes.firstIndex(where: {
            $0.last.event == alert.event && $0.last.symbol == alert.symbol && $0.last.service == alert.service
        }) {
            echoes[index].last = alert
            echoes[index].count += 1
            return
        }
        echoes.append(Echo(since: now, last: alert))
        tell(topic, NoticeText.alert(alert, topic), emit)
    }

    private mutating func endEchoes(_ emit: (NoticeOutput) -> Void) {
        while let echo = echoes.first, now - echo.since >= Self.echoMs {
            echoes.removeFirst()
            guard echo.count > 0 else { continue }
            let topic = Self.topic(of: echo.last)
            let more = echo.count == 1 ? "" : "\n(\(echo.count) of these within a minute; this is the last)"
            tell(topic, NoticeText.alert(echo.last, topic) + more, emit)
        }
    }

    // MARK: Answers

    private func answered(_ reply: Reply, _ emit: (NoticeOutput) -> Void) {
        guard let id = ChatCommandId(reply.command) else { return }
        emit(
            NoticeOutput(
                notice: Notice(
                    eventTime: now, chat: id.chat, topic: Topic.answer.rawValue, isSilent: false,
                    text: "\(reply.isDone ? "✅" : "❌") \(reply.service): \(reply.text)")))
    }

    // MARK: The day

    private mutating func endDay(_ emit: (NoticeOutput) -> Void) {
        guard let ended = day else {
            if now > .zero { day = TradingDay(of: now) }
            return
        }
        // A trade that ended just before midnight is told of after it, by another stream than the one that said how late it is.
        guard now - ended.start >= TradingDay.lengthMs + TradingDay.graceMs else { return }
        day = nextDay.flatMap { $0.contains(now) ? $0 : nil } ?? TradingDay(of: now)
        nextDay = nil
        tell(.daily, NoticeText.report(ended), emit)
    }

    /// What ends belongs to the day of its end; when it is told after that day's report, to the next report.
    private mutating func book(_ event: ExecutionEvent, at time: Timestamp, _ add: (inout TradingDay) -> Void) {
        guard let current = day, time - current.start >= TradingDay.lengthMs else {
            if var current = day {
                current.belong(to: event.account)
                add(&current)
                day = current
            }
            return
        }
        var next = nextDay ?? TradingDay(of: time)
        next.belong(to: event.account)
        add(&next)
        nextDay = next
    }
}
