import CTlsServer
import CTlsTalk
import CWebSocketServer
import Glibc
import WebServer

// What strangers send to our own servers.
extension FuzzTarget {
    /// The first byte says whether the rest comes after a good upgrade, as frames; the second in how many pieces it comes.
    static let webServer = FuzzTarget(
        name: "web-server",
        seeds: {
            let requests = bytes(
                "GET / HTTP/1.1\r\n\r\n",
                "POST /a?b=c HTTP/1.1\r\nContent-Length: 4\r\n\r\nbodyGET /b HTTP/1.1\r\n\r\n",
                "GET /late HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.0\r\n\r\n",
                "GET /late HTTP/1.1\r\n\r\nGET /now HTTP/1.1\r\n\r\n", "GET /never HTTP/1.1\r\n\r\n",
                "GET /cut HTTP/1.1\r\n\r\n", "GET /others HTTP/1.1\r\n\r\n",
                "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            let parts = frame(0x01, "in ") + frame(0x89, "ping") + frame(0x80, "parts")
            let letters = frame(0x81, String(repeating: "é", count: 300))
            let frames: [[UInt8]] = [
                frame(0x81, "hello"), parts, letters, frame(0x82, "binary") + frame(0x8A),
                frame(0x88, "\u{3}\u{E8}bye"), frame(0x81, "close"), frame(0x81, "xcut") + frame(0x81, "more"),
                frame(0x81, "flood"),
            ]
            let upgrades = [upgradeRequest, upgradeRequest + frame(0x81, "at once")]
            return seeds([0], requests + upgrades, cuts: 0, 5) + seeds([1], frames, cuts: 0, 7)
        },
        read: { input in
            guard let (mode, rest) = choice(input) else { return }
            let wire = Wire(to: DoorKeeper.ofWeb.port)
            if mode % 2 == 1 { wire.write(upgradeRequest) }
            var heard: [UInt8] = []
            for piece in pieces(rest) {
                wire.write(piece)
                DoorKeeper.ofWeb.turn()
                heard += wire.read() ?? []
            }
            promise(heard.isEmpty || heard.starts(with: "HTTP/1.1 ".utf8), "an answer that is not HTTP")
            DoorKeeper.ofWeb.turn()
        })

    /// The first byte says whether a good handshake comes first, the second in how many pieces the rest comes; the first bit of
    /// each piece says whether it is sent as a record of TLS or as it is.
    static let tlsServer = FuzzTarget(
        name: "tls-server",
        seeds: {
            let greeting = TLSClient()?.outgoing() ?? []
            let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)
            return seeds([0], [greeting], cuts: 0, 7) + seeds([1], [request, [0x80] + request], cuts: 0, 1, 3)
        },
        read: { input in
            guard let (mode, rest) = choice(input), let client = TLSClient() else { return }
            let wire = Wire(to: DoorKeeper.ofTLS.tlsPort)
            if mode % 2 == 1 { client.shakeHands(over: wire) }
            for piece in pieces(rest) {
                let isRecord = mode % 2 == 1 && piece[0] & 0x80 == 0
                wire.write(isRecord ? client.record(piece) : Array(piece))
                DoorKeeper.ofTLS.turn()
                _ = wire.read()
            }
            // Its thread has seen all of it when it has answered our end with its own.
            wire.finish()
            while wire.read() != nil {
                DoorKeeper.ofTLS.turn()
                wire.wait()
            }
            DoorKeeper.ofTLS.turn()
        }, isSlow: true)

    static func frame(_ first: UInt8, _ text: String = "") -> [UInt8] {
        let payload =
            text.unicodeScalars.allSatisfy { $0.value < 256 }
            ? text.unicodeScalars.map { UInt8($0.value) } : Array(text.utf8)
        let size: [UInt8] =
            payload.count < 126 ? [UInt8(payload.count)] : [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        let mask: [UInt8] = [1, 2, 3, 4]
        return [first, size[0] | 0x80] + size.dropFirst() + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }
}

/// One server for all inputs of a target, which it reads one after the other, with an owner that answers at once, late and never, and closes and cuts when it is told to.
private final class DoorKeeper: SocketHandler, Sendable {
    static let ofWeb = DoorKeeper()
    static let ofTLS = DoorKeeper()
    nonisolated(unsafe) private let bridge = SocketBridge()
    nonisolated(unsafe) private let server: OpaquePointer
    nonisolated(unsafe) private let tls: OpaquePointer
    nonisolated(unsafe) private var late: [cws_id] = []
    let port: Int32
    let tlsPort: Int32

