import ExchangeSimulator
import ExchangeSimulatorServer
import Foundation
import Testing
import TradingPrimitives

struct RecordedTests {
    private static let data = "../shared/data"
    private static let hasData = FileManager.default.fileExists(atPath: data + "/README.md")

    private func events(_ text: String, name: String, needsBook: Bool = false) throws -> [MarketEvent] {
        var lines = TextLines(text.utf8)
        let contents = try #require(RecordingContents(&lines, name: name))
        var rest = TextLines(text.utf8)
        if contents.form != .frames, text.first?.isLetter == true { _ = rest.withNextLine { _ in } }
        let instruments = contents.symbols.map(Instrument.listed)
        var reader = RecordingReader(rest, contents, instruments: instruments, times: World.recordedTimes) { _ in
            needsBook
        }
        var events: [MarketEvent] = []
        while let event = reader.next() { events.append(event) }
        return events
    }

    @Test func `raw frames join the depth stream to its snapshot`() throws {
        let text = """
            1000 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1700000001000,"T":1700000000999,"s":"BTCUSDT","U":1,"u":5,"pu":0,"b":[["100.0","1"]],"a":[]}}
            1001 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1700000001010,"T":1700000001009,"s":"BTCUSDT","U":6,"u":9,"pu":5,"b":[["100.0","4"]],"a":[["101.0","0"],["101.1","2"]]}}
            1002 {"lastUpdateId":8,"E":1700000001020,"T":1700000001019,"bids":[["100.0","3"],["99.0","1"]],"asks":[["101.0","1"]]}
            1003 {"stream":"btcusdt@trade","data":{"e":"trade","E":1700000001030,"T":1700000001029,"s":"BTCUSDT","t":1,"p":"100.0","q":"0.5","X":"MARKET","m":true}}
            1004 {"stream":"btcusdt@trade","data":{"e":"trade","E":1700000001031,"T":1700000001031,"s":"BTCUSDT","t":2,"p":"100.0","q":"0.5","X":"INSURANCE_FUND","m":true}}
            1005 {"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1700000001032,"T":1700000001031,"s":"BTCUSDT","a":2,"p":"100.0","q":"0.5","m":true}}
            1006 {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":10,"s":"BTCUSDT","b":"100.0","B":"3.5","a":"101.1","A":"2","T":1700000001033,"E":1700000001033}}
            1007 {"truncated":
            """
        let events = try events(text, name: "BTCUSDT-raw.txt")
        var exchange = Exchange(ExchangeConfiguration(instruments: World.bitcoin), start: events[0].time)
        for event in events { exchange.process(event) }
        let top = exchange.books[0].top(5)
        #expect(top.bids == World.levels("100:4 99:1") && top.asks == World.levels("101.1:2"))
        let trades = events.filter { if case .trade = $0.body { true } else { false } }
        #expect(
            trades == [
                MarketEvent(
                    time: Timestamp(milliseconds: 1_700_000_001_029), instrument: 0,
                    .trade(price: World.price("100"), quantity: World.quantity("0.5"), aggressor: .sell))
            ])
        #expect(events.last?.body == .bestPrices(bid: World.levels("100:3.5")[0], ask: World.levels("101.1:2")[0]))
    }

    @Test func `both forms of depth20 lines are whole books`() throws {
        for text in [
            #"{"stream":"btcusdt@depth20@100ms","data":{"e":"depthUpdate","E":1700000000005,"T":1700000000004,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["100.0","1"]],"a":[["101.0","2"]]}}"#,
            #"{"recv_ms":9,"E":1700000000005,"u":2,"s":"BTCUSDT","b":[[100.0,1.0]],"a":[[101.0,2]]}"#,
        ] {
            let events = try events(text, name: "BTCUSDT-depth20.jsonl")
            let book = MarketEvent.Body.bookSnapshot(
                bids: World.levels("100:1"), asks: World.levels("101:2"), isPassedThrough: true)
            #expect(events == [MarketEvent(time: Timestamp(milliseconds: 1_700_000_000_005), instrument: 0, book)])
        }
    }

    @Test func `single fills of one taker become one aggregate trade`() throws {
        let text = """
            id,price,qty,quote_qty,time,is_buyer_maker
            1,100.0,0.1,10,1700000001000,true
            2,100.0,0.2,20,1700000001000,true
            3,99.9,0.3,30,1700000001000,true
            4,99.9,0.4,40,1700000001001,false
            """
        var exchange = Exchange(
            ExchangeConfiguration(instruments: World.bitcoin), start: Timestamp(milliseconds: 1_700_000_000_999))
        for event in try events(text, name: "BTCUSDT-trades-2024-08-08.csv") { exchange.process(event) }
        exchange.advance(to: Timestamp(milliseconds: 1_700_000_001_100))
        let trades = exchange.takeEvents().compactMap { event -> AggregateTrade? in
            if case .market(.aggregateTrade(let trade)) = event.body { trade } else { nil }
        }
        #expect(trades.map(\.quantity) == ["0.3", "0.3", "0.4"].compactMap { Quantity($0) })
        #expect(trades.map { $0.lastTradeId - $0.firstTradeId + 1 } == [2, 1, 1])
        #expect(trades[1].id == trades[0].id + 1 && trades[1].firstTradeId == trades[0].lastTradeId + 1)
    }

    @Test func `archive tables are known by header or by form`() throws {
        let aggregate = "171927517,0.7097,19.0,551530707,551530707,1729209603958,false\n"
        let candle = "1746372780000,95505.4,95505.5,95502.7,95502.7,16.536,1746372839999\n"
        #expect(try events(aggregate, name: "APEUSDT-aggTrades-2024-10-18.csv").count == 1)
        #expect(try events(aggregate, name: "APEUSDT-aggTrades-2024-10-18.csv", needsBook: true).count == 2)
        #expect(try events("open_time,open,high,low,close,volume\n" + candle, name: "BTCUSDT-1m.csv").count == 4)
        let funding = "calc_time,funding_interval_hours,last_funding_rate\n1568102400000,8,0.00010000\n"
        let rate = try events(funding, name: "BTCUSDT-fundingRate.csv")
        #expect(rate.map(\.body) == [.fundingRate(Ratio(raw: 10_000))])
        var other = TextLines("hello\nworld".utf8)
        #expect(RecordingContents(&other, name: "x") == nil)
    }

    @Test func `a loop goes on with its times moved on by whole minutes`() throws {
        let text = "1,100.0,0.1,1,1,1700000001000,true\n2,100.0,0.2,2,2,1700000061500,true\n"
        var lines = TextLines(text.utf8)
        let contents = try #require(RecordingContents(&lines, name: "BTCUSDT-aggTrades.csv"))
        var source = LoopedSource(isLooped: true) {
            RecordingReader(
                TextLines(text.utf8), contents, instruments: World.bitcoin, times: World.recordedTimes
            ) { _ in false }
        }
        let times = (0..<5).compactMap { _ in source.next()?.time }.map {
            $0 - Timestamp(milliseconds: 1_700_000_000_000)
        }
        #expect(times == [1000, 61_500, 121_000, 181_500, 241_000])
    }

    @Test func `history that ends elsewhere is moved in time and price`() throws {
        let minute = Timestamp(milliseconds: 1_700_000_040_000)
        var candles: [MarketCandle] = []
        for index in 0..<10 {
            candles.append(
                MarketCandle(openTime: Timestamp(milliseconds: Int64(index) * 60_000), price: World.price("50")))
        }
        let moved = CandleTable.leading(candles, to: minute, price: World.price("100"), tick: World.price("0.1"))
        #expect(
            moved.movedMs != 0 && moved.scale == 2 && moved.candles.last?.openTime == minute - 60_000
                && moved.candles.last?.close == Price("100"))
        let kept = CandleTable.leading(
            candles, to: Timestamp(milliseconds: 600_000), price: nil, tick: World.price("0.1"))
        #expect(kept.movedMs == 0 && kept.scale == nil && kept.candles.count == 10)
    }

    @Test(.enabled(if: hasData, "needs recordings beside the package"))
    func `a real raw recording gives the books that were rebuilt from it`() throws {
        let set = try RecordingSet(
            [Self.data + "/book/BTCUSDT-rawws-20240808T2354Z.txt.gz"], only: [], now: World.recordedTimes.latest)
        let rebuilt = try RecordingSet(
            [Self.data + "/book/BTCUSDT-depth20-100ms-DERIVED-20240808T2354Z.jsonl.gz"], only: [],
            now: World.recordedTimes.latest)
        let instruments = set.symbols.map(Instrument.listed)
        var expected: [Timestamp: MarketEvent.Body] = [:]
        var frames = rebuilt.source(instruments, isLooped: false)
        while let frame = frames.next() { expected[frame.time] = frame.body }
        var source = set.source(instruments, isLooped: false)
        let start = source.nextTime()
        var exchange = Exchange(ExchangeConfiguration(instruments: instruments), start: try #require(start))
        exchange.setInterest([], of: 0)
        var compared = 0
        var same = 0
        var trades = 0
        while let event = source.next() {
            exchange.process(event)
            if case .trade = event.body { trades += 1 }
            guard case .bookChange = event.body, let book = expected[event.time] else { continue }
            let top = exchange.books[0].top(20)
            compared += 1
            if book == .bookSnapshot(bids: top.bids, asks: top.asks, isPassedThrough: true) { same += 1 }
        }
        #expect(trades == 21_313)
        #expect(compared > 1000 && Double(same) > Double(compared) * 0.98, "\(same) of \(compared)")
    }

    @Test(.enabled(if: hasData, "needs recordings beside the package"))
    func `a zip archive, a gzip and plain text read the same`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vortex7-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var texts: [[UInt8]] = []
        let packed = Self.data + "/ticks/ETHUSDT-20240808T2354Z-trades.csv.gz"
        var lines = try #require(ArchiveFile(packed))
        var plain: [UInt8] = []
        while lines.withNextLine({ plain += Array($0) + [10] }) != nil {}
        try Data(plain).write(to: folder.appending(path: "ETHUSDT-trades.csv"))
        let zip = Process()
        zip.executableURL = URL(filePath: "/usr/bin/env")
        zip.arguments = ["python3", "-m", "zipfile", "-c", "ETHUSDT-trades.zip", "ETHUSDT-trades.csv"]
        zip.currentDirectoryURL = folder
        try zip.run()
        zip.waitUntilExit()
        for name in ["ETHUSDT-trades.csv", "ETHUSDT-trades.zip"] {
            var lines = try #require(ArchiveFile(folder.path + "/" + name))
            var text: [UInt8] = []
            while lines.withNextLine({ text += Array($0) + [10] }) != nil {}
            texts.append(text)
        }
        #expect(texts[0] == plain && texts[1] == plain && plain.count > 500_000)
    }
}
