import ExchangeSimulator
import ExchangeSimulatorServer
import Foundation
import Synchronization
import TestSupport
import Testing
import TradingPrimitives

/// A server on a free port, in a thread of its own.
final class RunningServer: Sendable {
    let port: Int
    private let flags: Flags

    private final class Flags: Sendable {
        let stop = Atomic<Bool>(false)
        let hasEnded = Atomic<Bool>(false)
    }

    init(_ change: @escaping @Sendable (inout ServerOptions) -> Void = { _ in }) async {
        let flags = Flags()
        self.flags = flags
        port = await withCheckedContinuation { done in
            Thread.detachNewThread {
                Self.serve(flags, change) { done.resume(returning: $0) }
                flags.hasEnded.store(true, ordering: .relaxed)
            }
        }
    }

    private static func serve(_ flags: Flags, _ change: (inout ServerOptions) -> Void, _ isReady: (Int) -> Void) {
        let instruments = ["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) }.map(Instrument.listed)
        let start = Timestamp(milliseconds: Clock.realMs())
        let made = SyntheticMarket.make(instruments, seed: 1, start: start, historyMinutes: 60)
        var exchange = Exchange(ExchangeConfiguration(instruments: instruments), start: start)
        for (index, candles) in made.history.enumerated() { exchange.setHistory(index, candles) }
        var options = ServerOptions()
        options.port = 0
        let account = exchange.openAccount("k", deposit: Notional(raw: 5000 * fixedScale))
        options.keys = [ApiKey(key: "k", secret: "s", account: account)]
        change(&options)
        let server = try? SimulatorServer(
            Simulation(exchange, made.market), clock: Clock(start: start, factor: 1), options: options, log: Log(.error)
        )
        isReady(server?.port ?? 0)
        server?.run { flags.stop.load(ordering: .relaxed) }
    }

    func stop() {
        flags.stop.store(true, ordering: .relaxed)
        while !flags.hasEnded.load(ordering: .relaxed) { usleep(2000) }
    }
}

/// Conversations over real sockets.
@Suite(.serialized) struct ServerTests {
    private let key = "X-MBX-APIKEY: k"

    private func signed(_ query: String, secret: String = "s") -> String {
        let text = query + (query.isEmpty ? "" : "&") + "timestamp=\(Clock.realMs())"
        return text + "&signature=" + Signature.hmac(Array(text.utf8), secret: secret)
    }

    @Test func `public routes answer on one kept connection`() async throws {
        let server = await RunningServer()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        for _ in 0..<3 {
            let time = try #require(client.request("GET", "/fapi/v1/time"))
            #expect(time.status == 200 && time.head.contains("X-MBX-USED-WEIGHT-1M"))
        }
        #expect(client.request("GET", "/fapi/v1/nothing")?.status == 404)
        #expect(client.request("GET", "/fapi/v1/exchangeInfo")?.body.contains("ETHUSDT") == true)
        #expect(client.request("GET", "/sim/v1/status")?.body.contains("\"mode\":\"synthetic\"") == true)
        #expect(client.request("GET", "/sim/v1/ledger")?.body.contains("\"walletBalance\":\"5000.00000000\"") == true)
    }

