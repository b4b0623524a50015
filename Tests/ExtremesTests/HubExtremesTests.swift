import BinanceFutures
import DataHub
import SignalContracts
import TestSupport
import Testing
import TradingPrimitives
import WebClient

/// Each number in each frame and answer of the venue with each extreme: what can't be true is refused and counted, costs itself
/// alone, and whatever the hub writes can be read by those who read it.
struct HubExtremesTests {
    private static let now: Int64 = 1_723_161_256_000
    private static let symbols = ["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) }

    /// A hub that hears frames, and what it wrote and told.
    private struct Talk {
        var scanner = MarketScanner(HubExtremesTests.symbols)
        var hub = DataHub(HubExtremesTests.symbols)
        var entries: [(kind: DataHub.Kind, fields: Fields)] = []
        var refusals: [RefusedInput] = []
        var unreadable = 0

        mutating func hear(_ frame: String, at ms: Int64 = HubExtremesTests.now) {
            Array(frame.utf8).withUnsafeBytes { bytes in
                do throws(FrameError) {
                    switch try scanner.scan(bytes) {
                    case .trade(let symbol, let trade): receive(.trade(trade), symbol, ms)
                    case .book(let symbol, let book): receive(.book(book), symbol, ms)
                    case .candle(let symbol, let candle): receive(.candle(candle), symbol, ms)
                    case .metric(let symbol, let metric): receive(.metric(metric), symbol, ms)
                    case .unfit(_, let stream, let value):
                        refusals.append(RefusedInput(.trade, "\(stream) \(value.field)", value.text, .unfit))
                    case .bookTicker, .reply, .other: break
                    }
                } catch { unreadable += 1 }
            }
        }

        mutating func receive(_ input: DataHub.Input, _ symbol: Int, _ ms: Int64 = HubExtremesTests.now) {
            hub.receive(input, symbol: symbol, receivedUs: ms * 1000, venueTime: Timestamp(milliseconds: ms)) {
                output in
                switch output {
                case .entry(let kind, _, let entry):
                    var fields = Fields()
                    entry.encode(into: &fields)
                    entries.append((kind, fields))
                case .refused(let refusal): refusals.append(refusal)
                case .hotState, .missed: break
                }
            }
        }

        /// What was written must be what readers take.
        func expectReadable(_ label: String) {
            for (kind, fields) in entries {
                #expect(throws: Never.self, "\(label): \(fields.pairs)") {
                    switch kind {
                    case .trade: _ = try AggTrade(fields)
                    case .book: _ = try BookUpdate(fields)
                    case .candle, .forming: _ = try CandleUpdate(fields)
                    case .metric: _ = try MarketMetric(fields)
                    }
                }
            }
        }
    }

    /// A frame of each stream, `number` tenths of a second after `now`.
    private static func frames(_ number: Int64) -> [(stream: String, frame: String)] {
        let time = now + number * 100, minute = now / 60_000 * 60_000
        return [
            (
                "aggTrade",
                #"{"e":"aggTrade","E":\#(time),"a":\#(5_933_014 + number),"s":"BTCUSDT","p":"61800.1","q":"0.5","f":\#(100 + number),"l":\#(100 + number),"T":\#(time - 5),"m":true}"#
            ),
            (
                "depth",
                #"{"e":"depthUpdate","E":\#(time),"T":\#(time - 7),"s":"BTCUSDT","U":1,"u":\#(160 + number),"pu":1,"b":[["61800.1","10"],["61800.0","1"]],"a":[["61800.2","100"],["61800.3","7"]]}"#
            ),
            (
                "kline",
                #"{"e":"kline","E":\#(time),"s":"BTCUSDT","k":{"t":\#(minute),"T":\#(minute + 59_999),"s":"BTCUSDT","i":"1m","f":1,"L":2,"o":"61800","c":"61801","h":"61802","l":"61799","v":"1000","n":100,"x":false,"q":"61800000.0","V":"500","Q":"30900000","B":"1"}}"#
            ),
            (
                "markPrice",
                #"{"e":"markPriceUpdate","E":\#(time),"s":"BTCUSDT","p":"61800.15","i":"61790.62659091","P":"61784.2","r":"0.00038167","T":\#(now + 3_600_000)}"#
            ),
            (
                "forceOrder",
                #"{"e":"forceOrder","E":\#(time),"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"61700","ap":"61705.5","X":"FILLED","l":"0.014","z":"0.014","T":\#(time)}}"#
            ),
        ]
    }

