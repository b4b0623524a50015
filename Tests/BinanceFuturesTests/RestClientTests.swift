import Glibc
import RedisTestSupport
import ServiceKit
import Testing
import TradingPrimitives

@testable import BinanceFutures

/// A server of the test's own that answers each request as it is told: a body, or silence and the end.
private final class RawServer {
    let reactor: Reactor
    private(set) var requests: [String] = []
    private let listener: Int32
    private let answer: (Int, String) -> String?
    private(set) var port = 0

    init(_ reactor: Reactor, answer: @escaping (_ count: Int, _ request: String) -> String?) throws {
        self.reactor = reactor
        self.answer = answer
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, size)
                _ = listen(listener, 8)
                _ = getsockname(listener, $0, &size)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        reactor.watch(listener, for: .read) { [unowned self] _ in accepted() }
    }

    deinit {
        reactor.unwatch(listener)
        close(listener)
    }

    private func accepted() {
        let client = accept(listener, nil, nil)
        reactor.watch(client, for: .read) { [unowned self] _ in serve(client) }
    }

    private func serve(_ client: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(client, &buffer, buffer.count)
        var reply: String?
        if count > 0 {
            let request = String(decoding: buffer[..<count], as: UTF8.self)
            requests.append(request)
            reply = answer(requests.count, request)
        }
        guard let reply else {
            reactor.unwatch(client)
            close(client)
            return
        }
        let bytes = Array(reply.utf8)
        _ = write(client, bytes, bytes.count)
    }
}

private func http(_ status: Int, _ body: String, _ headers: String = "") -> String {
    "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
}

struct RestClientTests {
    private let context: ServiceContext

    init() throws {
        let file = "/tmp/vortex7-rest-\(getpid())-\(UInt32.random(in: 0...9_999_999)).yaml"
        try #require(writeFile(file, "log: {level: error}\n"))
        defer { removeFile(file) }
        context = ServiceContext.start("vortexctl", purpose: "", arguments: ["vortexctl", "-c", file])
    }

    private func client(_ server: RawServer) throws -> RestClient {
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
        let server = try RawServer(context.reactor) { _, _ in
            http(200, #"{"orderId":1}"#, "X-MBX-USED-WEIGHT-1M: 321\r\n")
        }
        let client = try client(server)
        let request = RestRequest(.post, "/fapi/v1/order", [("symbol", "币BTC")], security: .signed)
        #expect(outcome(of: request, client) == .success(.object([.init(name: "orderId", value: .number("1"))])))
        let sent = try #require(server.requests.first)
        #expect(sent.hasPrefix("POST /fapi/v1/order HTTP/1.1"))
        #expect(sent.contains("X-MBX-APIKEY: the-key"))
        #expect(sent.contains("symbol=%E5%B8%81BTC&recvWindow=5000&timestamp="))
        #expect(sent.contains("&signature="))
        #expect(client.budget.used == 321)
    }

    @Test func `an order is not sent a second time when a kept connection turns out to be dead`() throws {
        let server = try RawServer(context.reactor) { count, _ in count == 1 ? http(200, "{}") : nil }
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
        let server = try RawServer(context.reactor) { _, _ in nil }
        let client = try #require(RestClient(context, baseURL: "http://127.0.0.1:1", signer: nil))
        guard case .notExecuted = outcome(of: RestRequest(.get, "/x"), client) else {
            Issue.record("nothing listens there")
            return
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `silence after the request leaves the outcome open`() throws {
        let server = try RawServer(context.reactor) { _, _ in "" }
        let client = try client(server)
        let order = RestRequest(.post, "/fapi/v1/order", [("a", "b")], security: .signed, timeoutMs: 200)
        guard case .unknown = outcome(of: order, client) else {
            Issue.record("the outcome must be unknown")
            return
        }
    }

    @Test func `a ban stops all requests until it ends`() throws {
        let server = try RawServer(context.reactor) { _, _ in
            http(418, #"{"code":-1003,"msg":"banned"}"#, "Retry-After: 120\r\n")
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
