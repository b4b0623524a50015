import Sentiment
import SignalContracts
import TestSupport
import Testing
import TradingPrimitives

/// E4 beside a plain recomputation in Python, and what must hold of any market.
struct SentimentTests {
    private let symbol = Symbol("BTCUSDT")

    /// A crowd that grows, flees and is liquidated while the price wanders; a mark price each second.
    private func story(seed: UInt64, seconds: Int, mirrored: Bool = false) throws -> [(StreamId, MarketMetric)] {
        var random = SplitMix64(seed: seed)
        var entries: [(StreamId, MarketMetric)] = []
        let start: Int64 = 1_700_000_000_000
        var move = 0.0, interest = 80_000.0, trend = 0.0, long = 0.55, top = 0.5, rate = 0.0001
        let next = Timestamp(milliseconds: start + 9_000_000)
        func put(_ value: MarketMetric.Value, _ time: Int64) {
            let id = StreamId(milliseconds: UInt64(time + 20), sequence: UInt64(entries.count))
            entries.append((id, MarketMetric(eventTime: Timestamp(milliseconds: time), value: value)))
        }
        for second in 0..<seconds {
            let time = start + Int64(second) * 1000
            if random.next() % 200 == 0 { trend = (random.uniform() - 0.5) * 6e-4 }
            move += trend + (random.uniform() - 0.5) * 4e-4
            let price = 60_000 * (mirrored ? 1 - move : 1 + move)
            let mark = try #require(Price(price, rounding: .nearest))
            put(
                .markPrice(
                    mark: mark, index: mark, fundingRate: Ratio(raw: Int64((mirrored ? -rate : rate) * 1e8)),
                    nextFundingTime: next), time)
            if second % 15 == 3 {
                interest *= 1 + (random.uniform() - 0.45) * 0.004
                put(.openInterest(Quantity(raw: Int64(interest * 1000) * 100_000)), time - 200)
            }
            if second % 300 == 7 {
                long = min(max(long + (random.uniform() - 0.5) * 0.2, 0.2), 0.85)
                top = min(max(top + (random.uniform() - 0.5) * 0.3, 0.2), 0.8)
                rate = (random.uniform() - 0.4) * 0.001
                put(.accountRatio(long: share(long), short: share(1 - long)), time - 7000)
                put(.topTraderRatio(long: share(top), short: share(1 - top)), time - 7000)
            }
            if random.next() % 50 == 0 {
                let side: Side = random.next() % 2 == 0 ? .buy : .sell
                let size = Quantity(raw: Int64(random.next() % 9000 + 1) * 100_000)
                put(.liquidation(side: side, price: mark, quantity: size), time + 5)
            }
        }
        return entries
    }

    private func share(_ value: Double) -> Ratio { Ratio(raw: Int64((value * 10_000).rounded()) * 10_000) }

    private func signals(_ entries: [(StreamId, MarketMetric)]) throws -> [SentimentSignal] {
        var engine = Sentiment()
        return try facts(entries, &engine).compactMap { if case .signal(let signal, _) = $0 { signal } else { nil } }
    }