    /// Names of the values that are read of each frame and have a bound.
    private static let read: [Set<String>] = [
        ["p", "q", "E", "T"], ["E"], ["E", "t", "o", "h", "l", "c", "v", "q", "V"], ["E", "T", "p", "i", "r"],
        ["E", "q", "ap"],
    ]

    @Test(arguments: 0..<5)
    func `no number in a frame traps the hub, is taken unseen, or costs what comes after it`(index: Int) {
        let (stream, frame) = Self.frames(1)[index]
        var refused = 0
        Extremes.forEach(ofJSON: frame) { name, text, changed in
            var talk = Talk()
            for (_, good) in Self.frames(0) { talk.hear(good) }
            #expect(talk.entries.count == 5 && talk.refusals.isEmpty, "\(talk.refusals)")
            talk.hear(changed, at: Self.now + 100)
            let wasTold = !talk.refusals.isEmpty || talk.unreadable > 0
            let wasWritten = talk.entries.count == 6
            if wasTold { refused += 1 }
            talk.expectReadable("\(stream) with \(name) \(text)")
            // Whatever it was, the next ones come in. A candle's next update comes when a second has passed.
            let before = talk.entries.count
            for (_, good) in Self.frames(20) { talk.hear(good, at: Self.now + 2000) }
            #expect(talk.entries.count >= before + 4, "\(stream) after \(name) \(text): \(talk.refusals)")
            let isRead = Self.read[index].contains(name) && !(name == "r" && text.isEmpty)
            if isRead, !wasTold, wasWritten {
                let number = Double(text) ?? .nan
                #expect((-0.1...9.3e10).contains(number), "\(stream) took \(name) \(text)")
            }
        }
        #expect(refused > 100)
    }

