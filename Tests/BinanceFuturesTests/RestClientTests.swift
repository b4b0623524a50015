import Glibc
import RedisTestSupport
import ServiceKit
import Testing
import TradingPrimitives
import WebClient

@testable import BinanceFutures

struct RestClientTests {
    private let context: ServiceContext

    init() throws {
        let file = "/tmp/vortex7-rest-\(getpid())-\(UInt32.random(in: 0...9_999_999)).yaml"
        try #require(writeFile(file, "log: {level: error}\n"))
        defer { removeFile(file) }
        context = ServiceContext.start("vortexctl", purpose: "", arguments: ["vortexctl", "-c", file])
    }

    private func client(_ server: TalkingServer) throws -> RestClient {
        try #require(
            RestClient(
                context, baseURL: "http://127.0.0.1:\(server.port)", signer: Signer(apiKey: "the-key", secret: "s")))
    }

    private func outcome(of request: RestRequest, _ client: RestClient) -> RestOutcome? {
        var outcome: RestOutcome?
        client.send(request) { outcome = $0 }
        let end = SystemClock.monotonicUs() + 300_000_000
        while outcome == nil, SystemClock.monotonicUs() < end { context.reactor.poll(timeoutMs: 10) }
        return outcome
    }

    @Test func `a signed request carries key, timestamp and signature, and the weight is taken in`() throws {
        let server = try TalkingServer(context.reactor) { _, _ in
            TalkingServer.http(200, #"{"orderId":1}"#, "X-MBX-USED-WEIGHT-1M: 321\r\n")
        }
        let client = try client(server)
        let request = RestRequest(.post, "/fapi/v1/order", [("symbol", "币BTC")], security: .signed)
        #expect(outcome(of: request, client) == .success(try JSONValue(Array(#"{"orderId":1}"#.utf8))))
        let sent = try #require(server.requests.first)
        #expect(sent.hasPrefix("POST /fapi/v1/order HTTP/1.1"))
        #expect(sent.contains("X-MBX-APIKEY: the-key"))
        #expect(sent.contains("symbol=%E5%B8%81BTC&recvWindow=5000&timestamp="))
        #expect(sent.contains("&signature="))
        #expect(client.budget.used == 321)
    }

    @Test func `an order is not sent a second time when a kept connection turns out to be dead`() throws {
        let server = try TalkingServer(context.reactor) { count, _ in count == 1 ? TalkingServer.http(200, "{}") : nil }
        let client = try client(server)
        let order = RestRequest(.post, "/fapi/v1/order", [("symbol", "BTCUSDT")], security: .signed)
        #expect(outcome(of: order, client) == .success(.object([])))
        guard case .unknown = outcome(of: order, client) else {
            Issue.record("the outcome must be unknown")
            return
        }
        for _ in 0..<20 { context.reactor.poll(timeoutMs: 10) }
        #expect(server.requests.count == 2)
    }

    @Test func `without a connection nothing was executed`() throws {
        let server = try TalkingServer(context.reactor) { _, _ in nil }
        let client = try #require(RestClient(context, baseURL: "http://127.0.0.1:1", signer: nil))
        guard case .notExecuted = outcome(of: RestRequest(.get, "/x"), client) else {
            Issue.record("nothing listens there")
            return
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `silence after the request leaves the outcome open`() throws {
        let server = try TalkingServer(context.reactor) { _, _ in "" }
        let client = try client(server)
        let order = RestRequest(.post, "/fapi/v1/order", [("a", "b")], security: .signed, timeoutMs: 200)
        guard case .unknown = outcome(of: order, client) else {
            Issue.record("the outcome must be unknown")
            return
        }
    }

    @Test func `a ban stops all requests until it ends`() throws {
        let server = try TalkingServer(context.reactor) { _, _ in
            TalkingServer.http(418, #"{"code":-1003,"msg":"banned"}"#, "Retry-After: 120\r\n")
        }
        let client = try client(server)
        _ = outcome(of: RestRequest(.get, "/x"), client)
        guard case .notExecuted = outcome(of: RestRequest(.get, "/x", isCritical: true), client) else {
            Issue.record("a request went out during the ban")
            return
        }
        #expect(server.requests.count == 1)
    }
}
