import ExchangeSimulator
import ExchangeSimulatorServer
import Foundation
import TestSupport
import Testing
import TradingPrimitives

/// What goes wrong on the way between a venue and its client, over real sockets.
@Suite(.serialized) struct FaultServerTests {
    private static let key = "X-MBX-APIKEY: k"
    private static let order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01"

    private static func signed(_ query: String) -> String {
        let text = query + (query.isEmpty ? "" : "&") + "timestamp=\(Clock.realMs())"
        return text + "&signature=" + Signature.hmac(Array(text.utf8), secret: "s")
    }

    /// A server with a client that trades and one that makes it go wrong.
    private struct Desk {
        let server: RunningServer
        let client: TestClient
        let admin: TestClient

        init(_ change: @escaping @Sendable (inout ServerOptions) -> Void = { _ in }) async throws {
            server = await RunningServer(change)
            client = try #require(TestClient(port: server.port))
            admin = try #require(TestClient(port: server.port))
        }

        func order() -> (status: Int, head: String, body: String)? {
            client.request("POST", "/fapi/v1/order", headers: [key], body: signed(FaultServerTests.order))
        }

        func fail(_ json: String) throws -> String {
            let answer = try #require(admin.request("POST", "/sim/v1/faults", body: json))
            #expect(answer.status == 200, "\(answer.body)")
            return String(answer.body.filter(\.isNumber))
        }

        func act(_ json: String) throws -> String {
            let answer = try #require(admin.request("POST", "/sim/v1/acts", body: json))
            #expect(answer.status == 200, "\(answer.body)")
            return answer.body
        }

        func number(_ name: String, in json: String) -> Int64? {
            json.components(separatedBy: "\"\(name)\":").dropFirst().first.flatMap {
                Int64($0.prefix(while: \.isNumber))
            }
        }

        /// The venue's time, milliseconds, whatever is late.
        func time() throws -> Int64 {
            let status = try #require(admin.request("GET", "/sim/v1/status")).body
            return try #require(number("serverTime", in: status))
        }

        /// Waits until the list of faults is so; five minutes are only there to end a test that hangs.
        func waitForFaults(_ condition: (String) -> Bool) {
            let end = ContinuousClock.now + .seconds(300)
            while ContinuousClock.now < end {
                if let list = admin.request("GET", "/sim/v1/faults")?.body, condition(list) { return }
                usleep(10_000)
            }
            Issue.record("the faults never came to be so")
        }

        func end(_ id: String? = nil) {
            _ = admin.request("DELETE", "/sim/v1/faults" + (id.map { "?id=\($0)" } ?? ""))
        }

