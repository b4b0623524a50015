import Foundation
import RedisTestSupport
import TestSupport
import Testing

/// Servers that treat our WebSocket client badly.
struct ClientDoorTests {
    private static let program = Result {
        try Sanitized("client", of: ["CWebSocketClient"], libraries: ["websockets"])
    }

    struct Malice: Sendable {
        let what: String
        /// In place of the answer to the upgrade; nil for a good one.
        var answer: String?
        var frames: [UInt8] = []
        /// What the client tells of it.
        let told: [String]
    }

    private static func frame(_ first: UInt8, _ text: String = "") -> [UInt8] {
        let payload = Array(text.utf8)
        let size: [UInt8] =
            payload.count < 126
            ? [UInt8(payload.count)] : [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        return [first] + size + payload
    }

    private static let upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    private static let long = String(repeating: "a", count: 100_000)

    private static let malices: [Malice] = [
        Malice(what: "nothing", answer: "", told: ["ended"]),
        Malice(what: "garbage", answer: "\0\u{1}\u{2}\r\n\r\n\r\n", told: ["ended"]),
        Malice(what: "a refusal", answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", told: ["ended"]),
        Malice(what: "no key", answer: upgraded + "\r\n", told: ["ended"]),
        Malice(
            what: "a wrong key", answer: upgraded + "Sec-WebSocket-Accept: \(long.prefix(28))\r\n\r\n", told: ["ended"]),
        Malice(what: "an endless head", answer: upgraded + "X-A: " + long + long, told: ["ended"]),
        Malice(
            what: "the way to another server", answer: "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/a\r\n\r\n",
            told: ["ended"]),
        Malice(what: "half of an answer", answer: upgraded, told: ["ended"]),
        Malice(what: "an unknown kind", frames: frame(0x83, "a"), told: ["opened", "ended"]),
        Malice(what: "reserved bits", frames: frame(0xF1, "a"), told: ["opened", "ended"]),
        Malice(
            what: "a frame longer than all memory", frames: [0x81, 127] + [UInt8](repeating: 0x7F, count: 8) + [97],
            told: ["opened", "ended"]),
        Malice(
            what: "a message that is too long",
            frames: frame(0x01, String(long.prefix(60_000))) + frame(0x80, String(long.prefix(60_000))),
            told: ["opened", "ended"]),
        Malice(
            what: "parts with a ping between", frames: frame(0x01, "in ") + frame(0x89, "x") + frame(0x80, "parts"),
            told: ["opened", "heard 8 in parts", "ended"]),
        Malice(what: "half a frame", frames: [0x81, 5, 97], told: ["opened", "ended"]),
        Malice(
            what: "words after a close", frames: frame(0x81, "close") + frame(0x81, "more") + frame(0x89),
            told: ["opened", "heard 5 close", "closed"]),
        Malice(
            what: "more than a thousand messages", frames: (0..<2000).flatMap { _ in frame(0x81, "a") },
            told: ["opened"] + Array(repeating: "heard 1 a", count: 2000) + ["ended"]),
        Malice(
            what: "a deaf ear", frames: frame(0x81, "flood"), told: ["opened", "heard 5 flood", "full", "ended"]),
        Malice(
            what: "a good talk",
            frames: frame(0x81, "ping") + frame(0x81, "echo") + frame(0x8A) + frame(0x88, "\u{3}\u{E8}"),
            told: ["opened", "heard 4 ping", "heard 4 echo", "pong", "ended"]),
    ]

    @Test func `a malicious server ends its connection, and nothing else`() throws {
        let listener = try #require(Listener())
        let log = "/tmp/vortex7-client-\(UUID().uuidString).log"
        defer { removeFile(log) }
        let client = try #require(
            ChildProcess(
                try Self.program.get().path, ["\(listener.port)", "\(Self.malices.count)"],
                environment: Sanitized.environment, output: log))
        for malice in Self.malices {
            let server = try #require(
                listener.next(), "\(malice.what): \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
            server.serve(answer: malice.answer, malice.frames)
        }
        #expect(client.wait() == 0)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        let rounds = text.split(separator: "round ").map { $0.split(separator: "\n").dropFirst().map(String.init) }
        try #require(rounds.count == Self.malices.count, "\(text.suffix(4000))")
        for (malice, told) in zip(Self.malices, rounds) {
            #expect(told.filter { $0 != "done" } == malice.told, "\(malice.what)")
        }
    }
}

/// A port that our client comes to.
private final class Listener {
    private let descriptor: Int32
    let port: Int

    init?() {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let descriptor = descriptor
        port = freePort()
        guard withLoopbackAddress(port, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 4) == 0 else {
            return nil
        }
    }

    deinit { close(descriptor) }

    /// The next connection; nil when none came within a minute.
    func next() -> Server? {
        let taken = accept(descriptor, nil, nil)
        return taken < 0 ? nil : Server(taken)
    }

    final class Server {
        private let descriptor: Int32

        init(_ descriptor: Int32) {
            self.descriptor = descriptor
            var limit = timeval(tv_sec: 60, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }

        deinit { close(descriptor) }

        private func write(_ bytes: [UInt8]) { _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

        /// Answers the upgrade, says what it has to say, hears the client's end or its last word, and goes.
        func serve(answer: String?, _ frames: [UInt8]) {
            var request: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 4096)
            while !request.suffix(4).elementsEqual("\r\n\r\n".utf8) {
                let count = recv(descriptor, &chunk, chunk.count, 0)
                guard count > 0 else { return }
                request += chunk[..<count]
            }
            write(answer.map { Array($0.utf8) } ?? Self.goodAnswer(to: String(decoding: request, as: UTF8.self)))
            write(frames)
            shutdown(descriptor, Int32(SHUT_WR))
            // A deaf ear hears nothing; the others hear the client out.
            if frames.count != 7 || frames[2] != UInt8(ascii: "f") {
                while recv(descriptor, &chunk, chunk.count, 0) > 0 {}
            }
        }

        private static func goodAnswer(to request: String) -> [UInt8] {
            let name = "sec-websocket-key: "
            let line = request.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name) } ?? ""
            let key = line.dropFirst(name.count) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            let script =
                "import base64,hashlib,sys;print(base64.b64encode(hashlib.sha1(sys.argv[1].encode()).digest()).decode())"
            let accepted = (try? Subprocess.run("/usr/bin/env", ["python3", "-c", script, String(key)]).output) ?? ""
            return Array(
                ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: \(accepted.prefix(28))\r\n\r\n").utf8)
        }
    }
}
