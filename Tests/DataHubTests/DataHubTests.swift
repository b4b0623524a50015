import DataHub
import SignalContracts
import Testing
import TradingPrimitives

/// A conversation with the hub: what arrives, what it writes.
struct DataHubTests {
    private let now = Timestamp(milliseconds: 1_723_161_256_000)

    private func hub(_ change: (inout HubConfiguration) -> Void = { _ in }) -> DataHub {
        var configuration = HubConfiguration()
        change(&configuration)
        return DataHub(["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) }, configuration)
    }

    private func trade(_ id: Int64, at offsetMs: Int64 = 0) -> AggTrade {
        AggTrade(
            tradeId: id, tradeTime: now + offsetMs, eventTime: now + offsetMs, price: Price(raw: 6_180_020_000_000),
            quantity: Quantity(raw: 1_000_000), buyerIsMaker: false, firstFillId: id, lastFillId: id)
    }

    private func book(_ updateId: Int64, at offsetMs: Int64 = 0) -> BookUpdate {
        BookUpdate(eventTime: now + offsetMs, updateId: updateId, bids: BookSide(), asks: BookSide())
    }

    private func candle(
        minute: Int64, at offsetMs: Int64, timeframe: Timeframe = .oneMinute, isClosed: Bool = false,
        isBackfill: Bool = false
    ) -> CandleUpdate {
        let price = Price(raw: 100_000_000)
        return CandleUpdate(
            eventTime: now + offsetMs, timeframe: timeframe,
            openTime: now.floored(to: timeframe.milliseconds) + minute * 60_000,
            open: price, high: price, low: price, close: price, volume: .zero, quoteVolume: .zero, fillCount: 0,
            takerBuyVolume: .zero, isClosed: isClosed, isBackfill: isBackfill)
    }

    /// Ids of the entries that one message makes.
    private func say(
        _ input: DataHub.Input, to hub: inout DataHub, symbol: Int = 0, atMs: Int64 = 0
    ) -> [StreamId] {
        var ids: [StreamId] = []
        hub.receive(
            input, symbol: symbol, receivedUs: (now.milliseconds + atMs) * 1000, venueTime: now + atMs
        ) { output in
            if case .entry(_, let id, _) = output { ids.append(id) }
        }
        return ids
    }

    @Test func `ids are the receipt time and grow over all streams of a symbol`() {
        var hub = hub()
        var ids: [StreamId] = []
        for number in 1...5 as ClosedRange<Int64> {
            ids += say(.trade(trade(number)), to: &hub)
            ids += say(.book(book(number)), to: &hub)
        }
        #expect(ids.count == 10)
        #expect(ids.first?.microseconds == now.milliseconds * 1000)
        #expect(zip(ids, ids.dropFirst()).allSatisfy(<))
        // The clock went back; the ids do not.
        let back = say(.trade(trade(6, at: 1)), to: &hub, atMs: -500)
        #expect(back.count == 1 && ids.allSatisfy { $0 < back[0] })
    }

    @Test func `entries of a new process follow those that stand`() {
        var hub = hub()
        let standing = StreamId(microseconds: (now.milliseconds + 60_000) * 1000)
        hub.resume(symbol: 0, after: standing)
        #expect(say(.trade(trade(1)), to: &hub).allSatisfy { $0 > standing })
        #expect(say(.trade(trade(1)), to: &hub, symbol: 1).allSatisfy { $0 < standing })
    }

    @Test func `what overlapping sockets bring twice is written once`() {
        var hub = hub()
        #expect(say(.trade(trade(1)), to: &hub).count == 1)
        #expect(say(.trade(trade(2, at: 5)), to: &hub).count == 1)
        #expect(say(.trade(trade(1)), to: &hub).isEmpty)
        #expect(say(.trade(trade(2, at: 5)), to: &hub).isEmpty)
        #expect(say(.book(book(9)), to: &hub).count == 1)
        #expect(say(.book(book(9)), to: &hub).isEmpty)
        #expect(hub.counts[DataHub.Kind.trade.rawValue].duplicate == 2)
        #expect(hub.counts[DataHub.Kind.book.rawValue].duplicate == 1)
    }

    @Test func `trades that never came are counted`() {
        var hub = hub()
        _ = say(.trade(trade(1)), to: &hub)
        _ = say(.trade(trade(5)), to: &hub)
        #expect(hub.counts[DataHub.Kind.trade.rawValue].missing == 3)
    }

    @Test func `a book older than the last, or than the bound, is dropped`() {
        var hub = hub()
        _ = say(.book(book(9, at: 100)), to: &hub, atMs: 100)
        #expect(say(.book(book(8, at: 0)), to: &hub, atMs: 100).isEmpty)
        #expect(say(.book(book(10, at: 200)), to: &hub, atMs: 10_201).isEmpty)
        #expect(hub.counts[DataHub.Kind.book.rawValue].stale == 2)
    }

    @Test func `a crossed book and a price far from the mark price are dropped and counted`() throws {
        var hub = hub()
        func book(_ updateId: Int64, _ bid: Int64, _ ask: Int64) -> DataHub.Input {
            func side(_ price: Int64) -> BookSide {
                BookSide([BookLevel(price: Price(raw: price * fixedScale), quantity: Quantity(raw: fixedScale))])
            }
            return .book(BookUpdate(eventTime: now, updateId: updateId, bids: side(bid), asks: side(ask)))
        }
        let mark = MarketMetric(
            eventTime: now,
            value: .markPrice(
                mark: Price(raw: 61_800 * fixedScale), index: Price(raw: 61_800 * fixedScale), fundingRate: .zero,
                nextFundingTime: now))
        #expect(say(book(1, 618_000, 618_001), to: &hub).count == 1, "nothing to measure by yet")
        #expect(say(.metric(mark), to: &hub).count == 1)
        #expect(say(book(2, 618_000, 618_001), to: &hub).isEmpty)
        #expect(say(book(3, 61_801, 61_800), to: &hub).isEmpty)
        #expect(say(book(4, 61_800, 61_801), to: &hub).count == 1)
        #expect(say(.trade(trade(1)), to: &hub).count == 1)
        let absurd = AggTrade(
            tradeId: 2, tradeTime: now, eventTime: now, price: Price(raw: 618_000 * fixedScale),
            quantity: Quantity(raw: 1_000_000), buyerIsMaker: false, firstFillId: 2, lastFillId: 2)
        #expect(say(.trade(absurd), to: &hub).isEmpty)
        #expect(hub.counts[DataHub.Kind.book.rawValue].absurd == 2)
        #expect(hub.counts[DataHub.Kind.trade.rawValue].absurd == 1)
    }

    @Test func `a venue that begins its numbers anew is followed`() {
        var hub = hub()
        _ = say(.trade(trade(1000)), to: &hub)
        #expect(say(.trade(trade(1, at: 1)), to: &hub).count == 1)
        #expect(say(.trade(trade(1, at: -100_000)), to: &hub, atMs: -100_000).isEmpty)
        hub.forgetSequence()
        #expect(say(.trade(trade(1, at: -100_000)), to: &hub, atMs: -100_000).count == 1)
    }

    @Test func `updates of a candle come once a second, its close at once and once`() {
        var hub = hub()
        #expect(say(.candle(candle(minute: 0, at: 0)), to: &hub).count == 1)
        #expect(say(.candle(candle(minute: 0, at: 250)), to: &hub, atMs: 250).isEmpty)
        #expect(say(.candle(candle(minute: 0, at: 1000)), to: &hub, atMs: 1000).count == 1)
        #expect(say(.candle(candle(minute: 0, at: 1100, isClosed: true)), to: &hub, atMs: 1100).count == 1)
        #expect(say(.candle(candle(minute: 0, at: 1100, isClosed: true)), to: &hub, atMs: 1101).isEmpty)
        #expect(say(.candle(candle(minute: 1, at: 61_200)), to: &hub, atMs: 61_200).count == 1)
        #expect(say(.candle(candle(minute: 0, at: 61_300)), to: &hub, atMs: 61_300).isEmpty)
    }

    @Test func `the close of a candle is told however late it comes, for nobody would ask for it`() {
        var hub = hub()
        #expect(say(.candle(candle(minute: 0, at: 0)), to: &hub).count == 1)
        #expect(say(.candle(candle(minute: 0, at: 59_000)), to: &hub, atMs: 70_000).isEmpty)
        #expect(say(.candle(candle(minute: 0, at: 60_000, isClosed: true)), to: &hub, atMs: 75_000).count == 1)
    }

    @Test func `a longer candle has no more updates than a short one`() {
        var hub = hub()
        var counts: [Timeframe: Int] = [:]
        for timeframe in Timeframe.allCases {
            for ms in stride(from: Int64(0), to: timeframe.milliseconds, by: 250) {
                let update = candle(minute: 0, at: ms, timeframe: timeframe)
                counts[timeframe, default: 0] += say(.candle(update), to: &hub, atMs: ms).count
            }
        }
        #expect(counts.values.allSatisfy { 60...61 ~= $0 })
    }

    @Test func `the past is filled in before, and a gap after`() {
        var hub = hub()
        _ = say(.candle(candle(minute: 0, at: 0)), to: &hub)
        for minute in -5...(-1) as ClosedRange<Int64> {
            let past = candle(minute: minute, at: minute * 60_000, isClosed: true, isBackfill: true)
            #expect(say(.candle(past), to: &hub).count == 1)
            #expect(say(.candle(past), to: &hub).isEmpty)
        }
        // Minutes 0 to 2 closed while no data came.
        for minute in 0...2 as ClosedRange<Int64> {
            let missed = candle(minute: minute, at: (minute + 1) * 60_000, isClosed: true, isBackfill: true)
            #expect(say(.candle(missed), to: &hub, atMs: 200_000).count == 1)
        }
    }

    @Test func `a close that comes first does not shut out the past`() {
        var hub = hub()
        _ = say(.candle(candle(minute: 0, at: 60_000, isClosed: true)), to: &hub, atMs: 60_000)
        for minute in -3...(-1) as ClosedRange<Int64> {
            let past = candle(minute: minute, at: minute * 60_000, isClosed: true, isBackfill: true)
            #expect(say(.candle(past), to: &hub, atMs: 60_300).count == 1)
        }
        #expect(say(.candle(candle(minute: 0, at: 60_000, isClosed: true)), to: &hub, atMs: 60_400).isEmpty)
    }

    /// What is asked for at a moment, as `timeframe number-of-candles`.
    private func look(_ hub: inout DataHub, atMs: Int64) -> [String] {
        var asked: [String] = []
        hub.lookForCloses(venueTime: now + atMs) { asked.append("\($0) \($1.rawValue) \($2.limit)") }
        return asked
    }

    /// The closed candles that an answer of the venue makes the hub write: minute and whether it is of the past.
    private func answer(_ minutes: ClosedRange<Int64>, to hub: inout DataHub, atMs: Int64) -> [String] {
        var written: [String] = []
        for minute in minutes {
            let end = minute * 60_000 + 60_000 - now.milliseconds % 60_000 - 1
            let fetched = candle(minute: minute, at: min(end, atMs), isClosed: end < atMs, isBackfill: true)
            hub.receive(
                .candle(fetched), symbol: 0, receivedUs: (now.milliseconds + atMs) * 1000, venueTime: now + atMs
            ) { output in
                if case .entry(_, _, .candle(let candle)) = output, candle.isClosed {
                    written.append("\(minute)" + (candle.isBackfill ? " past" : ""))
                }
            }
        }
        return written
    }

    // The minute of `now` ends 44 s after it.

    @Test func `a close that does not come is asked for three seconds later, and written as if it had come, once`() {
        var hub = hub()
        _ = say(.candle(candle(minute: 0, at: 0)), to: &hub)
        #expect(look(&hub, atMs: 46_999).isEmpty)
        #expect(look(&hub, atMs: 47_000) == ["0 1m 2"])
        #expect(look(&hub, atMs: 47_100).isEmpty, "it was asked for a moment ago")
        #expect(answer(0...1, to: &hub, atMs: 47_200) == ["0"])
        #expect(look(&hub, atMs: 60_000).isEmpty)
        #expect(answer(0...1, to: &hub, atMs: 60_100).isEmpty)
        let late = candle(minute: 0, at: 45_000, isClosed: true)
        #expect(say(.candle(late), to: &hub, atMs: 60_200).isEmpty)
        #expect(hub.counts[DataHub.Kind.candle.rawValue].missing == 1)
    }

    @Test func `a close that was refused at the door is asked for, and one that came is not`() {
        var hub = hub()
        _ = say(.candle(candle(minute: 0, at: 0)), to: &hub)
        let price = Price(raw: 100_000_000)
        let absurd = CandleUpdate(
            eventTime: now + 44_800, timeframe: .oneMinute, openTime: now.floored(to: 60_000), open: price,
            high: Price(raw: 1), low: price, close: price, volume: .zero, quoteVolume: .zero, fillCount: 0,
            takerBuyVolume: .zero, isClosed: true, isBackfill: false)
        #expect(say(.candle(absurd), to: &hub, atMs: 44_900).isEmpty)
        #expect(look(&hub, atMs: 47_100) == ["0 1m 2"])
        #expect(answer(0...0, to: &hub, atMs: 47_200) == ["0"])
        #expect(say(.candle(candle(minute: 1, at: 104_500, isClosed: true)), to: &hub, atMs: 104_500).count == 1)
        #expect(look(&hub, atMs: 108_000).isEmpty)
    }

    @Test func `after a silence all closes that were lost are asked for together, and only the newest is news`() {
        var hub = hub()
        _ = say(.candle(candle(minute: 0, at: 0)), to: &hub)
        _ = say(.candle(candle(minute: 0, at: 44_100, isClosed: true)), to: &hub, atMs: 44_200)
        // Minutes 1 and 2 closed in silence; the candle of minute 3 goes on.
        _ = say(.candle(candle(minute: 3, at: 170_000)), to: &hub, atMs: 170_000)
        #expect(look(&hub, atMs: 170_100) == ["0 1m 3"])
        #expect(answer(0...3, to: &hub, atMs: 170_200) == ["1 past", "2"])
        #expect(look(&hub, atMs: 180_000).isEmpty)
    }

    @Test(arguments: [true, false])
    func `a hole behind a close that came is filled as the past, and given up when answers do not have it`(
        isAnswered: Bool
    ) {
        var hub = hub()
        _ = say(.candle(candle(minute: 0, at: 44_100, isClosed: true)), to: &hub, atMs: 44_200)
        for minute in 2...3 as ClosedRange<Int64> {
            let atMs = minute * 60_000 + 44_500
            _ = say(.candle(candle(minute: minute, at: atMs, isClosed: true)), to: &hub, atMs: atMs)
        }
        var asked = 0
        for ms in stride(from: Int64(225_000), to: isAnswered ? 283_000 : 305_000, by: 100) {
            let questions = look(&hub, atMs: ms).count
            asked += questions
            if isAnswered, questions > 0 { hub.candlesCame(.oneMinute, symbol: 0) }
        }
        // With longer and longer pauses.
        #expect(asked == (isAnswered ? 5 : 6))
        #expect(answer(1...1, to: &hub, atMs: 305_000) == ["1 past"], "it may still come")
    }

    @Test func `as long as nothing comes after it a close is asked for again, once a minute in the end`() {
        var hub = hub()
        _ = say(.candle(candle(minute: 0, at: 0)), to: &hub)
        var asked = 0
        for second in 47...3646 as ClosedRange<Int64> { asked += look(&hub, atMs: second * 1000).count }
        #expect(60...75 ~= asked)
        #expect(answer(0...59, to: &hub, atMs: 3_647_000).count == 60)
        #expect(hub.counts[DataHub.Kind.candle.rawValue].missing == 60)
    }

    @Test func `what closed before the hub heard anything is not missed, and neither is it of a venue that began anew`()
    {
        var hub = hub()
        #expect(look(&hub, atMs: 600_000).isEmpty)
        _ = answer(-20...(-10), to: &hub, atMs: 0)
        #expect(look(&hub, atMs: 0).isEmpty)
        _ = say(.candle(candle(minute: 0, at: 0)), to: &hub)
        #expect(look(&hub, atMs: 40_000).isEmpty)
        hub.forgetSequence()
        #expect(look(&hub, atMs: 600_000).isEmpty)
    }

    @Test func `after a Redis that lost what came last the past is written again, also what closes meanwhile`() {
        var hub = hub()
        let reading = MarketMetric(eventTime: now, value: .openInterest(Quantity(raw: 5)))
        _ = say(.metric(reading), to: &hub)
        #expect(answer(-3...(-1), to: &hub, atMs: 0).count == 3)
        _ = say(.candle(candle(minute: 0, at: 0)), to: &hub)
        #expect(answer(-3...(-1), to: &hub, atMs: 1000).isEmpty)
        hub.forgetWritten(symbol: 1)
        #expect(answer(-3...(-1), to: &hub, atMs: 1000).isEmpty, "another contract's")
        hub.forgetWritten(symbol: 0)
        #expect(answer(-3...(-1), to: &hub, atMs: 1000).count == 3)
        #expect(answer(-3...(-1), to: &hub, atMs: 1000).isEmpty)
        #expect(say(.metric(reading), to: &hub).count == 1)
        _ = say(.candle(candle(minute: 0, at: 2000)), to: &hub)
        #expect(look(&hub, atMs: 64_000).count == 1)
    }

    @Test func `each timeframe and each contract is missed by itself`() {
        var hub = hub()
        _ = say(.candle(candle(minute: 0, at: 0, timeframe: .threeMinutes)), to: &hub, symbol: 1)
        let end = now.floored(to: 180_000) + 180_000 - now
        #expect(look(&hub, atMs: end + 2999).isEmpty)
        #expect(look(&hub, atMs: end + 3000) == ["1 3m 2"])
    }

    @Test func `of a long past only as many candles are shown as the key keeps`() {
        var hub = hub { $0.candlesMax = 10 }
        for minute in -30...(-1) as ClosedRange<Int64> {
            let past = candle(minute: minute, at: minute * 60_000, isClosed: true, isBackfill: true)
            #expect(say(.candle(past), to: &hub).count == 1)
        }
        var shown: [Int64] = []
        hub.writeHotState { output in
            if case .hotState(.candle(_, let openTime, _, _)) = output { shown.append(openTime.milliseconds) }
        }
        #expect(shown.count == 10)
        #expect(shown.last == now.floored(to: 60_000).milliseconds - 60_000)
    }

    @Test func `a reading is written once, a liquidation always`() {
        var hub = hub()
        let reading = MarketMetric(eventTime: now, value: .openInterest(Quantity(raw: 5)))
        #expect(say(.metric(reading), to: &hub).count == 1)
        #expect(say(.metric(reading), to: &hub).isEmpty)
        let forced = MarketMetric(
            eventTime: now, value: .liquidation(side: .buy, price: Price(raw: 1), quantity: Quantity(raw: 1)))
        #expect(say(.metric(forced), to: &hub).count == 1)
        #expect(say(.metric(forced), to: &hub).count == 1)
    }

    @Test func `hot state gathers what came, and is written once`() {
        var hub = hub { $0.ticksMax = 10 }
        for number in 1...25 as ClosedRange<Int64> { _ = say(.trade(trade(number)), to: &hub) }
        _ = say(.book(book(1)), to: &hub)
        _ = say(.book(book(2, at: 1)), to: &hub)
        _ = say(.candle(candle(minute: 0, at: 0)), to: &hub)
        _ = say(.metric(MarketMetric(eventTime: now, value: .openInterest(Quantity(raw: 500_000_000)))), to: &hub)
        var states: [HotState] = []
        hub.writeHotState { if case .hotState(let state) = $0 { states.append(state) } }
        guard case .push("ticks:{BTCUSDT}", let ticks, 10) = states[0] else {
            Issue.record("\(states[0])")
            return
        }
        #expect(ticks.count <= 10 && ticks.last?.hasPrefix("{\"trade_id\":25,") == true)
        guard case .hash("orderbook:{BTCUSDT}", let fields, false) = states[1] else {
            Issue.record("\(states[1])")
            return
        }
        #expect(fields["update_id"] == "2")
        #expect(states.count == 6)
        // The list of an earlier version gives way to the present value, once.
        guard case .hash("oi:{BTCUSDT}", let interest, true) = states[3] else {
            Issue.record("\(states[3])")
            return
        }
        #expect(interest["value"] == "5" && interest["event_time"] == "\(now.milliseconds)")
        #expect(states[4] == .push(key: "oi:{BTCUSDT}:history", items: ["\(now.milliseconds):5"], max: 12))
        var again = 0
        hub.writeHotState { _ in again += 1 }
        #expect(again == 0)
    }
}
