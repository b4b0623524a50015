import ExchangeSimulator
import Foundation
import Testing
import TradingPrimitives

/// Frames come as late and in such an order as those of the venue do.
struct LatenessTests {
    private static let start = Timestamp(milliseconds: 1_723_161_240_000)
    private static let streams = [
        "btcusdt@aggTrade", "btcusdt@kline_1m", "btcusdt@markPrice@1s", "btcusdt@depth20@100ms", "btcusdt@bookTicker",
    ]

    private struct Heard: Equatable {
        let atMs: Int64
        let stream: String
        let text: String

        func number(_ name: String) -> Int64? {
            text.firstRange(of: "\"\(name)\":").flatMap { Int64(text[$0.upperBound...].prefix(while: \.isNumber)) }
        }

        var eventMs: Int64 { number("E") ?? 0 }
        var isClose: Bool { text.contains("\"x\":true") }
    }

    /// What two connections hear of a synthetic market, and when, by the venue's clock.
    private static func listen(seconds: Int64, _ lateness: Lateness?) throws -> [Heard] {
        let instruments = [Instrument.listed(try #require(Symbol("BTCUSDT")))]
        let made = SyntheticMarket.make(instruments, seed: 3, start: start, historyMinutes: 10)
        var simulation = Simulation(
            Exchange(ExchangeConfiguration(instruments: instruments), start: start), made.market)
        var hub = StreamHub(lateness: lateness)
        for (id, route) in [(UInt64(1), "public"), (2, "market")] {
            let query = "streams=" + streams.joined(separator: "/")
            hub.open(id, path: "/\(route)/stream", query: query, &simulation.exchange)
        }
        var heard: [Heard] = []
        for ms in 0...seconds * 1000 {
            let now = start + ms
            _ = simulation.play(until: now)
            hub.deliver(&simulation.exchange) { _, label, bytes in
                guard case .market(let stream) = label else { return }
                heard.append(
                    Heard(
                        atMs: now.milliseconds, stream: stream.name(instruments),
                        text: String(decoding: bytes, as: UTF8.self)))
            }
        }
        return heard
    }

    @Test func `streams pass each other, and within one the order stays`() throws {
        let heard = try Self.listen(seconds: 20, Lateness(seed: 1))
        #expect(Set(heard.map(\.stream)) == Set(Self.streams))
        for stream in Self.streams {
            let own = heard.filter { $0.stream == stream }
            #expect(zip(own, own.dropFirst()).allSatisfy { $0.eventMs <= $1.eventMs }, "\(stream)")
            #expect(own.allSatisfy { $0.atMs >= $0.eventMs }, "\(stream)")
            let ids = own.compactMap { $0.number(stream.hasSuffix("aggTrade") ? "a" : "u") }
            #expect(ids == ids.sorted(), "\(stream)")
        }
        let passed = zip(heard, heard.dropFirst()).count { $0.eventMs > $1.eventMs }
        #expect(passed > 20)
    }

    @Test func `a minute closes up to two seconds late, after books of the next one and before any news of its candle`()
        throws
    {
        let heard = try Self.listen(seconds: 190, Lateness(seed: 1))
        let closes = heard.filter(\.isClose)
        #expect(closes.count == 3)
        for close in closes {
            let late = close.eventMs - (try #require(close.number("T")) + 1)
            #expect(late > 0 && late <= 2010)
        }
        let candles = heard.filter { $0.stream == "btcusdt@kline_1m" }
        for (at, candle) in candles.enumerated() where candle.isClose {
            let minute = try #require(candle.number("t"))
            #expect(candles[..<at].allSatisfy { $0.number("t") ?? 0 <= minute })
            #expect(candles[(at + 1)...].allSatisfy { $0.number("t") ?? 0 > minute })
        }
        let ofNext = closes.map { close in
            heard.count {
                $0.stream.contains("depth") && $0.atMs < close.atMs && $0.eventMs > close.number("T") ?? .max
            }
        }
        #expect(ofNext.contains { $0 >= 3 }, "books of the new minute before the close of the old: \(ofNext)")
    }

    @Test func `one seed is one story of delays, and another is another`() throws {
        let first = try Self.listen(seconds: 5, Lateness(seed: 1))
        #expect(try Self.listen(seconds: 5, Lateness(seed: 1)) == first)
        #expect(try Self.listen(seconds: 5, Lateness(seed: 2)) != first)
    }

    @Test func `without lateness each frame is there when it is made`() throws {
        let heard = try Self.listen(seconds: 5, nil)
        #expect(Set(heard.map(\.stream)) == Set(Self.streams))
        #expect(heard.allSatisfy { $0.atMs == $0.eventMs })
    }

    @Test func `delays are as they were recorded`() throws {
        var meter = LatenessMeter()
        for frame in try Self.listen(seconds: 120, Lateness(seed: 1)) {
            Array(frame.text.utf8).withUnsafeBytes { meter.take($0, receivedMs: Double(frame.atMs)) }
        }
        #expect(meter.disorders == 0)
        let rows = meter.report()
        func row(_ name: String) throws -> LatenessMeter.Row { try #require(rows.first { $0.name == name }) }
        let trades = try row("aggTrade")
        #expect((100...160).contains(trades.publish[3]) && trades.publish[7] <= 160)
        #expect((3...6).contains(trades.transport[3]) && trades.transport[7] <= 46)
        #expect(trades.overtaken > 0.05)
        let books = try row("depthUpdate")
        #expect((1...3).contains(books.transport[3]) && books.transport[7] <= 39)
        #expect(try row("kline close").publish.allSatisfy { $0 > 0 && $0 <= 2010 })
    }

    /// What two connections of an account are told of twenty orders, the second of which goes when they are placed.
    private static func tell(_ lateness: Lateness?) throws -> (atOnce: Int, all: [String], gone: [String]) {
        var world = World()
        world.book("60000:2 59999:3", "60000.1:1")
        world.trade("60000", "0.01", .sell)
        world.advance(1000)
        _ = world.call("POST", "/fapi/v1/listenKey")
        let query = "listenKey=\(world.exchange.listenKey(world.account))"
        var hub = StreamHub(lateness: lateness)
        for id in [UInt64(1), 2] { hub.open(id, path: "/private/ws", query: query, &world.exchange) }
        var told: [UInt64: [String]] = [1: [], 2: []]
        func deliver() {
            hub.deliver(&world.exchange) { id, label, bytes in
                if case .user = label { told[id]?.append(String(decoding: bytes, as: UTF8.self)) }
            }
        }
        for _ in 0..<20 { _ = try world.market(.buy, "0.02") }
        deliver()
        let atOnce = try #require(told[1]?.count)
        hub.close(2, &world.exchange)
        while let due = hub.nextDue {
            #expect(due > world.exchange.now)
            world.advance(1)
            deliver()
        }
        return (atOnce, try #require(told[1]), try #require(told[2]))
    }

    @Test func `what an account is told comes late as well, in its order, and to nobody who has gone`() throws {
        let late = try Self.tell(Lateness(seed: 9)), at = try Self.tell(nil)
        #expect(at.all.count >= 60 && at.atOnce == at.all.count && at.gone == at.all)
        #expect(late.all == at.all && late.atOnce < late.all.count)
        #expect(late.gone == Array(late.all.prefix(late.atOnce)))
    }

    @Test func `that a stop was triggered and is through comes some milliseconds after the engine's own word`() throws {
        func tell(_ lateness: Lateness?) throws -> [(ms: Int64, text: String)] {
            var world = World()
            world.book("60000:2 59980:3", "60000.1:1")
            world.trade("60000", "0.01", .sell)
            world.advance(1000)
            _ = try world.market(.buy, "0.02")
            _ = world.call("POST", "/fapi/v1/listenKey")
            let query = "listenKey=\(world.exchange.listenKey(world.account))"
            var hub = StreamHub(lateness: lateness)
            hub.open(1, path: "/private/ws", query: query, &world.exchange)
            let stop = world.call(
                "POST", "/fapi/v1/algoOrder",
                "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&triggerPrice=59990&closePosition=true")
            #expect(stop.status == 200, "\(stop.text)")
            _ = world.exchange.takeEvents()
            let began = world.exchange.now
            world.trade("59985", "0.01", .sell)
            var told: [(Int64, String)] = []
            for _ in 0..<200 {
                let ms = world.exchange.now - began
                hub.deliver(&world.exchange) { _, _, bytes in
                    told.append((ms, String(decoding: bytes, as: UTF8.self)))
                }
                world.advance(1)
            }
            return told
        }
        func at(_ word: String, _ told: [(ms: Int64, text: String)]) throws -> Int64 {
            try #require(told.first { $0.text.contains(word) }, "\(word) in \(told.map(\.text))").ms
        }
        let words = [#""X":"TRIGGERING""#, #""x":"TRADE""#, #""X":"TRIGGERED""#, #""X":"FINISHED""#]
        for seed in 1...20 as ClosedRange<UInt64> {
            let told = try tell(Lateness(seed: seed)), times = try words.map { try at($0, told) }
            #expect(times == times.sorted() && times[0] <= times[1], "\(times)")
            #expect((5...40).contains(times[2] - times[1]), "\(times)")
        }
        let burst = try tell(nil), times = try words.map { try at($0, burst) }
        #expect(Set(times).count == 1, "\(times)")
    }

    @Test func `a recording tells its delays whatever its clock, and what was read while it was opened does not count`()
    {
        func line(_ receipt: String, _ frame: String) -> [UInt8] { Array("\(receipt) \(frame)".utf8) }
        func trade(_ e: Int64, _ t: Int64) -> String {
            #"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":\#(e),"T":\#(t),"s":"BTCUSDT"}}"#
        }
        func book(_ e: Int64) -> String {
            #"{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":\#(e),"T":\#(e - 1),"b":[["1","2"]],"a":[]}}"#
        }
        let close =
            #"{"stream":"b@kline_1m","data":{"e":"kline","E":1700000009203,"k":{"t":1699999949000,"T":1700000008999,"x":true}}}"#
        var meter = LatenessMeter()
        func take(_ bytes: [UInt8]) { bytes.withUnsafeBytes { meter.take($0) } }
        // Seconds, on a clock that is a second behind.
        take(line("1699999999.000:", trade(1_700_000_000_000, 1_699_999_990_000)))
        take(line("1700000004.010:", book(1_700_000_005_000)))
        take(line("1700000004.014:", trade(1_700_000_004_999, 1_700_000_004_899)))
        take(line("1700000008.213:", close))
        // Nanoseconds, on a clock that is right.
        meter.startRecording()
        take(line("1700000100000000000", book(1_700_000_100_000)))
        take(line("1700000105005000000", book(1_700_000_105_000)))
        take(line("1700000106009000000", book(1_700_000_106_000)))
        take(Array("1700000106009000000 {\"stream\":".utf8))
        take(Array("no line of a recording".utf8))
        let rows = meter.report()
        #expect(rows.map(\.name) == ["aggTrade", "depthUpdate", "kline close"])
        #expect(rows.map(\.count) == [1, 3, 1])
        #expect(rows[0].publish == Array(repeating: 100, count: 8) && rows[0].overtaken == 1)
        #expect(rows[2].publish == Array(repeating: 203, count: 8))
        #expect(rows[1].transport.map { ($0 * 1000).rounded() / 1000 }.last == 4)
        #expect(rows[0].transport.map { $0.rounded() } == Array(repeating: 5, count: 8))
    }
}
