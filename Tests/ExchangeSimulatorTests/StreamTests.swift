import ExchangeSimulator
import Testing
import TradingPrimitives

struct StreamTests {
    /// A hub with an exchange under it, and what it sent to each connection.
    private struct Venue {
        var world = World(["BTCUSDT", "ETHUSDT"])
        var hub = StreamHub()
        var sent: [UInt64: [String]] = [:]

        mutating func say(_ id: UInt64, _ text: String, nowMs: Int64 = 0) -> String? {
            switch hub.receive(id, Array(text.utf8), nowMs: nowMs, &world.exchange) {
            case .reply(let bytes): String(decoding: bytes, as: UTF8.self)
            case .close(let code, _): "close \(code)"
            case nil: nil
            }
        }

        mutating func open(_ id: UInt64, _ path: String, _ query: String = "") {
            hub.open(id, path: path, query: query, &world.exchange)
        }

        mutating func deliver() {
            var sent = sent
            hub.deliver(&world.exchange) { id, _, bytes in
                sent[id, default: []].append(String(decoding: bytes, as: UTF8.self))
            }
            self.sent = sent
        }

        /// A second with a book, a trade and a closed minute in it.
        mutating func play() {
            world.book("60000:2 59999:3", "60000.1:1")
            world.trade("60000", "0.01", .sell)
            world.advance(61_000)
            deliver()
        }

        func events(_ id: UInt64) -> Set<String> {
            Set(
                (sent[id] ?? []).compactMap { text in
                    text.firstRange(of: "\"e\":\"").map { String(text[$0.upperBound...].prefix { $0 != "\"" }) }
                })
        }
    }