    private func facts(_ entries: [(StreamId, MarketMetric)], _ engine: inout Sentiment) throws -> [SentimentOutput
        .Fact]
    {
        let symbol = try #require(symbol)
        var facts: [SentimentOutput.Fact] = []
        for (id, metric) in entries {
            engine.process(SentimentInput(symbol: symbol, id: id, event: .metric(metric))) { facts.append($0.fact) }
        }
        return facts
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `random crowds give what a recomputation gives`(seed: UInt64) throws {
        let symbol = try #require(symbol)
        var engine = Sentiment(), capture = CaptureFile()
        var words: Set<String> = []
        for (id, metric) in try story(seed: seed, seconds: 2400) {
            capture.append(.metric, id, metric)
            engine.process(SentimentInput(symbol: symbol, id: id, event: .metric(metric))) {
                switch $0.fact {
                case .heatmap(let heatmap):
                    capture.append(.heatmap, id, heatmap)
                    words.insert("heatmap")
                case .signal(let signal, _):
                    capture.append(.signal, id, EngineSignal.sentiment(signal))
                    words.insert(signal.direction.rawValue)
                    if let reading = signal.openInterestReading { words.insert(reading.rawValue) }
                    if (signal.liquidationProximity ?? 0) > 0.7 { words.insert("near") }
                }
            }
        }
        #expect(words.isSuperset(of: ["near", "heatmap"]) && words.count >= 7, "the story must be eventful: \(words)")
        let differences = try capture.differences(oracle: "sentiment_oracle.py")
        #expect(differences == nil, "\(differences ?? "")")
    }

    /// What the engine says after each of several restarts, in words, beside what it says without.
    @Test(arguments: [true, false])
    func `after a restart the map goes on as if there had been none`(isRecalled: Bool) throws {
        let symbol = try #require(symbol)
        let entries = try story(seed: 9, seconds: 9000)
        var whole = Sentiment(), said: [(cause: StreamId, fields: Fields)] = []
        for (id, metric) in entries {
            whole.process(SentimentInput(symbol: symbol, id: id, event: .metric(metric))) {
                said.append((id, words($0)))
            }
        }
        let heatmaps = said.filter { $0.fields["bins"] != nil }
        #expect(heatmaps.count == 10, "at each quarter of an hour")
        var differing = 0, random = SplitMix64(seed: 1)
        // Anywhere, and right before, at and after the metric with which the map was written.
        var places = (0..<6).map { _ in Int(random.next() % 4000) + 5000 }
        for heatmap in heatmaps.suffix(3) {
            let place = try #require(entries.firstIndex { $0.0 == heatmap.cause })
            places += [place - 1, place, place + 1]
        }
        for place in places where place < entries.count {
            let next = entries[place].0
            var engine = Sentiment(), now: [Fields] = []
            for heatmap in heatmaps where isRecalled && heatmap.cause < next {
                let message = try LiquidationHeatmap(heatmap.fields)
                engine.process(SentimentInput(symbol: symbol, id: heatmap.cause, event: .heatmap(message))) { _ in }
            }
            let from = Int64(next.milliseconds) - SentimentInput.warmUpMs(of: .metric)
            for (id, metric) in entries where Int64(id.milliseconds) >= from {
                engine.process(SentimentInput(symbol: symbol, id: id, event: .metric(metric))) {
                    if id >= next { now.append(words($0)) }
                }
            }
            let then = said.filter { $0.cause >= next }.map(\.fields)
            #expect(now.count == then.count)
            differing += zip(now, then).count { $0 != $1 }
        }
        #expect(isRecalled ? differing == 0 : differing > 1000, "\(differing) differ")
    }

    private func words(_ output: SentimentOutput) -> Fields {
        var fields = Fields()
        output.encode(into: &fields)
        return fields
    }

    @Test func `strengths stay in their range, and nothing is said before it is known`() throws {
        for seed in 10..<16 as Range<UInt64> {
            let signals = try signals(story(seed: seed, seconds: 1500))
            let cold = signals.prefix { !$0.isWarm }
            #expect(!cold.isEmpty && cold.allSatisfy { $0.direction == .balanced && $0.strength == 0 })
            for signal in signals {
                #expect((0...1).contains(signal.strength) && (0...1).contains(signal.extremeLevel))
                #expect((0...1).contains(signal.liquidationProximity ?? 0))
                // A lean of 0.15 is where a direction begins; half a step is rounding.
                #expect(!signal.isWarm || (signal.direction == .balanced) == (signal.strength <= 0.25 + 1e-12))
            }
        }
    }

    @Test func `where the price is mirrored, the crowd's clusters are looked for on the other side`() throws {
        let up = try signals(story(seed: 3, seconds: 900)),
            down = try signals(story(seed: 3, seconds: 900, mirrored: true))
        #expect(up.count == down.count)
        for (signal, mirror) in zip(up, down) {
            #expect(
                (signal.clusterDirection == .above) == (mirror.clusterDirection == .below),
                "\(signal.cause)")
        }
    }

