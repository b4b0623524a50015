import Glibc

/// A plain HTTP and WebSocket client on one socket, for conversations with a server. It waits for what comes for a minute at
/// most, which is only to end a test that hangs.
public final class TestClient {
    private static let giveUpS = 60
    private let socket: Int32
    private var received: [UInt8] = []
    private var hasGivenUp = false
    /// Of the last frame that was not text: what a ping or pong carried, or why the server closes.
    public private(set) var note = ""

    /// Nil when nobody listens. `receiveRoom`: bytes that the system may hold for us; nil for its own choice.
    public init?(port: Int, receiveRoom: Int32? = nil) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var limit = timeval(tv_sec: Self.giveUpS, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        if var room = receiveRoom { setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, 4) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { return nil }
    }

    deinit { close(socket) }

    /// Sends bytes as they are, until the server has ended the connection.
    public func write(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return }
            sent += count
        }
    }

    public func write(_ text: String) { write(Array(text.utf8)) }

    /// Sends what fits now, and gives how much that was; -1 when the server has ended the connection.
    public func writeWhatFits(_ bytes: [UInt8]) -> Int {
        let count = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        return count < 0 && errno == EAGAIN ? 0 : count
    }

    /// Says that nothing more will be sent.
    public func finish() { shutdown(socket, Int32(SHUT_WR)) }

    /// More bytes; false at the end.
    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &chunk, chunk.count, 0)
        guard count > 0 else {
            hasGivenUp = count < 0 && errno == EAGAIN
            return false
        }
        received += chunk[0..<count]
        return true
    }

    /// All that still comes; nil when a minute has passed without an end.
    public func rest() -> [UInt8]? {
        while fill() {}
        guard !hasGivenUp else { return nil }
        defer { received = [] }
        return received
    }

    /// What has come, and if that is nothing, what comes next; nil at the end.
    public func someBytes() -> [UInt8]? {
        if received.isEmpty, !fill() { return nil }
        defer { received = [] }
        return received
    }

    /// Exactly so many bytes; nil when the connection ends before.
    public func bytes(_ count: Int) -> [UInt8]? {
        while received.count < count { if !fill() { return nil } }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func head() -> String? {
        while true {
            if let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
                let text = String(decoding: received[..<end.lowerBound], as: UTF8.self)
                received.removeSubrange(..<end.upperBound)
                return text
            }
            if !fill() { return nil }
        }
    }

    /// Sends a request on the kept connection and waits for its answer.
    public func request(
        _ method: String, _ target: String, headers: [String] = [], body: String = ""
    ) -> (status: Int, head: String, body: String)? {
        ask(method, target, headers: headers, body: body)
        return answer()
    }

    /// Sends a request without waiting for its answer.
    public func ask(_ method: String, _ target: String, headers: [String] = [], body: String = "") {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for header in headers { text += header + "\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        write(Array((text + "\r\n" + body).utf8))
    }

    /// The next answer; nil when the connection has ended.
    public func answer() -> (status: Int, head: String, body: String)? {
        guard let head = head(), let status = Int(head.split(separator: " ")[1]),
            let line = head.split(separator: "\r\n").first(where: { $0.hasPrefix("Content-Length: ") }),
            let size = Int(line.dropFirst(16)), let body = bytes(size)
        else { return nil }
        return (status, head, String(decoding: body, as: UTF8.self))
    }

    /// Whether something comes, be it the end; a shorter time than a minute is for what must not come.
    public func hears(withinMs limit: Int32 = 60_000) -> Bool {
        var request = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return !received.isEmpty || poll(&request, 1, limit) > 0
    }

    /// Opens a WebSocket; false when the server refuses.
    public func upgrade(_ target: String) -> Bool {
        write(
            "GET \(target) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        return isUpgraded()
    }

    /// Whether the answer that comes opens a WebSocket for the key of the standard's own example.
    public func isUpgraded() -> Bool {
        guard let head = head() else { return false }
        return head.contains(" 101 ") && head.lowercased().contains("s3pplmbitxaq9kygzzhzrbk+xoo=")
    }

    /// A client's frame. `first` is its first byte: whether it is the last one, and its kind.
    public static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = [first]
        if payload.count < 126 {
            frame.append(0x80 | UInt8(payload.count))
        } else if payload.count < 65_536 {
            frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        } else {
            frame += [0x80 | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        let mask: [UInt8] = [1, 2, 3, 4]
        return frame + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    /// Sends text in as many frames as there are parts.
    public func say(_ parts: String...) {
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            write(Self.frame((isLast ? 0x80 : 0) | (index == 0 ? 1 : 0), Array(part.utf8)))
        }
    }

    public enum Frame: Equatable {
        case text(String)
        /// Of this code; 0 without one.
        case close(Int)
        /// Of another kind: 9 is a ping, 10 a pong.
        case other(Int)
    }

    /// The next frame; nil when the connection has ended.
    public func next() -> Frame? {
        guard let start = bytes(2) else { return nil }
        var size = Int(start[1] & 127)
        if size > 125 {
            guard let digits = bytes(size == 126 ? 2 : 8) else { return nil }
            size = digits.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let payload = bytes(size) else { return nil }
        switch Int(start[0] & 15) {
        case 1: return .text(String(decoding: payload, as: UTF8.self))
        case 8:
            note = String(decoding: payload.dropFirst(2), as: UTF8.self)
            return .close(payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 0)
        case let kind:
            note = String(decoding: payload, as: UTF8.self)
            return .other(kind)
        }
    }
}
