import OrderFlow
import Regime
import Sentiment
import SignalContracts
import Technical
import TestSupport
import Testing
import TickFlow
import TradingPrimitives

/// Engines that are given entries with extremes among those of a market: they go on, and a time that can't be moves nothing.
struct EngineExtremesTests {
    /// A market's entries, as a hub would have written them, with one stranger in the middle.
    private struct Story {
        let entries: [(kind: StreamKind, id: StreamId, fields: Fields)]
        let middle: Int

        init(_ entries: [(StreamKind, StreamId, Fields)], strangerFromEnd: Int? = nil) {
            self.entries = entries.map { (kind: $0.0, id: $0.1, fields: $0.2) }
            middle = strangerFromEnd.map { entries.count - $0 } ?? entries.count / 2
        }

        /// Right after the entry before it.
        var strangersId: StreamId { entries[middle - 1].id.next }
    }

    /// What a processor says of the story; `stranger` is an entry that was put in its middle. Entries that can't be read are
    /// left out, as a host does.
    private func said<Processor: StreamProcessor>(
        _ make: () -> Processor, _ story: Story, _ stranger: (StreamKind, Fields)? = nil
    ) throws -> [(id: StreamId, output: Processor.Output)] where Processor.Input: StreamInput {
        let symbol = try #require(Symbol("BTCUSDT"))
        var processor = make(), outputs: [(StreamId, Processor.Output)] = []
        func hear(_ kind: StreamKind, _ id: StreamId, _ fields: Fields) {
            guard let input = try? Processor.Input(stream: StreamName(kind, symbol), id: id, fields: fields) else {
                return
            }
            processor.process(input) { outputs.append((id, $0)) }
        }
        for (index, entry) in story.entries.enumerated() {
            if index == story.middle, let stranger { hear(stranger.0, story.strangersId, stranger.1) }
            hear(entry.kind, entry.id, entry.fields)
        }
        return outputs
    }

    private func market() throws -> Story {
        Story(
            try MarketStory.random(seed: 6, books: 900).events.map { event in
                switch event {
                case .trade(let id, let trade): (.trade, id, trade.fields)
                case .book(let id, let book): (.book, id, book.fields)
                }
            })
    }

    private func candles() -> Story {
        Story(
            CandleStory.random(seed: 6, minutes: 1560).entries(fetched: 1500, updates: 2).map { id, candle in
                (candle.isClosed ? .candle : .forming, id, candle.fields)
            }, strangerFromEnd: 300)
    }

    /// The entry at the story's middle with each extreme in each field, and with far times that are no extremes.
    private func strangers<Message: StreamMessage>(
        like message: Message, _ body: (_ label: String, _ isFar: Bool, _ entry: Fields) throws -> Void
    ) throws {
        try Extremes.forEach(of: message) { field, text, entry in
            // What is refused comes to no engine.
            guard (try? Message(entry)) != nil else { return }
            let isTime = field == "trade_time" || field == "event_time"
            try body("\(field) \(text)", isTime, entry)
        }
        for farMs in ["3786912000000", "1700200000000", "1600000000000"] {
            var pairs = message.fields.pairs
            for index in pairs.indices where pairs[index].name.hasSuffix("_time") { pairs[index].value = farMs }
            try body("times \(farMs)", true, Extremes.entry(pairs))
        }
    }