    @Test func `streams come on their own route only, and a wrong route stays silent`() {
        var venue = Venue()
        let all =
            "btcusdt@aggTrade/btcusdt@depth20@100ms/btcusdt@bookTicker/btcusdt@kline_1m/btcusdt@markPrice@1s/btcusdt@depth@100ms"
        venue.open(1, "/public/stream", "streams=" + all)
        venue.open(2, "/market/stream", "streams=" + all)
        venue.open(3, "/ws/btcusdt@aggTrade/btcusdt@bookTicker")
        venue.open(4, "/market/ws/2")
        venue.play()
        #expect(venue.events(1) == ["depthUpdate", "bookTicker"])
        #expect(venue.events(2) == ["aggTrade", "kline", "markPriceUpdate"])
        #expect(venue.events(3) == ["bookTicker"])
        #expect(venue.events(4).isEmpty)
        #expect(venue.sent[1]?.allSatisfy { $0.hasPrefix(#"{"stream":"btcusdt@"#) } == true)
        #expect(venue.sent[3]?.allSatisfy { $0.hasPrefix(#"{"e":"#) } == true)
        let closed = venue.sent[2]?.filter { $0.contains(#""x":true"#) } ?? []
        #expect(closed.count == 1)
    }

    @Test func `one path has the streams of all routes, and the account's`() throws {
        var venue = Venue()
        _ = venue.world.call("POST", "/fapi/v1/listenKey")
        let key = venue.world.exchange.listenKey(venue.world.account)
        venue.open(1, "/all/stream", "streams=btcusdt@aggTrade/btcusdt@bookTicker/btcusdt@kline_1m/\(key)")
        venue.open(2, "/all/ws")
        #expect(
            venue.say(2, #"{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@markPrice"],"id":1}"#)
                == #"{"result":null,"id":1}"#)
        venue.open(3, "/all/ws", "listenKey=\(key)")
        venue.play()
        _ = try venue.world.market(.buy, "0.01")
        venue.deliver()
        let account: Set = ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE", "TRADE_LITE"]
        #expect(venue.events(1) == account.union(["aggTrade", "bookTicker", "kline"]))
        #expect(venue.events(2) == ["depthUpdate", "markPriceUpdate"])
        #expect(venue.events(3) == account)
    }

    @Test func `candles come under the name of the pair, too`() throws {
        var venue = Venue()
        venue.open(1, "/market/ws/btcusdt_perpetual@continuousKline_1m")
        venue.open(
            2, "/market/ws/btcusdt_perpetual@kline_1m/btcusdt@continuousKline_1m/btcusdt_perpetual@continuousKline_7m")
        venue.open(3, "/market/stream")
        #expect(
            venue.say(3, #"{"method":"SUBSCRIBE","params":["btcusdt_perpetual@continuousKline_1m"],"id":1}"#)
                == #"{"result":null,"id":1}"#)
        #expect(
            venue.say(3, #"{"method":"SUBSCRIBE","params":["dogeusdt_perpetual@continuousKline_1m"],"id":2}"#)?
                .contains(#""code":2"#) == true)
        venue.play()
        #expect(venue.events(1) == ["continuous_kline"] && venue.sent[2] == nil)
        let closed = try #require(venue.sent[1]?.first { $0.contains(#""x":true"#) })
        #expect(
            closed.contains(#""ps":"BTCUSDT","ct":"PERPETUAL","k":{"t":"#) && !closed.contains(#""s":"#), "\(closed)")
        let wrapped = try #require(venue.sent[3]?.first)
        #expect(wrapped.hasPrefix(#"{"stream":"btcusdt_perpetual@continuousKline_1m","data":{"e":"continuous_kline""#))
    }

    @Test func `zeros of the user stream are written short`() throws {
        var venue = Venue()
        _ = venue.world.call("POST", "/fapi/v1/listenKey")
        venue.open(1, "/private/ws/" + venue.world.exchange.listenKey(venue.world.account))
        venue.world.book("60000:2", "60000.1:1")
        _ = try venue.world.limit(.buy, "0.01", "59000")
        venue.deliver()
        let frame = try #require(venue.sent[1]?.first)
        for member in ["ap", "sp", "l", "z", "L", "rp"] { #expect(frame.contains(#""\#(member)":"0","#), "\(frame)") }
        #expect(frame.contains(#""q":"0.010","p":"59000.00""#))
    }

    @Test func `control messages answer with the id that came, of any scalar kind`() {
        var venue = Venue()
        venue.open(1, "/market/ws/0")
        #expect(
            venue.say(1, #"{"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":1}"#) == #"{"result":null,"id":1}"#)
        #expect(
            venue.say(1, #"{"method":"SUBSCRIBE","params":["nonsense"],"id":"b-7"}"#) == #"{"result":null,"id":"b-7"}"#)
        #expect(
            venue.say(1, #"{"id":null,"method":"LIST_SUBSCRIPTIONS"}"#)
                == #"{"result":["0","btcusdt@aggTrade","nonsense"],"id":null}"#)
        #expect(
            venue.say(1, #"{"method":"UNSUBSCRIBE","params":["nonsense","0"],"id":3}"#) == #"{"result":null,"id":3}"#)
        #expect(venue.say(1, #"{"method":"LIST_SUBSCRIPTIONS","id":4}"#) == #"{"result":["btcusdt@aggTrade"],"id":4}"#)
        #expect(
            venue.say(1, #"{"method":"SET_PROPERTY","params":["combined",true],"id":5}"#) == #"{"result":null,"id":5}"#)
        #expect(venue.say(1, #"{"method":"GET_PROPERTY","params":["combined"],"id":6}"#) == #"{"result":true,"id":6}"#)
        #expect(venue.say(1, #"{"method":"DANCE","id":7}"#)?.contains(#""code":2"#) == true)
        #expect(
            venue.say(1, #"{"method":"SUBSCRIBE","params":"x","id":8}"#)
                == #"{"code":2,"msg":"Invalid request: invalid type: string \"x\", expected a sequence","id":8}"#)
        #expect(venue.say(1, "not json")?.contains(#""code":3"#) == true)
    }

    @Test func `the eleventh message in a second and the 1025th stream end the connection`() {
        var venue = Venue()
        venue.open(1, "/market/ws")
        for id in 0..<10 {
            #expect(venue.say(1, #"{"method":"LIST_SUBSCRIPTIONS","id":\#(id)}"#, nowMs: 500) != "close 1008")
        }
        #expect(venue.say(1, #"{"method":"LIST_SUBSCRIPTIONS","id":11}"#, nowMs: 999) == "close 1008")
        #expect(venue.say(1, #"{"method":"LIST_SUBSCRIPTIONS","id":11}"#, nowMs: 1000) != "close 1008")
        let many = (0..<1025).map { "\"s\($0)@aggTrade\"" }.joined(separator: ",")
        #expect(venue.say(1, #"{"method":"SUBSCRIBE","params":[\#(many)],"id":1}"#, nowMs: 5000) == "close 1008")
    }

    @Test func `frames that nobody wants are not made`() {
        var venue = Venue()
        venue.open(1, "/market/ws/ethusdt@aggTrade")
        venue.world.book("60000:2", "60000.1:1")
        venue.world.trade("60000", "0.01", .sell)
        venue.world.advance(1000)
        #expect(venue.world.exchange.takeEvents().isEmpty)
        venue.hub.close(1, &venue.world.exchange)
        #expect(venue.hub.connectionCount == 0)
    }

    @Test func `all four forms of the user stream deliver, with the wanted events only`() throws {
        var venue = Venue()
        #expect(venue.world.call("POST", "/fapi/v1/listenKey").status == 200)
        let key = venue.world.exchange.listenKey(venue.world.account)
        venue.open(1, "/private/ws/" + key)
        venue.open(2, "/private/ws", "listenKey=\(key)")
        venue.open(3, "/private/ws", "listenKey=\(key)&events=ORDER_TRADE_UPDATE/ACCOUNT_UPDATE")
        venue.open(4, "/private/stream", "listenKey=\(key)&events=ORDER_TRADE_UPDATE")
        venue.open(5, "/private/stream")
        #expect(venue.say(5, #"{"method":"SUBSCRIBE","params":["\#(key)"],"id":1}"#) == #"{"result":null,"id":1}"#)
        venue.open(6, "/ws/" + key)
        venue.open(7, "/private/ws/wrong")
        venue.world.book("60000:2", "60000.1:1")
        venue.world.trade("60000", "0.01", .sell)
        _ = try venue.world.market(.buy, "0.01")
        venue.deliver()
        let all: Set = ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE", "TRADE_LITE"]
        #expect(venue.events(1) == all && venue.events(2) == all && venue.events(5) == all)
        #expect(venue.events(3) == ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"])
        #expect(venue.events(4) == ["ORDER_TRADE_UPDATE"])
        #expect(venue.sent[4]?.first?.hasPrefix(#"{"stream":"\#(key)","data":"#) == true)
        #expect(venue.sent[6] == nil && venue.sent[7] == nil)
    }

    @Test func `a listen key that is not kept alive expires with an event`() {
        var venue = Venue()
        _ = venue.world.call("POST", "/fapi/v1/listenKey")
        let key = venue.world.exchange.listenKey(venue.world.account)
        venue.open(1, "/private/ws/" + key)
        venue.world.advance(1_800_000)
        #expect(venue.world.call("PUT", "/fapi/v1/listenKey").status == 200)
        venue.world.advance(3_599_000)
        venue.deliver()
        #expect(venue.events(1).isEmpty)
        venue.world.advance(2000)
        venue.deliver()
        #expect(venue.events(1) == ["listenKeyExpired"])
        let refusal = venue.world.call("PUT", "/fapi/v1/listenKey").text
        #expect(refusal.contains("-1125") && refusal.contains("Please use `POST /fapi/v1/listenKey`"))
    }

    @Test func `depth changes applied to a snapshot give the book`() throws {
        let instruments = [Symbol("BTCUSDT")].compactMap(\.self).map(Instrument.listed)
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        let made = SyntheticMarket.make(instruments, seed: 3, start: start, historyMinutes: 30)
        var simulation = Simulation(
            Exchange(ExchangeConfiguration(instruments: instruments), start: start), made.market)
        var bids: [Price: Quantity] = [:]
        var previous: Int64?
        for step in 1...600 {
            _ = simulation.play(until: start + Int64(step) * 100)
            for event in simulation.exchange.takeEvents() {
                guard case .market(.depthChange(let frame, speedMs: 100)) = event.body else { continue }
                if let previous { #expect(frame.previousUpdateId == previous) }
                previous = frame.lastUpdateId
                for level in frame.bids { bids[level.price] = level.quantity == .zero ? nil : level.quantity }
            }
        }
        let top = simulation.exchange.books[0].top(100).bids
        #expect(bids.count == top.count)
        for level in top { #expect(bids[level.price] == level.quantity) }
    }

    @Test func `who has not listened to a depth stream sees that frames are missing`() throws {
        let instruments = [Symbol("BTCUSDT")].compactMap(\.self).map(Instrument.listed)
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        let made = SyntheticMarket.make(instruments, seed: 3, start: start, historyMinutes: 30)
        var simulation = Simulation(
            Exchange(ExchangeConfiguration(instruments: instruments), start: start), made.market)
        var heard: [(partial: Bool, frame: DepthFrame)] = []
        func listen(tenths: ClosedRange<Int64>) {
            heard = []
            for step in tenths {
                _ = simulation.play(until: start + step * 100)
                for case .market(let told) in simulation.exchange.takeEvents().map(\.body) {
                    switch told {
                    case .depthChange(let frame, speedMs: 100): heard.append((false, frame))
                    case .partialDepth(let frame, speedMs: 100): heard.append((true, frame))
                    default: break
                    }
                }
            }
        }
        func last(_ partial: Bool) throws -> DepthFrame { try #require(heard.last { $0.partial == partial }).frame }
        func first(_ partial: Bool) throws -> DepthFrame { try #require(heard.first { $0.partial == partial }).frame }
        // Nobody listened to the first second, either.
        simulation.exchange.setInterest([], of: 0)
        listen(tenths: 1...10)
        #expect(heard.isEmpty)
        simulation.exchange.setInterest(.all, of: 0)
        listen(tenths: 11...20)
        #expect(try first(false).previousUpdateId > 1 && first(true).previousUpdateId > 1)
        let before = (change: try last(false), partial: try last(true))
        simulation.exchange.setInterest([], of: 0)
        listen(tenths: 21...60)
        // A snapshot of a second before the stream is listened to again is older than its first frame.
        let call = RestCall(Parameters(query: Array("symbol=BTCUSDT&limit=5".utf8), body: []), account: nil)
        let answer = simulation.exchange.answer(try #require(Endpoint.find("GET", "/fapi/v1/depth")), call)
        let snapshot = String(decoding: answer.body, as: UTF8.self)
        let id = snapshot.firstRange(of: #""lastUpdateId":"#).map {
            snapshot[$0.upperBound...].prefix(while: \.isNumber)
        }
        let stale = try #require(id.flatMap { Int64($0) })
        listen(tenths: 61...70)
        #expect(heard.isEmpty)
        simulation.exchange.setInterest(.all, of: 0)
        listen(tenths: 71...80)
        #expect(try first(false).previousUpdateId > before.change.lastUpdateId && first(false).firstUpdateId > stale)
        #expect(try first(true).previousUpdateId > before.partial.lastUpdateId)
    }
}
