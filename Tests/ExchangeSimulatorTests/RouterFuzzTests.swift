import ExchangeSimulator
import ExchangeSimulatorServer
import TestSupport
import Testing
import TradingPrimitives

/// Whether a client can read an answer: JSON, and when it is a refusal a code below zero with words.
func isVenueShaped(_ status: Int, _ text: String) -> Bool {
    guard let value = FlatJSON.parse(text.utf8) else { return false }
    if status == 200 { return true }
    guard case .object(let members) = value, members.map(\.name) == ["code", "msg"],
        let code = members[0].value.text.flatMap({ Int($0) }), let words = members[1].value.text
    else { return false }
    return code < 0 && !words.isEmpty
}

/// Requests that nobody would send, over real sockets.
@Suite(.serialized) struct RouterFuzzTests {
    private static let letters = Array("/fapiv123order?&=%:.-_~ABC[]{}\"'+é\u{0}".utf8)

    private func mutated(_ text: String, _ random: inout SplitMix64) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<(random.next() % 4) {
            let at = Int(random.next() % UInt64(bytes.count))
            let letter = Self.letters[Int(random.next() % UInt64(Self.letters.count))]
            switch random.next() % 3 {
            case 0: bytes[at] = letter
            case 1: bytes.insert(letter, at: at)
            default: if bytes.count > 1 { bytes.remove(at: at) }
            }
        }
        // What would end the request line is not part of a path.
        return String(decoding: bytes.filter { $0 > 32 }, as: UTF8.self)
    }

    @Test func `each request is answered in the venue's form, signed or not`() async throws {
        let server = await RunningServer()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        var random = SplitMix64(seed: 11)
        var statuses: [Int: Int] = [:]
        for _ in 0..<700 {
            let endpoint = Endpoint.all[Int(random.next() % UInt64(Endpoint.all.count))]
            var query = mutated("symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.01&price=60000&limit=5", &random)
            if random.next() % 4 != 0 {
                query += "&timestamp=\(Clock.realMs())"
                query += "&signature=" + Signature.hmac(Array(query.utf8), secret: "s")
            }
            let path = random.next() % 3 == 0 ? mutated(endpoint.path, &random) : endpoint.path
            let isInBody = random.next() % 2 == 0
            let answer = try #require(
                client.request(
                    endpoint.method, isInBody ? path : path + "?" + query,
                    headers: random.next() % 8 == 0 ? [] : ["X-MBX-APIKEY: k"], body: isInBody ? query : ""),
                "\(endpoint.method) \(path)?\(query)")
            statuses[answer.status, default: 0] += 1
            #expect(isVenueShaped(answer.status, answer.body), "\(endpoint.method) \(path)?\(query): \(answer.body)")
        }
        // Some got through, some were refused for their parameters, their key, their path.
        #expect(Set(statuses.keys).isSuperset(of: [200, 400, 401, 404]), "\(statuses)")
    }

    @Test func `each message to the WebSocket API is answered`() async throws {
        let server = await RunningServer()
        defer { server.stop() }
        let client = try #require(TestClient(port: server.port))
        #expect(client.upgrade("/ws-fapi/v1"))
        var random = SplitMix64(seed: 12)
        let methods = ["order.place", "order.status", "depth", "session.status", "session.logon", "v2/account.balance"]
        for _ in 0..<400 {
            let method = methods[Int(random.next() % UInt64(methods.count))]
            client.say(
                mutated(
                    "{\"id\":\"7\",\"method\":\"\(method)\",\"params\":{\"symbol\":\"BTCUSDT\",\"apiKey\":\"k\",\"limit\":5,\"signature\":\"0\"}}",
                    &random))
            guard case .text(let text)? = client.next() else {
                Issue.record("no answer")
                return
            }
            let isRead =
                if case .object(let members)? = FlatJSON.parse(text.utf8) { members[1].name == "status" } else { false }
            #expect(isRead, "\(text)")
        }
    }
}