    @Test func `E1 and E2 go on after any trade and any book`() throws {
        let story = try market()
        let trade = try #require(story.entries[story.middle...].first { $0.kind == .trade })
        let book = try #require(story.entries[story.middle...].first { $0.kind == .book })
        let plain = try said({ PerSymbol { _ in OrderFlow() } }, story),
            ticks = try said({ PerSymbol { _ in TickFlow() } }, story)
        for (kind, fields) in [(StreamKind.trade, trade.fields), (.book, book.fields)] {
            func check<Message: StreamMessage>(_ message: Message) throws {
                try strangers(like: message) { label, isFar, entry in
                    let flow = try said({ PerSymbol { _ in OrderFlow() } }, story, (kind, entry))
                    let last = try #require(flow.last?.output.signal)
                    #expect(last.eventTime == plain.last?.output.signal.eventTime, "E1: \(label)")
                    #expect(last.isWarm && (try? OrderFlowSignal(last.fields)) == last, "E1: \(label)")
                    if isFar {
                        let after = flow.filter { $0.id > story.strangersId }.map(\.output.signal)
                        #expect(
                            after == plain.filter { $0.id > story.strangersId }.map(\.output.signal), "E1: \(label)")
                    }
                    guard kind == .trade else { return }
                    let tick = try said({ PerSymbol { _ in TickFlow() } }, story, (kind, entry))
                    let lastTick = try #require(tick.last?.output.signal)
                    #expect(lastTick.eventTime == ticks.last?.output.signal.eventTime, "E2: \(label)")
                    #expect(lastTick.isWarm && (try? TickSignal(lastTick.fields)) == lastTick, "E2: \(label)")
                }
            }
            if kind == .trade { try check(try AggTrade(fields)) } else { try check(try BookUpdate(fields)) }
        }
    }

    @Test func `E3 goes on after any candle`() throws {
        let story = candles()
        let plain = try said({ PerSymbol { _ in Technical() } }, story)
        let candle = try #require(story.entries[story.middle...].first { $0.fields["closed"] == "0" })
        try strangers(like: try CandleUpdate(candle.fields)) { label, isFar, entry in
            // Each takes a day of candles: one number of those that are too great will do.
            guard isFar || label.hasSuffix(" 1000000000") || label.hasSuffix(" 1") else { return }
            let outputs = try said({ PerSymbol { _ in Technical() } }, story, (.forming, entry))
            #expect(outputs.last?.output.signal.eventTime == plain.last?.output.signal.eventTime, "\(label)")
            #expect(outputs.last?.output.signal.isWarm == true, "\(label)")
        }
    }

    @Test(arguments: [false, true])
    func `a candle of the far future shuts nothing out for longer than a moment`(isFetched: Bool) throws {
        let story = CandleStory.random(seed: 8, minutes: 1560).entries(fetched: 1500, updates: 2)
        let symbol = try #require(Symbol("BTCUSDT"))
        var engine = PerSymbol { _ in Technical() }, plain = engine
        var last: TechnicalSignal?, expected: TechnicalSignal?
        for (index, entry) in story.enumerated() {
            if index == story.count - 200 {
                let far = entry.candle
                for timeframe in Timeframe.allCases {
                    let open = (far.eventTime + 40 * 86_400_000).floored(to: timeframe.milliseconds)
                    engine.process(
                        TechnicalInput(
                            symbol: symbol, id: entry.id,
                            candle: CandleUpdate(
                                eventTime: open + timeframe.milliseconds, timeframe: timeframe, openTime: open,
                                open: far.open, high: far.high, low: far.low, close: far.close, volume: far.volume,
                                quoteVolume: .zero, fillCount: 0, takerBuyVolume: .zero, isClosed: true,
                                isBackfill: isFetched))
                    ) { _ in }
                    // Two of them in a row would be a venue that was away.
                    engine.process(TechnicalInput(symbol: symbol, id: entry.id, candle: far)) { last = $0.signal }
                }
                plain.process(TechnicalInput(symbol: symbol, id: entry.id, candle: far)) { expected = $0.signal }
            }
            engine.process(TechnicalInput(symbol: symbol, id: entry.id, candle: entry.candle)) { last = $0.signal }
            plain.process(TechnicalInput(symbol: symbol, id: entry.id, candle: entry.candle)) { expected = $0.signal }
        }
        #expect(last == expected)
        #expect(last?.isWarm == true)
    }

    @Test func `E4 goes on after any metric`() throws {
        let start: Int64 = 1_700_000_000_000
        var entries: [(StreamKind, StreamId, Fields)] = []
        for second in 0..<Int64(900) {
            let time = Timestamp(milliseconds: start + second * 1000)
            let mark = Price(raw: (60_000 + second % 40) * fixedScale)
            func put(_ value: MarketMetric.Value) {
                entries.append(
                    (
                        .metric, StreamId(milliseconds: UInt64(time.milliseconds), sequence: UInt64(entries.count)),
                        MarketMetric(eventTime: time, value: value).fields
                    ))
            }
            put(.markPrice(mark: mark, index: mark, fundingRate: Ratio(raw: 10_000), nextFundingTime: time + 3_600_000))
            if second % 15 == 0 { put(.openInterest(Quantity(raw: (30_000 + second) * fixedScale))) }
            guard second % 300 == 0 else { continue }
            let half = Ratio(raw: fixedScale / 2)
            put(.accountRatio(long: half, short: half))
            put(.topTraderRatio(long: half, short: half))
        }
        let story = Story(entries)
        let plain = try said({ PerSymbol { _ in Sentiment() } }, story)
        for (name, message) in try Samples.market().dropFirst(3) {
            let metric = try #require(message as? MarketMetric)
            let moved = MarketMetric(eventTime: Timestamp(milliseconds: start + 450_000), value: metric.value)
            try strangers(like: moved) { label, _, entry in
                let outputs = try said({ PerSymbol { _ in Sentiment() } }, story, (.metric, entry))
                guard case .signal(let last, _)? = outputs.last?.output.fact,
                    case .signal(let expected, _)? = plain.last?.output.fact
                else {
                    Issue.record("\(name) \(label): nothing said")
                    return
                }
                #expect(last.isWarm && last.eventTime == expected.eventTime, "\(name) \(label)")
                #expect((try? SentimentSignal(last.fields)) == last, "\(name) \(label)")
            }
        }
    }

    @Test func `E5 goes on after any candle and any book`() throws {
        let candles = CandleStory.random(seed: 6, minutes: 1500).entries(fetched: 1500, updates: 0)
        let end = try #require(candles.last).candle.openTime + 60_000
        var entries: [(StreamKind, StreamId, Fields)] = candles.map { (.candle, $0.id, $0.candle.fields) }
        for step in 0..<Int64(900) {
            func side(_ price: Int64) -> BookSide {
                BookSide([BookLevel(price: Price(raw: price * fixedScale), quantity: Quantity(raw: fixedScale))])
            }
            let time = end.floored(to: 180_000) + step * 100
            entries.append(
                (
                    .book, StreamId(milliseconds: 1_800_000_000_000 + UInt64(step), sequence: 0),
                    BookUpdate(eventTime: time, updateId: step, bids: side(60_000), asks: side(60_001)).fields
                ))
        }
        let story = Story(entries, strangerFromEnd: 450)
        let book = try #require(entries.last)
        let plain = try said({ RegimeFilter() }, story)
        #expect(plain.last?.output.signal.isWarm == true)
        func check(_ kind: StreamKind, _ label: String, _ entry: Fields) throws {
            let outputs = try said({ RegimeFilter() }, story, (kind, entry))
            #expect(outputs.last?.output.signal.eventTime == plain.last?.output.signal.eventTime, "\(label)")
            #expect(outputs.last?.output.signal.isWarm == true, "\(label)")
            #expect(outputs.last?.output.signal.isTradeable == plain.last?.output.signal.isTradeable, "\(label)")
        }
        try strangers(like: try BookUpdate(book.2)) { label, isFar, entry in
            if isFar { try check(.book, label, entry) }
        }
        let newest = try #require(candles.last { $0.candle.timeframe == .threeMinutes }).candle
        for days in [Int64(1), 40, 20_000] {
            let farMs = days * 86_400_000
            let open = (newest.openTime + farMs).floored(to: 180_000)
            let far = CandleUpdate(
                eventTime: open + 180_000, timeframe: .threeMinutes, openTime: open, open: newest.open,
                high: newest.high, low: newest.low, close: newest.close, volume: newest.volume, quoteVolume: .zero,
                fillCount: 0, takerBuyVolume: .zero, isClosed: true, isBackfill: false)
            try check(.candle, "a candle in \(days) days", far.fields)
        }
    }
}