    @Test func `top traders against the rest are told of, and nothing is decided by it`() throws {
        func told(top: Double, all: Double) throws -> SentimentSignal? {
            try signals([
                entry(.topTraderRatio(long: share(top), short: share(1 - top)), atMs: 1),
                entry(.accountRatio(long: share(all), short: share(1 - all)), atMs: 2),
            ]).last
        }
        for (top, all, isApart) in [
            (0.61, 0.49, true), (0.61, 0.5, false), (0.61, 0.7, false), (0.6, 0.3, false), (0.39, 0.51, true),
            (0.39, 0.4, false), (0.5, 0.9, false),
        ] {
            #expect(try told(top: top, all: all)?.smartRetailDivergence == isApart, "\(top) \(all)")
        }
    }

    @Test func `old values no longer count`() throws {
        var entries = try story(seed: 4, seconds: 1000)
        let last = try #require(entries.last), time = last.1.eventTime + 1_000_000
        let mark = Price(raw: 60_000 * fixedScale)
        entries.append(
            (
                StreamId(milliseconds: UInt64(time.milliseconds), sequence: 0),
                MarketMetric(
                    eventTime: time,
                    value: .markPrice(mark: mark, index: mark, fundingRate: .zero, nextFundingTime: time + 9_000_000))
            ))
        let signal = try #require(try signals(entries).last)
        #expect(!signal.isWarm && signal.longRatio == nil && signal.openInterestChange == nil)
        #expect(signal.direction == .balanced)
    }

    // MARK: Single words

    private static let begin: Int64 = 1_700_000_000_000

    private func entry(_ value: MarketMetric.Value, atMs: Int64) -> (StreamId, MarketMetric) {
        let time = Self.begin + atMs
        return (
            StreamId(milliseconds: UInt64(time), sequence: 0),
            MarketMetric(eventTime: Timestamp(milliseconds: time), value: value)
        )
    }

    private func mark(_ price: Price, rate: String = "0", nextMs: Int64 = 90_000_000) throws -> MarketMetric.Value {
        .markPrice(
            mark: price, index: price, fundingRate: try #require(Ratio(rate)),
            nextFundingTime: Timestamp(milliseconds: Self.begin + nextMs))
    }

    /// Open interest at each 15 seconds until `silentMs`, and again from `againMs` on, half as much again.
    private func interest(silentMs: Int64, againMs: Int64, untilMs: Int64) throws -> [(StreamId, MarketMetric)] {
        var entries: [(StreamId, MarketMetric)] = []
        let price = try #require(Price("60000"))
        for ms in stride(from: Int64(0), through: untilMs, by: 15_000) {
            entries.append(entry(try mark(price), atMs: ms))
            if ms <= silentMs || ms >= againMs {
                let quantity = try #require(Quantity(ms >= againMs ? "150" : "100"))
                entries.append(entry(.openInterest(quantity), atMs: ms + 1))
            }
        }
        return entries
    }

    @Test func `after a gap of open interest nothing is said of five minutes until five minutes are known`() throws {
        let signals = try signals(try interest(silentMs: 600_000, againMs: 1_500_000, untilMs: 1_830_000))
        func change(atMs: Int64) -> Double? {
            signals.last { $0.eventTime.milliseconds <= Self.begin + atMs }?.openInterestChange
        }
        #expect(change(atMs: 590_000) == 0)
        #expect(change(atMs: 1_500_001) == nil, "the change of fifteen minutes is no change of five")
        #expect(change(atMs: 1_790_000) == nil)
        #expect(change(atMs: 1_801_000) == 0)
    }

    @Test func `what grew in a gap makes no liquidations at the prices after it`() throws {
        func clusters(againMs: Int64) throws -> Int {
            var engine = Sentiment()
            let facts = try facts(try interest(silentMs: 600_000, againMs: againMs, untilMs: 1_830_000), &engine)
            return facts.reduce(0) { most, fact in
                if case .heatmap(let heatmap) = fact { max(most, heatmap.bins.bins.count) } else { most }
            }
        }
        #expect(try clusters(againMs: 615_000) > 0)
        #expect(try clusters(againMs: 1_500_000) == 0)
    }