    private init() {
        let limits = cws_limits(
            head_max: 4096, body_max: 8192, answer_max: 16_384, message_max: 8192, queue_max: 32_768,
            connections_max: 8,
            idle_ms: 10_000, request_ms: 10_000, answer_ms: 10_000, stall_ms: 10_000, goodbye_ms: 10_000,
            ping_after_ms: 10_000, hangup_after_ms: 20_000)
        var tlsLimits = tls_limits(connections_max: 8, handshake_ms: 10_000, stall_ms: 10_000, goodbye_ms: 10_000)
        guard let server = bridge.start(host: "127.0.0.1", port: 0, limits) else { fatalError("no server") }
        port = cws_port(server)
        let certificate = "/tmp/vortex7-fuzz-\(getpid())-\(port).pem"
        guard let tls = tls_start("127.0.0.1", 0, port, certificate, &tlsLimits) else { fatalError("no TLS") }
        remove(certificate)
        tlsPort = tls_port(tls)
        (self.server, self.tls) = (server, tls)
        bridge.handler = self
    }

    /// Does what is to be done, and answers what was kept.
    func turn() {
        for _ in 0..<3 { FuzzTarget.promise(cws_poll(server, 0), "the loop has failed") }
        for id in late { answer(id, Array("late".utf8), keepsAlive: true) }
        late.removeAll()
        _ = cws_poll(server, 0)
    }

    private func answer(_ id: cws_id, _ body: [UInt8], keepsAlive: Bool) {
        let bytes = HTTPResponse.bytes(status: 200, body: body, headers: [], keepsAlive: keepsAlive)
        cws_respond(server, id, bytes, bytes.count, keepsAlive)
    }

    func request(_ id: cws_id, _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) {
        guard let request = HTTPRequest(head: head, body: body) else { return answer(id, [], keepsAlive: false) }
        switch request.path {
        case "/late": late.append(id)
        case "/never": break
        case "/cut": cws_abort(server, id)
        case "/others": cws_abort_http(server, id)
        default: answer(id, request.body + request.query, keepsAlive: request.keepsAlive)
        }
    }

    func upgrade(_ id: cws_id, _ head: UnsafeRawBufferPointer) -> Bool {
        guard let request = HTTPRequest(head: head, body: UnsafeRawBufferPointer(start: nil, count: 0)) else {
            fatalError("an upgrade that is no request")
        }
        return request.path == "/ws"
    }

    func opened(_ id: cws_id) {}

    func message(_ id: cws_id, _ bytes: UnsafeRawBufferPointer) {
        switch bytes.first {
        case UInt8(ascii: "c"): cws_close(server, id, 4000, String(decoding: bytes, as: UTF8.self))
        case UInt8(ascii: "x"): cws_abort(server, id)
        case UInt8(ascii: "f"): while cws_send_text(server, id, bytes.baseAddress, bytes.count) {}
        default: _ = cws_send_text(server, id, bytes.baseAddress, bytes.count)
        }
    }

    func closed(_ id: cws_id) { FuzzTarget.promise(cws_queued(server, id) == 0, "who has gone is still there") }
    func turnedAway(_ error: Int32) {}
}

/// A client of the TLS door without a socket.
private final class TLSClient {
    private let talk: OpaquePointer

    init?() {
        guard let talk = tls_talk_open() else { return nil }
        self.talk = talk
    }

    deinit { tls_talk_close(talk) }

    func outgoing() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        return Array(bytes[..<tls_talk_take(talk, &bytes, bytes.count)])
    }

    func shakeHands(over wire: Wire) {
        while !tls_talk_is_ready(talk) {
            wire.write(outgoing())
            wire.wait()
            guard let bytes = wire.read() else { fatalError("a good handshake was refused") }
            FuzzTarget.promise(tls_talk_give(talk, bytes, bytes.count), "a handshake that makes no sense")
        }
        wire.write(outgoing())
    }

    func record(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        _ = tls_talk_write(talk, text.baseAddress, text.count)
        return outgoing()
    }
}
