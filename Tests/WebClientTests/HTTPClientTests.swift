import RedisTestSupport
import ServiceKit
import Testing

@testable import WebClient

struct HTTPClientTests {
    private let reactor = Reactor()

    private func result(
        of request: WebRequest, _ client: HTTPClient
    ) throws -> Result<WebAnswer, WebFailure> {
        var result: Result<WebAnswer, WebFailure>?
        client.send(request) { result = $0 }
        #expect(result == nil, "told before the call had returned")
        let end = SystemClock.monotonicUs() + 300_000_000
        while result == nil, SystemClock.monotonicUs() < end { reactor.poll(timeoutMs: 10) }
        return try #require(result)
    }

    private func request(_ method: WebRequest.Method, _ server: TalkingServer, mayRepeat: Bool? = nil) -> WebRequest {
        WebRequest(
            method, "http://127.0.0.1:\(server.port)/a?b=1", body: "c=2", headers: [("X-Key", "k")],
            timeoutMs: 20_000, mayRepeat: mayRepeat)
    }

    @Test func `a request goes out as it stands, and head and body of the answer come back`() throws {
        let server = try TalkingServer(reactor) { _, _ in TalkingServer.http(404, "no", "Retry-After:  7 \r\n") }
        let client = try #require(HTTPClient(reactor))
        let answer = try result(of: request(.post, server), client).get()
        #expect(answer.status == 404)
        #expect(String(decoding: answer.body, as: UTF8.self) == "no")
        #expect(answer.header("retry-after") == "7 ")
        #expect(answer.header("retry") == nil)
        let sent = try #require(server.requests.first)
        #expect(sent.hasPrefix("POST /a?b=1 HTTP/1.1\r\n"))
        #expect(sent.contains("\r\nX-Key: k\r\n"))
        #expect(sent.hasSuffix("\r\n\r\nc=2"))
    }

    @Test(arguments: [false, true])
    func `over a dead kept connection a request leaves again only if it may`(mayRepeat: Bool) throws {
        let server = try TalkingServer(reactor) { count, _ in count == 2 ? nil : TalkingServer.http(200, "") }
        let client = try #require(HTTPClient(reactor))
        #expect(try result(of: request(.get, server), client).get().status == 200)
        switch try result(of: request(.post, server, mayRepeat: mayRepeat), client) {
        case .success(let answer): #expect(mayRepeat && answer.status == 200)
        case .failure(let failure): #expect(!mayRepeat && failure.mayHaveArrived)
        }
        #expect(server.requests.count == (mayRepeat ? 3 : 2))
    }

    @Test func `without a connection nothing has arrived`() throws {
        let client = try #require(HTTPClient(reactor))
        guard
            case .failure(let failure) = try result(
                of: WebRequest(.get, "http://127.0.0.1:1/", timeoutMs: 1000), client)
        else {
            Issue.record("nothing listens there")
            return
        }
        #expect(!failure.mayHaveArrived)
        #expect(failure.begun == nil)
    }

    @Test func `of an answer that breaks off the head counts`() throws {
        let server = try TalkingServer(reactor) { count, _ in
            count == 1 ? "HTTP/1.1 429 X\r\nRetry-After: 9\r\nContent-Length: 100\r\n\r\nhalf" : nil
        }
        let client = try #require(HTTPClient(reactor))
        var asked = request(.get, server)
        asked.timeoutMs = 500
        guard case .failure(let failure) = try result(of: asked, client) else {
            Issue.record("half an answer is none")
            return
        }
        #expect(failure.mayHaveArrived)
        #expect(failure.begun?.status == 429)
        #expect(failure.begun?.header("retry-after") == "9")
    }

    @Test func `a longer answer than asked for fails`() throws {
        let server = try TalkingServer(reactor) { _, _ in TalkingServer.http(200, String(repeating: "a", count: 101)) }
        let client = try #require(HTTPClient(reactor))
        var asked = request(.get, server)
        asked.answerMax = 100
        guard case .failure = try result(of: asked, client) else {
            Issue.record("it was taken")
            return
        }
    }
}