        /// How many orders have filled: one may take several levels of the book.
        func filledOrders() -> Int {
            let ledger = admin.request("GET", "/sim/v1/ledger")?.body ?? ""
            let fills = ledger.components(separatedBy: #""realizedPnl""#).dropLast()
            return Set(fills.compactMap { $0.components(separatedBy: #""orderId":"#).last?.prefix(while: \.isNumber) })
                .count
        }

        /// A user stream of the account.
        func userStream() throws -> TestClient {
            let answer = try #require(client.request("POST", "/fapi/v1/listenKey", headers: [key]))
            let stream = try #require(TestClient(port: server.port))
            #expect(stream.upgrade("/private/ws?listenKey=\(answer.body.split(separator: "\"")[3])"))
            return stream
        }
    }

    @Test(arguments: [
        (#""form":"unknown","executed":true"#, 503, -1000, "Unknown error, please check", 1),
        (#""form":"unknown","executed":false"#, 503, -1000, "Unknown error, please check", 0),
        (#""form":"timeout","executed":true"#, 408, -1007, "execution status unknown", 1),
        (#""form":"timeout""#, 408, -1007, "execution status unknown", 0),
        (#""form":"unavailable""#, 503, -1000, "Service Unavailable.", 0),
        (#""form":"internal""#, 503, -1000, "Internal error; unable to process", 0),
    ])
    func `answers that say little, with the order executed or not`(
        members: String, status: Int, code: Int, words: String, fills: Int
    ) async throws {
        let desk = try await Desk()
        defer { desk.server.stop() }
        let rule = #"{"kind":"server-error","count":1,"route":"POST /fapi/v1/order",\#(members)}"#
        _ = try desk.fail(rule)
        #expect(desk.client.request("GET", "/fapi/v1/time")?.status == 200)
        let answer = try #require(desk.order())
        #expect(answer.status == status && answer.body.contains("\(code)") && answer.body.contains(words))
        #expect(desk.filledOrders() == fills)
        #expect(desk.order()?.status == 200 && desk.filledOrders() == fills + 1)
        #expect(desk.admin.request("GET", "/sim/v1/faults")?.body.contains(#""fired":1,"over":true"#) == true)
    }

    @Test(arguments: [true, false])
    func `no answer, and a reset, with the order executed or not`(isExecuted: Bool) async throws {
        let desk = try await Desk()
        defer { desk.server.stop() }
        _ = try desk.fail(#"{"kind":"no-answer","count":1,"symbol":"BTCUSDT","executed":\#(isExecuted)}"#)
        let mute = try #require(TestClient(port: desk.server.port))
        mute.ask("POST", "/fapi/v1/order", headers: [Self.key], body: Self.signed(Self.order))
        desk.waitForFaults { $0.contains(#""fired":1"#) }
        #expect(!mute.hears(withinMs: 300) && desk.filledOrders() == (isExecuted ? 1 : 0))
        _ = try desk.fail(#"{"kind":"reset","count":1,"symbol":"BTCUSDT","executed":\#(isExecuted)}"#)
        #expect(desk.order() == nil)
        #expect(desk.filledOrders() == (isExecuted ? 2 : 0))
    }

    @Test func `too many requests and a ban, with the time to wait`() async throws {
        let desk = try await Desk()
        defer { desk.server.stop() }
        _ = try desk.fail(#"{"kind":"too-many-requests","count":1,"retryAfter":7}"#)
        let busy = try #require(desk.order())
        #expect(busy.status == 429 && busy.head.contains("Retry-After: 7") && busy.body.contains("-1003"))
        let id = try desk.fail(#"{"kind":"banned","seconds":600,"retryAfter":120}"#)
        for _ in 0..<3 {
            let banned = try #require(desk.order())
            #expect(banned.status == 418 && banned.head.contains("Retry-After: 120"))
            #expect(banned.body.contains("IP banned until 1"))
        }
        desk.end(id)
        #expect(desk.order()?.status == 200)
    }

    @Test func `latency takes half of its time there and half back`() async throws {
        let desk = try await Desk()
        defer { desk.server.stop() }
        let stream = try desk.userStream()
        _ = try desk.fail(#"{"kind":"latency","ms":400}"#)
        // By the venue's own clock: a busy machine may make either half longer, and none shorter.
        let asked = try desk.time()
        desk.client.ask("POST", "/fapi/v1/order", headers: [Self.key], body: Self.signed(Self.order))
        #expect(stream.hears())
        let answer = try #require(desk.client.answer())
        let answered = try desk.time()
        let executed = try #require(desk.number("updateTime", in: answer.body))
        #expect(answer.status == 200)
        #expect(executed - asked >= 200 && answered - executed >= 200, "\(asked) \(executed) \(answered)")
    }

    @Test func `who floods a venue that is late is cut, not kept`() async throws {
        let desk = try await Desk()
        defer { desk.server.stop() }
        let api = try #require(TestClient(port: desk.server.port))
        #expect(api.upgrade("/ws-fapi/v1"))
        _ = try desk.fail(#"{"kind":"latency","ms":3600000}"#)
        let message = TestClient.frame(0x81, [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        for _ in 0..<80 { api.write(message) }
        #expect(api.next() == nil)
        #expect(desk.admin.request("GET", "/sim/v1/status")?.status == 200)
    }

    @Test func `the WebSocket API fails alike`() async throws {
        let desk = try await Desk()
        defer { desk.server.stop() }
        let api = try #require(TestClient(port: desk.server.port))
        #expect(api.upgrade("/ws-fapi/v1?returnRateLimits=false"))
        func ask(_ id: Int) {
            let time = Clock.realMs()
            let text = "apiKey=k&quantity=0.01&side=BUY&symbol=BTCUSDT&timestamp=\(time)&type=MARKET"
            let signature = Signature.hmac(Array(text.utf8), secret: "s")
            api.say(
                #"{"id":\#(id),"method":"order.place","params":{"apiKey":"k","quantity":"0.01","side":"BUY","#
                    + #""symbol":"BTCUSDT","timestamp":\#(time),"type":"MARKET","signature":"\#(signature)"}}"#)
        }
        _ = try desk.fail(#"{"kind":"server-error","count":1,"route":"POST /fapi/v1/order","executed":true}"#)
        ask(1)
        let failed = #"{"id":1,"status":503,"error":{"code":-1000,"msg":"Unknown error, please check your request"#
        guard case .text(let text)? = api.next() else {
            Issue.record("no answer")
            return
        }
        #expect(text.hasPrefix(failed) && desk.filledOrders() == 1, "\(text)")
        _ = try desk.fail(#"{"kind":"latency","count":1,"ms":200}"#)
        let began = ContinuousClock.now
        ask(2)
        guard case .text(let late)? = api.next() else {
            Issue.record("no answer")
            return
        }
        #expect(late.hasPrefix(#"{"id":2,"status":200"#) && ContinuousClock.now - began >= .milliseconds(195))
        _ = try desk.fail(#"{"kind":"reset","count":1,"executed":true}"#)
        ask(3)
        #expect(api.next() == nil && desk.filledOrders() == 3)
    }

    /// The kinds of the events of a market order, as they come.
    private func told(_ stream: TestClient, _ count: Int) -> [String] {
        var kinds: [String] = []
        while kinds.count < count, case .text(let text)? = stream.next() {
            let name = text.split(separator: "\"")[3]
            kinds.append(name == "ORDER_TRADE_UPDATE" ? text.contains(#""x":"NEW""#) ? "new" : "trade" : "\(name)")
        }
        return kinds
    }

    @Test func `frames are dropped, doubled, delayed and overtaken`() async throws {
        let desk = try await Desk()
        defer { desk.server.stop() }
        let stream = try desk.userStream()
        #expect(desk.order()?.status == 200)
        #expect(told(stream, 4) == ["new", "TRADE_LITE", "trade", "ACCOUNT_UPDATE"])
        _ = try desk.fail(#"{"kind":"drop-frames","feed":"user","stream":"TRADE","symbol":"BTCUSDT","count":2}"#)
        _ = try desk.fail(#"{"kind":"duplicate-frames","feed":"user","stream":"ORDER_TRADE","count":1}"#)
        #expect(desk.order()?.status == 200)
        #expect(told(stream, 3) == ["trade", "trade", "ACCOUNT_UPDATE"])
        _ = try desk.fail(#"{"kind":"reorder-frames","feed":"user","stream":"ORDER_TRADE","count":1}"#)
        #expect(desk.order()?.status == 200)
        #expect(told(stream, 4) == ["TRADE_LITE", "new", "trade", "ACCOUNT_UPDATE"])
        _ = try desk.fail(#"{"kind":"delay-frames","feed":"user","stream":"ORDER_TRADE","ms":300,"count":2}"#)
        let began = ContinuousClock.now
        #expect(desk.order()?.status == 200)
        #expect(told(stream, 4) == ["TRADE_LITE", "ACCOUNT_UPDATE", "new", "trade"])
        #expect(ContinuousClock.now - began >= .milliseconds(295))
        // The last frame of all has nothing that overtakes it.
        _ = try desk.fail(#"{"kind":"reorder-frames","feed":"user","stream":"ACCOUNT","ms":200}"#)
        #expect(desk.order()?.status == 200)
        #expect(told(stream, 4) == ["new", "TRADE_LITE", "trade", "ACCOUNT_UPDATE"])
    }

    @Test func `a silent market stream stays up, and the user stream goes on`() async throws {
        let desk = try await Desk()
        defer { desk.server.stop() }
        let stream = try #require(TestClient(port: desk.server.port))
        #expect(stream.upgrade("/public/ws/btcusdt@depth20@100ms/ethusdt@depth20@100ms"))
        #expect(stream.next() != nil)
        let user = try desk.userStream()
        let id = try desk.fail(#"{"kind":"drop-frames","feed":"market"}"#)
        // What was sent before the fault comes before the answer.
        stream.say(#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#)
        while case .text(let text)? = stream.next(), !text.contains(#""id":1"#) {}
        #expect(!stream.hears(withinMs: 500))
        stream.say(#"{"method":"LIST_SUBSCRIPTIONS","id":2}"#)
        guard case .text(let text)? = stream.next() else {
            Issue.record("the stream has ended")
            return
        }
        #expect(text.contains(#""id":2"#))
        #expect(desk.order()?.status == 200 && told(user, 4).count == 4)
        desk.end(id)
        #expect(stream.hears())
    }

    @Test func `connections are cut by their kind, and refused in a partition`() async throws {
        let desk = try await Desk()
        defer { desk.server.stop() }
        func open(_ path: String) throws -> TestClient {
            let stream = try #require(TestClient(port: desk.server.port))
            #expect(stream.upgrade(path))
            return stream
        }
        let market = try open("/public/ws")
        let user = try desk.userStream()
        let api = try open("/ws-fapi/v1")
        for (kind, cut, left) in [("market", market, [user, api]), ("user", user, [api]), ("api", api, [])] {
            #expect(try desk.act(#"{"act":"cut","connections":"\#(kind)"}"#) == "{}")
            #expect(cut.hears() && cut.next() == nil)
            #expect(left.allSatisfy { !$0.hears(withinMs: 50) })
        }
        let again = try open("/public/ws")
        let id = try desk.fail(#"{"kind":"partition","connections":"all"}"#)
        #expect(again.hears() && again.next() == nil)
        #expect(desk.client.request("GET", "/fapi/v1/time") == nil)
        let late = try #require(TestClient(port: desk.server.port))
        #expect(late.request("GET", "/fapi/v1/time") == nil)
        let stream = try #require(TestClient(port: desk.server.port))
        #expect(!stream.upgrade("/public/ws"))
        desk.end(id)
        #expect(try open("/private/ws").hears(withinMs: 50) == false)
    }

    @Test func `a partition of one kind leaves the others`() async throws {
        let desk = try await Desk()
        defer { desk.server.stop() }
        let id = try desk.fail(#"{"kind":"partition","connections":"user"}"#)
        #expect(desk.order()?.status == 200)
        let answer = try #require(desk.client.request("POST", "/fapi/v1/listenKey", headers: [Self.key]))
        let path = "/private/ws?listenKey=\(answer.body.split(separator: "\"")[3])"
        let refused = try #require(TestClient(port: desk.server.port))
        #expect(!refused.upgrade(path))
        desk.end(id)
        // One that ends by itself.
        _ = try desk.fail(#"{"kind":"partition","connections":"user","seconds":0.2}"#)
        desk.waitForFaults { $0.components(separatedBy: #""over":true"#).count > 1 }
        let taken = try #require(TestClient(port: desk.server.port))
        #expect(taken.upgrade(path))
    }

    @Test func `an owner acts beside the client, and the venue with a script`() async throws {
        let desk = try await Desk { options in
            let venue = Exchange(ExchangeConfiguration(instruments: World.bitcoin), start: .zero)
            let lines = """
                # Half a second after the start.
                0.5 {"kind":"reject-order","code":-2019}
                """
            options.script = (try? FaultScript(lines, for: venue)) ?? FaultScript()
        }
        defer { desk.server.stop() }
        desk.waitForFaults { $0.contains("-2019") }
        #expect(desk.order()?.body.contains("-2019") == true)
        #expect(
            try desk.act(#"{"act":"order","symbol":"BTCUSDT","side":"SELL","type":"MARKET","quantity":"0.02"}"#)
                .contains(#""status":"NEW""#))
        #expect(try desk.act(#"{"act":"leverage","symbol":"BTCUSDT","leverage":7}"#).contains(#""leverage":7"#))
        #expect(try desk.act(#"{"act":"close","symbol":"BTCUSDT"}"#) == "{}")
        #expect(desk.filledOrders() >= 2)
        #expect(try desk.act(#"{"act":"end-faults"}"#) == "{}")
        #expect(desk.order()?.status == 200)
        let refused = try #require(
            desk.admin.request("POST", "/sim/v1/acts", body: #"{"act":"close","symbol":"ETHUSDT"}"#))
        #expect(refused.status == 400 && refused.body.contains("There is no position"))
    }
}
