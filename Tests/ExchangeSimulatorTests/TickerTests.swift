import ExchangeSimulator
import Testing
import TradingPrimitives

/// Streams of the last day and of all contracts at once.
struct TickerTests {
    private func frames(_ path: String, _ streams: String) -> [String] {
        var world = World(["BTCUSDT", "ETHUSDT"])
        var hub = StreamHub()
        hub.open(1, path: path, query: "streams=" + streams, &world.exchange)
        for index in 0...1 {
            world.book("60000:2", "60000.1:1", instrument: index)
            world.trade("60000", "0.5", .sell, instrument: index)
            world.trade("60100.5", "0.25", .buy, instrument: index)
        }
        world.advance(4000)
        var frames: [String] = []
        hub.deliver(&world.exchange) { _, _, bytes in frames.append(String(decoding: bytes, as: UTF8.self)) }
        return frames
    }

    @Test func `a ticker tells the last 24 hours`() throws {
        let frames = frames("/market/ws", "btcusdt@ticker")
        #expect(frames.count == 2)
        let frame = try #require(frames.first)
        #expect(
            frame.contains(
                #""s":"BTCUSDT","ps":"BTCUSDT","p":"100.50","P":"0.167","w":"60033.50","c":"60100.50","Q":"0.250","o":"60000.00","h":"60100.50","l":"60000.00","v":"0.750","q":"45025.12","#
            ), "\(frame)")
        #expect(frame.contains(#""e":"24hrTicker""#) && frame.contains(#""n":2,"st":1}"#))
    }

    @Test func `a day is 24 hours to the minute, and has as many ids as trades`() throws {
        var world = World()
        let minutes = (1...Int64(3000)).map { back in
            var candle = MarketCandle(
                openTime: world.exchange.now.floored(to: 60_000) - (3001 - back) * 60_000, price: World.price("60000"))
            candle.trades = 10
            return candle
        }
        world.exchange.setHistory(0, minutes)
        world.trade("60000", "0.5", .sell)
        world.advance(1000)
        let text = world.call("GET", "/fapi/v1/ticker/24hr", "symbol=BTCUSDT").text
        func number(_ name: String) throws -> Int64 {
            let digits = text.split(separator: "\"\(name)\":").last?.prefix { $0.isNumber }
            return try #require(digits.flatMap { Int64($0) }, "\(text)")
        }
        let length = try number("closeTime") - number("openTime")
        #expect(86_340_000...86_400_000 ~= length, "\(text)")
        #expect(try number("count") == 14_391, "1439 whole minutes of ten, and one trade")
        #expect(try number("lastId") - number("firstId") == 14_390 && number("firstId") > 0)
    }

    @Test func `streams of all contracts carry arrays, except for best prices`() throws {
        for (stream, event) in [
            ("!ticker@arr", "24hrTicker"), ("!miniTicker@arr", "24hrMiniTicker"),
            ("!markPrice@arr@1s", "markPriceUpdate"),
        ] {
            let frame = try #require(frames("/market/stream", stream).last, "\(stream)")
            #expect(frame.hasPrefix(#"{"stream":"\#(stream)","data":[{"e":"\#(event)""#), "\(frame)")
            #expect(frame.contains("BTCUSDT") && frame.contains("ETHUSDT"))
        }
        let best = frames("/public/stream", "!bookTicker")
        #expect(best.contains { $0.contains(#""s":"BTCUSDT""#) } && best.contains { $0.contains(#""s":"ETHUSDT""#) })
        #expect(best.allSatisfy { $0.hasPrefix(#"{"stream":"!bookTicker","data":{"e":"bookTicker""#) })
        // On the wrong entry a subscription stays silent.
        #expect(frames("/public/stream", "!ticker@arr").isEmpty && frames("/market/stream", "!bookTicker").isEmpty)
    }
}