    @Test func `a funding time that has passed weighs no more than a far one`() throws {
        func strength(nextMs: Int64) throws -> Double {
            let price = try #require(Price("60000"))
            var entries = [
                entry(.openInterest(Quantity(raw: fixedScale)), atMs: 0),
                entry(.accountRatio(long: share(0.5), short: share(0.5)), atMs: 1),
                entry(.topTraderRatio(long: share(0.5), short: share(0.5)), atMs: 2),
            ]
            entries.append(entry(try mark(price, rate: "0.001", nextMs: nextMs), atMs: 1000))
            let signal = try #require(try signals(entries).last)
            #expect(signal.isWarm && signal.direction == .crowdLong)
            return signal.strength
        }
        let far = try strength(nextMs: 9_000_000)
        #expect(try strength(nextMs: 3_600_000) == far * 1.5)
        #expect(try strength(nextMs: 1000) == far * 1.5)
        #expect(try strength(nextMs: 999) == far)
        #expect(try strength(nextMs: -3_600_000) == far)
    }

    @Test(arguments: ["60000", "0.00001234"])
    func `people are shown the forty clusters nearest to the price, to its own digits`(text: String) throws {
        let price = try #require(Price(text)), symbol = try #require(symbol)
        var engine = Sentiment(), shown = ""
        var entries: [(StreamId, MarketMetric)] = []
        // Heavy bins each per cent, many light ones between them.
        for step in -400...400 as ClosedRange<Int64> {
            let distant = try #require(Price(price.double * (1 + Double(step) * 0.00101), rounding: .nearest))
            let size = Quantity(raw: (step % 10 == 0 ? 1000 : 1) * fixedScale)
            entries.append(entry(.liquidation(side: .buy, price: distant, quantity: size), atMs: step + 400))
        }
        entries.append(entry(try mark(price), atMs: 2000))
        for (id, metric) in entries {
            engine.process(SentimentInput(symbol: symbol, id: id, event: .metric(metric))) { output in
                output.forEachProjection {
                    if case .hash(_, let fields, _) = $0 { shown = fields["liq_clusters"] ?? shown }
                }
            }
        }
        let prices = try shown.split(separator: ",").map { cluster in
            try #require(Price(String(cluster.prefix { $0 != ":" }))).double / price.double
        }
        #expect(prices.count == 40 && prices == prices.sorted())
        let (least, most) = (try #require(prices.first), try #require(prices.last))
        #expect(0.78...0.83 ~= least && 1.17...1.22 ~= most, "\(least) to \(most)")
    }

    @Test func `no input makes a number that is none`() throws {
        let symbol = try #require(symbol)
        let extremes: [Int64] = [0, 1, 100_000_000, 9_000_000_000_000_000_000]
        var engine = Sentiment(), random = SplitMix64(seed: 8)
        func pick() -> Int64 { extremes[Int(random.next() % 4)] }
        for step in 0..<3000 {
            let time = Timestamp(milliseconds: 1_700_000_000_000 + Int64(step) * 20_000)
            let value: MarketMetric.Value =
                switch random.next() % 4 {
                case 0: .openInterest(Quantity(raw: pick()))
                case 1: .accountRatio(long: Ratio(raw: pick()), short: Ratio(raw: pick()))
                case 2: .liquidation(side: .buy, price: Price(raw: pick()), quantity: Quantity(raw: pick()))
                default:
                    .markPrice(
                        mark: Price(raw: pick()), index: .zero, fundingRate: Ratio(raw: pick()), nextFundingTime: time)
                }
            let id = StreamId(milliseconds: UInt64(time.milliseconds), sequence: 0)
            // What no such message can carry does not reach an engine.
            guard let metric = try? MarketMetric(MarketMetric(eventTime: time, value: value).fields) else { continue }
            engine.process(SentimentInput(symbol: symbol, id: id, event: .metric(metric))) {
                // What reads back is finite: the reader refuses anything else.
                switch $0.fact {
                case .signal(let signal, _):
                    let fields = EngineSignal.sentiment(signal).fields
                    #expect(throws: Never.self) { try EngineSignal(fields) }
                case .heatmap(let heatmap):
                    #expect(throws: Never.self) { try LiquidationHeatmap(heatmap.fields) }
                }
            }
        }
    }
}