    @Test func `keys, signatures and times are checked over query and body as they came`() async throws {
        let server = await RunningServer()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        let path = "/fapi/v3/balance"
        #expect(client.request("GET", path + "?" + signed(""))?.body.contains("-2014") == true)
        #expect(
            client.request("GET", path + "?" + signed(""), headers: ["X-MBX-APIKEY: x"])?.body.contains("-2015") == true
        )
        #expect(
            client.request("GET", path + "?" + signed("", secret: "no"), headers: [key])?.body.contains("-1022") == true
        )
        #expect(client.request("GET", path + "?" + signed(""), headers: [key])?.status == 200)
        let old = "timestamp=\(Clock.realMs() - 6000)"
        let late = old + "&signature=" + Signature.hmac(Array(old.utf8), secret: "s")
        #expect(client.request("GET", path + "?" + late, headers: [key])?.body.contains("-1021") == true)
        // In the body, in the query with an empty body, and split over both without a separator.
        let order =
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=60000&newClientOrderId=a%3A1"
        #expect(client.request("POST", "/fapi/v1/order", headers: [key], body: signed(order))?.status == 200)
        let cancel = "symbol=BTCUSDT&origClientOrderId=a%3A1"
        #expect(client.request("DELETE", "/fapi/v1/order", headers: [key], body: signed(cancel))?.status == 200)
        #expect(client.request("POST", "/fapi/v1/order?" + signed(order), headers: [key])?.status == 200)
        let body = "origClientOrderId=a%3A1&timestamp=\(Clock.realMs())"
        let signature = Signature.hmac(Array(("symbol=BTCUSDT" + body).utf8), secret: "s")
        let split = client.request(
            "DELETE", "/fapi/v1/order?symbol=BTCUSDT", headers: [key], body: body + "&signature=" + signature)
        #expect(split?.status == 200, "\(split?.body ?? "")")
        let counted = client.request("POST", "/fapi/v1/order", headers: [key], body: signed(order))
        #expect(counted?.head.contains("X-MBX-ORDER-COUNT-10S: 3") == true)
    }

    @Test func `an order's whole life comes over the user stream`() async throws {
        let server = await RunningServer()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        let answer = try #require(client.request("POST", "/fapi/v1/listenKey", headers: [key]))
        let listenKey = answer.body.split(separator: "\"")[3]
        let stream = try #require(TestClient(port: server.port))
        #expect(stream.upgrade("/private/ws?listenKey=\(listenKey)&events=ORDER_TRADE_UPDATE/ACCOUNT_UPDATE"))
        let order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01"
        #expect(client.request("POST", "/fapi/v1/order", headers: [key], body: signed(order))?.status == 200)
        var seen: [String] = []
        while seen.last != "account", case .text(let text)? = stream.next() {
            let word = text.contains("ACCOUNT_UPDATE") ? "account" : text.contains("\"x\":\"NEW\"") ? "new" : "trade"
            // What the best level does not hold the next one fills.
            if seen.last != word { seen.append(word) }
        }
        #expect(seen == ["new", "trade", "account"])
        let position = client.request("GET", "/fapi/v3/positionRisk?" + signed(""), headers: [key])
        #expect(position?.body.contains("\"positionAmt\":\"0.010\"") == true)
    }

    @Test func `market frames flow, controls in fragments are understood, and what was sent is counted`() async throws {
        let server = await RunningServer()
        defer { server.stop() }
        let stream = try #require(TestClient(port: server.port))
        #expect(stream.upgrade("/public/stream?streams=btcusdt@depth20@100ms"))
        stream.say(
            "{\"method\":\"SUBSCRIBE\",", "\"params\":[\"ethusdt@depth5@100ms\",\"btcusdt@depth@0ms\"],",
            "\"id\":\"u-1\"}")
        var depths = 0
        var hasReply = false
        var ether = 0
        var changes = 0
        for _ in 0..<60 {
            guard case .text(let text)? = stream.next() else { break }
            if text == "{\"result\":null,\"id\":\"u-1\"}" { hasReply = true }
            if text.hasPrefix("{\"stream\":\"btcusdt@depth20@100ms\"") { depths += 1 }
            if text.hasPrefix("{\"stream\":\"ethusdt@depth5@100ms\"") { ether += 1 }
            if text.hasPrefix("{\"stream\":\"btcusdt@depth@0ms\"") { changes += 1 }
        }
        #expect(hasReply && depths >= 15 && ether >= 15 && changes >= 15)
        let client = try #require(TestClient(port: server.port))
        let status = try #require(client.request("GET", "/sim/v1/status")).body
        let sent = status.split(separator: "btcusdt@depth20@100ms\",\"frames\":").last?.prefix { $0.isNumber }
        #expect(sent.flatMap { Int($0) } ?? 0 >= depths)
    }

    @Test func `connections end by the message limit, by age and by a bad path`() async throws {
        let server = await RunningServer { $0.connectionLifeS = 2 }
        defer { server.stop() }
        let chatty = try #require(TestClient(port: server.port))
        #expect(chatty.upgrade("/market/ws"))
        for _ in 0..<40 { chatty.say("{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":1}") }
        var last: TestClient.Frame?
        while let frame = chatty.next() { last = frame }
        #expect(last == .close(1008))
        let old = try #require(TestClient(port: server.port))
        #expect(old.upgrade("/market/ws"))
        #expect(old.next() == .close(1008))
        let lost = try #require(TestClient(port: server.port))
        #expect(!lost.upgrade("/nowhere"))
    }

    @Test func `a client that does not read is cut, and the others go on`() async throws {
        let server = await RunningServer { $0.queueMax = 20_000 }
        defer { server.stop() }
        let slow = try #require(TestClient(port: server.port))
        #expect(slow.upgrade("/market/ws"))
        // Answers of a megabyte that nobody reads.
        let many = (0..<1000).map { "\"name-of-a-stream-that-is-not-there-\($0)\"" }.joined(separator: ",")
        slow.say("{\"method\":\"SUBSCRIBE\",\"params\":[\(many)],\"id\":1}")
        slow.say("{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":2}")
        while let frame = slow.next() { if case .close = frame { break } }
        #expect(slow.next() == nil)
        let client = try #require(TestClient(port: server.port))
        #expect(client.request("GET", "/sim/v1/status")?.body.contains("\"connections\":0") == true)
    }
}
