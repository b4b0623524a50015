import Testing

/// Requests that want to become a WebSocket, by what is wrong with them.
enum UpgradeForms {
    struct Form: CustomTestStringConvertible, Sendable {
        let what: String
        let bytes: [UInt8]
        let status: Int
        var testDescription: String { what }
    }

    static let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    static let whole = ["Host: x", "Upgrade: websocket", "Connection: Upgrade", key, "Sec-WebSocket-Version: 13"]

    private static func form(
        _ what: String, _ status: Int, first: String = "GET PATH HTTP/1.1", without: String? = nil, _ more: String...
    ) -> Form {
        let lines = [first] + whole.filter { line in without.map { !line.hasPrefix($0) } ?? true } + more
        return Form(
            what: what, bytes: Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8), status: status)
    }

    static func malformed(path: String) -> [Form] {
        [
            form("no key", 400, without: "Sec-WebSocket-Key"),
            Form(
                what: "bare", bytes: Array("GET PATH HTTP/1.1\r\nUpgrade: websocket\r\n\r\n".utf8), status: 400),
            form("POST", 400, first: "POST PATH HTTP/1.1"),
            form("HTTP/1.0", 400, first: "GET PATH HTTP/1.0"),
            form("HTTP/2", 400, first: "GET PATH HTTP/2"),
            form("no path", 400, first: "GET HTTP/1.1"),
            form("an empty path", 400, first: "GET  HTTP/1.1"),
            form("a path with a space", 400, first: "GET PATH more HTTP/1.1"),
            form("a NUL in the head", 400, "X-A: a\0b"),
            form("a control letter in the head", 400, "X-A: a\u{1B}b"),
            form("a head of 9 kB without a key", 400, without: "Sec-WebSocket-Key", "X-A: " + long(9000)),
            form("a head of 100 kB", 431, "X-A: " + long(100_000)),
            form(
                "a thousand headers", 400, without: "Sec-WebSocket-Key",
                long(1000).map { "\($0): 1" }.joined(separator: "\r\n")),
            form("no version", 426, without: "Sec-WebSocket-Version"),
            form("an old version", 426, without: "Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"),
            form("a version that is no number", 426, without: "Sec-WebSocket-Version", "Sec-WebSocket-Version: 1O"),
            form("two versions", 426, "Sec-WebSocket-Version: 13"),
            form("an empty key", 400, without: "Sec-WebSocket-Key", "Sec-WebSocket-Key:"),
            form("a short key", 400, without: "Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZQ=="),
            form("a long key", 400, without: "Sec-WebSocket-Key", "Sec-WebSocket-Key: " + long(8000)),
            form(
                "a key that is no base64", 400, without: "Sec-WebSocket-Key",
                "Sec-WebSocket-Key: dGhl!HNhbXBsZSBub25jZQ=="),
            form(
                "a key with unused bits", 400, without: "Sec-WebSocket-Key",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR=="),
            form("two keys", 400, key),
            form("a body", 400, "Content-Length: 5"),
            form("a body in pieces", 411, "Transfer-Encoding: chunked"),
            form("a connection that does not say so", 400, without: "Connection", "Connection: keep-alive"),
            form("no connection", 400, without: "Connection"),
            form("a line without a colon", 400, "nonsense"),
            form("a folded line", 400, "X-A: a\r\n b: c"),
        ].map { $0.at(path) }
    }

    static func wellFormed(path: String) -> [Form] {
        [
            form("as it should be", 101),
            form("a head of 9 kB", 101, "X-A: " + long(9000)),
            form("an unknown subprotocol", 101, "Sec-WebSocket-Protocol: nobody, speaks-this"),
            form("extensions", 101, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
            form("other cases, and more words", 101, without: "Connection", "connection: keep-alive , UPGRADE"),
            form("letters beyond ASCII", 101, "X-A: é€😀"),
            form("an empty body", 101, "Content-Length: 0"),
        ].map { $0.at(path) }
    }

    private static func long(_ count: Int) -> String { String(repeating: "a", count: count) }
}

extension UpgradeForms.Form {
    fileprivate func at(_ path: String) -> Self {
        Self(
            what: what, bytes: Array(String(decoding: bytes, as: UTF8.self).replacing("PATH", with: path).utf8),
            status: status)
    }
}
