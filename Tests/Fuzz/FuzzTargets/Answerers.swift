import CHiredis
import COpenSSL
import CWebSocketClient
import Glibc

// What servers send to our own clients.
extension FuzzTarget {
    /// The first byte says whether the rest comes after a good handshake, as frames, or is all that the server says; the second
    /// in how many pieces it comes.
    static let socketClient = FuzzTarget(
        name: "socket-client",
        seeds: {
            let upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            let answers = bytes(
                "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "HTTP/1.1 503\r\n\r\n",
                "HTTP/1.1 301 Moved\r\nLocation: ws://127.0.0.1:1/\r\n\r\n", upgraded + "\r\n",
                upgraded + "Sec-WebSocket-Accept: x\r\n\r\n",
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n\r\n")
            func text(_ text: String) -> [UInt8] { [0x81, UInt8(text.utf8.count)] + Array(text.utf8) }
            let parts: [UInt8] = [0x01, 2, 97, 98, 0x89, 1, 99, 0x80, 1, 100]
            let frames: [[UInt8]] = [
                text("hello"), parts, [0x82, 126, 0, 3, 1, 2, 3], [0x88, 2, 3, 0xE8], [0x8A, 0] + text("a"),
                [0x81, 127, 0, 0, 0, 0, 0, 0, 0, 1, 97], text("close") + text("a"), text("send") + text("ping"),
            ]
            return seeds([0], answers, cuts: 0, 5) + seeds([1], frames, cuts: 0, 5)
        },
        read: { input in
            guard let (mode, rest) = choice(input) else { return }
            Conversation.run(isOpened: mode % 2 == 1, pieces(rest))
        }, isSlow: true)

    /// Replies of Redis, in pieces. What the reader gives lies within its memory, and arrays hold as much as they say.
    static let redisReplies = FuzzTarget(
        name: "redis-replies",
        seeds: {
            let replies = bytes(
                "+OK\r\n", "-ERR no\r\n", ":42\r\n", "$3\r\nabc\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n",
                "*1\r\n*1\r\n*1\r\n:-1\r\n",
                "*2\r\n$3\r\na-b\r\n*2\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n$-1\r\n")
            return seeds([], replies, cuts: 0, 7)
        },
        read: { input in
            guard let reader = chiredis_reader_create() else { return }
            defer { chiredis_reader_free(reader) }
            for piece in pieces(input) {
                guard chiredis_reader_feed(reader, piece.baseAddress, piece.count) == 0 else { return }
                while true {
                    let result = chiredis_reader_next(reader)
                    if result < 0 {
                        FuzzTarget.promise(chiredis_reader_error(reader) != nil, "a fault without a reason")
                        return
                    }
                    if result == 0 { break }
                    checkReply(reader)
                }
            }
        })

    private static func checkReply(_ reader: OpaquePointer) {
        let count = chiredis_reader_node_count(reader)
        guard let nodes = chiredis_reader_nodes(reader), let bytes = chiredis_reader_bytes(reader) else {
            fatalError("a reply without memory")
        }
        var open = 1
        var sum = 0
        for index in 0..<count {
            FuzzTarget.promise(open > 0, "nodes beyond the reply")
            let node = nodes[index]
            FuzzTarget.promise((1...6).contains(node.kind), "a node of no kind")
            open += (node.kind == CHIREDIS_ARRAY.rawValue ? Int(node.integer) : 0) - 1
            for byte in UnsafeRawBufferPointer(start: bytes + node.offset, count: Int(node.length)) { sum += Int(byte) }
        }
        FuzzTarget.promise(open == 0 && sum >= 0, "an array that holds less than it says")
    }
}

/// One conversation of our client with a server that may say anything.
private final class Conversation {
    nonisolated(unsafe) private static let context = cwsc_create(nil)
    private static let listener = Wire.listen()
    private var connection: OpaquePointer?
    private var ends = 0

    static func run(isOpened: Bool, _ pieces: [UnsafeRawBufferPointer]) {
        let conversation = Conversation()
        conversation.talk(isOpened: isOpened, pieces)
        // The owner's memory must not be used after the end.
        FuzzTarget.promise(conversation.ends <= 1, "an end that was told twice")
    }

    private func talk(isOpened: Bool, _ pieces: [UnsafeRawBufferPointer]) {
        connection = cwsc_open(
            Self.context, "127.0.0.1", Self.listener.port, "/stream", 0, 4096,
            { owner, event, bytes, count in
                guard let owner else { return }
                let conversation = Unmanaged<Conversation>.fromOpaque(owner).takeUnretainedValue()
                conversation.hear(event, UnsafeRawBufferPointer(start: bytes, count: count))
            }, Unmanaged.passUnretained(self).toOpaque())
        var wire: Wire?
        turn {
            wire = wire ?? Wire(from: Self.listener.descriptor); return wire != nil
        }
        if let wire {
            var request: [UInt8] = []
            turn {
                request += wire.read() ?? []
                return request.suffix(4).elementsEqual("\r\n\r\n".utf8)
            }
            if isOpened { wire.write(Self.handshake(answering: request)) }
            for piece in pieces {
                wire.write(piece)
                for _ in 0..<4 { _ = cwsc_service(Self.context, 0) }
                _ = wire.read()
            }
        }
        wire = nil
        turn { connection == nil }
    }

    private func hear(_ event: cwsc_event, _ bytes: UnsafeRawBufferPointer) {
        FuzzTarget.promise(ends == 0, "a word after the end")
        switch event {
        case CWSC_MESSAGE:
            guard let connection else { return }
            var sum = 0
            for byte in bytes { sum += Int(byte) }
            if bytes.elementsEqual("send".utf8) { _ = cwsc_send(connection, bytes.baseAddress, bytes.count) }
            if bytes.elementsEqual("ping".utf8) { cwsc_ping(connection) }
            if bytes.elementsEqual("close".utf8) {
                cwsc_close(connection)
                self.connection = nil
                ends = 1
            }
            FuzzTarget.promise(sum >= 0, "bytes that are none")
        case CWSC_ENDED:
            ends += 1
            connection = nil
        default: break
        }
    }

    /// Lets the client work until something is so.
    private func turn(until condition: () -> Bool) {
        for count in 0..<20_000 {
            if condition() || connection == nil { return }
            _ = cwsc_service(Self.context, 0)
            if count > 100 { usleep(100) }
        }
        fatalError("a connection that does not end")
    }

    private static func handshake(answering request: [UInt8]) -> [UInt8] {
        let text = String(decoding: request, as: UTF8.self)
        let name = "sec-websocket-key: "
        let line = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name) } ?? ""
        let key = line.dropFirst(name.count) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        var digest = [UInt8](repeating: 0, count: 20)
        EVP_Digest(Array(key.utf8), key.utf8.count, &digest, nil, EVP_sha1(), nil)
        var accepted = [UInt8](repeating: 0, count: 32)
        EVP_EncodeBlock(&accepted, digest, 20)
        return Array(
            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: \(String(decoding: accepted.prefix { $0 != 0 }, as: UTF8.self))\r\n\r\n").utf8)
    }
}
