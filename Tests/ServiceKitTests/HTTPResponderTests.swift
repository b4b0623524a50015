import Glibc
import RedisTestSupport
import Testing

@testable import ServiceKit

struct HTTPResponderTests {
    private let reactor = Reactor()

    private func responder(visitMs: Int64 = HTTPResponder.visitMs, body: String = "x 1\n") throws -> HTTPResponder {
        try #require(
            HTTPResponder(reactor, host: "127.0.0.1", port: 0, visitMs: visitMs) { path in
                path == "/metrics" ? .init(body: body) : nil
            })
    }

    /// Turns until something is so; false when it never was.
    private func turn(until condition: () -> Bool) -> Bool {
        let end = SystemClock.monotonicUs() + 60_000_000
        while !condition(), SystemClock.monotonicUs() < end { reactor.poll(timeoutMs: 5) }
        return condition()
    }

    private func answer(_ responder: HTTPResponder, to request: String) throws -> String {
        let visitor = try #require(Visitor(responder.port))
        visitor.say(request)
        #expect(turn { visitor.hasEnded })
        return visitor.heard
    }

    @Test func `metrics and health are answered over HTTP`() throws {
        let responder = try responder()
        #expect(try answer(responder, to: "GET /metrics HTTP/1.1\r\n\r\n").hasSuffix("\r\n\r\nx 1\n"))
        #expect(try answer(responder, to: "GET /other HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 404"))
        #expect(try answer(responder, to: "POST /metrics HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 405"))
    }

    @Test func `what follows a request does not keep its answer back`() throws {
        let responder = try responder()
        let request = "GET /metrics HTTP/1.1\r\nContent-Length: 4\r\n\r\nbodyGET /metrics HTTP/1.1\r\n"
        #expect(try answer(responder, to: request).hasSuffix("\r\n\r\nx 1\n"))
    }

    @Test func `a request without an end is refused, not kept`() throws {
        let responder = try responder()
        #expect(try answer(responder, to: "GET /" + String(repeating: "a", count: 20_000)) == "")
    }

    @Test func `the silent and the slow keep nobody out`() throws {
        let responder = try responder(body: String(repeating: "x 1\n", count: 4_000_000))
        let crowd = try (0..<40).map { number in
            let visitor = try #require(Visitor(responder.port))
            if number % 2 == 0 { visitor.say("GET /metrics HTTP/1.1\r\n\r\n") }  // and never reads
            reactor.poll(timeoutMs: 0)
            return visitor
        }
        defer { withExtendedLifetime(crowd) {} }
        #expect(try answer(responder, to: "GET /metrics HTTP/1.1\r\n\r\n").hasSuffix("x 1\n"))
        #expect(responder.displacedCount >= 9)
    }

    @Test func `a visit has an end, whatever the visitor does`() throws {
        let responder = try responder(visitMs: 50)
        let silent = try #require(Visitor(responder.port))
        let dribbling = try #require(Visitor(responder.port))
        dribbling.say("GET /met")
        let staying = try #require(Visitor(responder.port))
        staying.say("GET /metrics HTTP/1.1\r\n\r\n")
        #expect(turn { silent.hasEnded && dribbling.hasEnded && staying.hasEnded })
    }

    @Test func `without descriptors it pauses, says so, and goes on`() throws {
        var failures = 3
        var asked = 0
        var told: [String] = []
        let responder = try #require(
            HTTPResponder(
                reactor, host: "127.0.0.1", port: 0,
                acceptOne: { listener in
                    asked += 1
                    guard failures > 0 else { return accept(listener, nil, nil) }
                    failures -= 1
                    errno = EMFILE
                    return -1
                }, respond: { _ in .init(body: "x 1\n") }))
        responder.onTrouble = { told.append($0) }
        let visitor = try #require(Visitor(responder.port))
        visitor.say("GET /metrics HTTP/1.1\r\n\r\n")
        #expect(turn { !told.isEmpty })
        // The listener is readable all the time, and is left alone but for one question after each pause.
        for _ in 0..<1000 { reactor.poll(timeoutMs: 0) }
        #expect(asked < 100 && told.first == "Too many open files")
        #expect(turn { visitor.hasEnded })
        #expect(visitor.heard.hasSuffix("x 1\n") && told.count == 3)
    }
}

/// A client of the responder that never waits.
private final class Visitor {
    private let descriptor: Int32
    private(set) var heard = ""
    private var isEnded = false

    init?(_ port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let small = Int32(4096)
        withUnsafeBytes(of: small) {
            _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, $0.baseAddress, socklen_t($0.count))
        }
        guard withLoopbackAddress(port, { connect(descriptor, $0, $1) }) == 0 else { return nil }
    }

    deinit { close(descriptor) }

    func say(_ text: String) {
        let bytes = Array(text.utf8)
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }

    /// Reads what has come; whether that was the end.
    var hasEnded: Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnded {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                heard += String(decoding: buffer[..<count], as: UTF8.self)
            } else if count == 0 || errno != EAGAIN {
                isEnded = true
            } else {
                break
            }
        }
        return isEnded
    }
}