    @Test func `a level that can't be costs itself, and a book that contradicts itself costs the book`() throws {
        func book(_ bids: String, _ asks: String) -> String {
            #"{"e":"depthUpdate","E":\#(Self.now),"T":1,"s":"BTCUSDT","U":1,"u":160,"pu":1,"b":[\#(bids)],"a":[\#(asks)]}"#
        }
        let good = #"["61800.3","1"],["61800.4","2"]"#
        for (bids, field, reason, value) in [
            (#"["61800.2","1"],["61800.1","95000000000"],["61800","3"]"#, "b", nil as RefusedInput.Reason?, ""),
            (#"["61800.2","1"],["61800.1","90000000000"],["61800","3"]"#, "bids", .value, "61800.1:90000000000"),
            (#"["61800.2","1"],["0","5"],["61800","3"]"#, "bids", .range, "0:5"),
            (#"["61800.2","1"],["61800.9","5"],["61800","3"]"#, "bids", .contradiction, "61800.9:5"),
        ] {
            var talk = Talk()
            talk.hear(book(bids, good))
            let entry = try #require(talk.entries.first?.fields)
            #expect(entry["bids"] == "61800.2:1,61800:3", "\(bids)")
            if let reason {
                #expect(talk.refusals == [RefusedInput(.book, field, value, reason)])
                #expect(talk.hub.counts[DataHub.Kind.book.rawValue].absurd == 0)
            } else {
                #expect(talk.scanner.unfitLevel == "61800.1:95000000000")
            }
        }
        var talk = Talk()
        talk.hear(book(#"["61800.4","1"]"#, #"["61800.3","1"]"#))
        #expect(talk.entries.isEmpty && talk.refusals.first?.reason == .contradiction)
        #expect(talk.hub.counts[DataHub.Kind.book.rawValue].absurd == 1)
        talk.hear(book(#"["61800.2","1"]"#, #"["61800.3","1"]"#))
        #expect(talk.entries.count == 1, "the same update id, told right")
    }

    @Test func `an absurd frame leaves no trace in what comes after`() {
        var talk = Talk()
        for (_, frame) in Self.frames(0) { talk.hear(frame) }
        // As a year in seconds for a time in milliseconds, and the other way round.
        for time in ["9223372036854775807", "-9223372036854775808", "1723161256", "1723161256000000", "4102444800000"] {
            for (_, frame) in Self.frames(1) {
                talk.hear(
                    frame.replacing("\"E\":\(Self.now + 100)", with: "\"E\":\(time)").replacing(
                        "\"u\":161", with: "\"u\":900000000000000000"
                    ).replacing("\"a\":5933015", with: "\"a\":900000000000000000"))
            }
        }
        #expect(
            talk.refusals.count >= 20 && talk.refusals.allSatisfy { $0.reason == .time || $0.field == "trade_time" })
        let before = talk.entries.count
        for number in 2..<Int64(1002) {
            talk.hear(Self.frames(number)[1].frame, at: Self.now + number * 100)
            talk.hear(Self.frames(number)[0].frame, at: Self.now + number * 100)
        }
        #expect(talk.entries.count == before + 2000)
    }

    // MARK: Answers

    private func value(_ json: String) -> JSONValue? { try? JSONValue(Array(json.utf8)) }

    @Test func `no number in an answer traps the hub, is taken unseen, or costs the rest of the answer`() throws {
        let minute = Self.now / 60_000 * 60_000
        let rows = (1...3).map { age in
            let open = minute - Int64(4 - age) * 60_000
            return
                #"[\#(open),"61800","61802","61799","61801","1000",\#(open + 59_999),"61800000.0",100,"500","30900000","0"]"#
        }
        let time = Timestamp(milliseconds: Self.now)
        Extremes.forEach(ofJSON: rows[1]) { name, text, row in
            guard let answer = value("[\(rows[0]),\(row),\(rows[2])]"),
                let read = MarketRest.candles(answer, .oneMinute, now: time)
            else { return }
            var talk = Talk()
            for candle in read.candles { talk.receive(.candle(candle), 0) }
            talk.expectReadable("candle with \(name) \(text)")
            let opens = talk.entries.compactMap { $0.fields["open_time"] }
            #expect(opens.contains("\(minute - 180_000)") && opens.contains("\(minute - 60_000)"), "\(name) \(text)")
        }
        let metrics: [(String, (JSONValue) throws -> MarketMetric)] = [
            (
                #"{"openInterest":"10659.509","symbol":"BTCUSDT","time":\#(Self.now)}"#,
                { try MarketRest.openInterest($0) }
            ),
            (
                #"[{"symbol":"BTCUSDT","longShortRatio":"0.1960","longAccount":"0.6622","shortAccount":"0.3378","timestamp":\#(Self.now)}]"#,
                { try MarketRest.ratio($0, isTopTraders: false) }
            ),
            (
                #"{"symbol":"BTCUSDT","markPrice":"61793.63104562","indexPrice":"61781.80535104","estimatedSettlePrice":"61781.16138815","lastFundingRate":"0.00038246","nextFundingTime":\#(Self.now + 5000),"interestRate":"0.0001","time":\#(Self.now)}"#,
                { try MarketRest.markPrice($0) }
            ),
        ]
        for (json, read) in metrics {
            let good = try read(try #require(value(json)))
            Extremes.forEach(ofJSON: json) { name, text, changed in
                guard let answer = value(changed), let metric = try? read(answer) else { return }
                var talk = Talk()
                talk.receive(.metric(metric), 0)
                #expect(talk.entries.count + talk.refusals.count == 1, "\(name) \(text)")
                talk.expectReadable("\(name) \(text)")
                talk.receive(.metric(MarketMetric(eventTime: time + 2000, value: good.value)), 0, Self.now + 2000)
                #expect(talk.entries.last?.fields["event_time"] == "\(Self.now + 2000)", "after \(name) \(text)")
            }
        }
    }

    @Test func `what does not fit is named with its field`() throws {
        #expect(throws: MarketRest.Flaw.unfit(UnfitValue("openInterest", "10000000000000"))) {
            try MarketRest.openInterest(try #require(value(#"{"openInterest":"10000000000000","time":5}"#)))
        }
        let frame = Self.frames(0)[2].frame.replacing(#""v":"1000""#, with: #""v":"95000000000.5""#)
        var scanner = MarketScanner(Self.symbols)
        let read = try Array(frame.utf8).withUnsafeBytes { try scanner.scan($0) }
        #expect(read == .unfit(symbol: 0, stream: "kline", UnfitValue("v", "95000000000.5")))
        // A contract that ends: the venue says nothing where its funding would stand.
        let dated = Self.frames(0)[3].frame.replacing(#""r":"0.00038167""#, with: #""r":"""#)
        guard case .metric(0, let metric) = try Array(dated.utf8).withUnsafeBytes({ try scanner.scan($0) }),
            case .markPrice(_, _, let rate, _) = metric.value
        else {
            Issue.record("no mark price")
            return
        }
        #expect(rate == .zero)
    }

    @Test func `a contract whose sizes or prices do not fit is refused with the reason, and costs itself alone`() throws
    {
        func contract(_ name: String, tick: String = "0.10", step: String = "0.001", most: String = "1000") -> String {
            #"{"symbol":"\#(name)","status":"TRADING","filters":[{"filterType":"PRICE_FILTER","tickSize":"\#(tick)"},{"filterType":"LOT_SIZE","stepSize":"\#(step)","minQty":"0.001","maxQty":"\#(most)"},{"filterType":"MIN_NOTIONAL","notional":"100"}]}"#
        }
        let bitcoin = Self.symbols[0]
        for (change, flaw) in [
            (contract("BTCUSDT", tick: "0.000000001"), MarketRest.Flaw.unfit(UnfitValue("tickSize", "0.000000001"))),
            (contract("BTCUSDT", step: "0.0000000005"), .unfit(UnfitValue("stepSize", "0.0000000005"))),
            (contract("BTCUSDT", most: "100000000000"), .unfit(UnfitValue("maxQty", "100000000000"))),
            (contract("BTCUSDT", tick: "0"), .bad("tickSize")), (contract("BTCUSDT", most: "NaN"), .bad("maxQty")),
            (contract("BTCUSDT", most: "-5"), .bad("maxQty")),
        ] {
            let answer = try #require(value(#"{"symbols":[\#(change),\#(contract("ETHUSDT"))]}"#))
            #expect(MarketRest.flaw(answer, bitcoin) == flaw)
            #expect(MarketRest.instruments(answer, Self.symbols).map(\.symbol) == [Self.symbols[1]])
        }
        Extremes.forEach(ofJSON: contract("BTCUSDT")) { name, text, changed in
            guard let answer = value(#"{"symbols":[\#(changed),\#(contract("ETHUSDT"))]}"#) else { return }
            let rules = MarketRest.instruments(answer, Self.symbols)
            #expect(rules.contains { $0.symbol == Self.symbols[1] }, "\(name) \(text)")
            for rules in rules {
                let metric = MarketMetric(eventTime: Timestamp(milliseconds: Self.now), value: .instrument(rules))
                var talk = Talk()
                talk.receive(.metric(metric), 0)
                talk.expectReadable("\(name) \(text)")
            }
        }
    }
}
