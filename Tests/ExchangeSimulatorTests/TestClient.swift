import Glibc

/// A plain HTTP and WebSocket client on one socket, for conversations with the server.
final class TestClient {
    private let socket: Int32
    private var received: [UInt8] = []

    /// Nil when nobody listens.
    init?(port: Int) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { return nil }
    }

    deinit { close(socket) }

    private func write(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return }
            sent += count
        }
    }

    /// More bytes; false at the end.
    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        received += chunk[0..<count]
        return true
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
    func request(
        _ method: String, _ target: String, headers: [String] = [], body: String = ""
    ) -> (status: Int, head: String, body: String)? {
        ask(method, target, headers: headers, body: body)
        return answer()
    }

    /// Sends a request without waiting for its answer.
    func ask(_ method: String, _ target: String, headers: [String] = [], body: String = "") {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for header in headers { text += header + "\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        write(Array((text + "\r\n" + body).utf8))
    }

    /// The next answer; nil when the connection has ended or five seconds were silent.
    func answer() -> (status: Int, head: String, body: String)? {
        guard let head = head(), let status = Int(head.split(separator: " ")[1]),
            let line = head.split(separator: "\r\n").first(where: { $0.hasPrefix("Content-Length: ") }),
            let size = Int(line.dropFirst(16))
        else { return nil }
        while received.count < size { if !fill() { return nil } }
        let answer = String(decoding: received[..<size], as: UTF8.self)
        received.removeFirst(size)
        return (status, head, answer)
    }

    /// Whether something comes, be it the end, within a time.
    func hears(withinMs limit: Int32) -> Bool {
        var request = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return !received.isEmpty || poll(&request, 1, limit) > 0
    }

    /// Opens a WebSocket; false when the server refuses.
    func upgrade(_ target: String) -> Bool {
        write(
            Array(
                ("GET \(target) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").utf8))
        guard let head = head() else { return false }
        return head.contains(" 101 ") && head.lowercased().contains("s3pplmbitxaq9kygzzhzrbk+xoo=")
    }

    /// Sends text in as many frames as there are parts.
    func say(_ parts: String...) {
        for (index, part) in parts.enumerated() {
            let payload = Array(part.utf8)
            let isLast = index == parts.count - 1
            var frame: [UInt8] = [(isLast ? 0x80 : 0) | (index == 0 ? 1 : 0)]
            if payload.count < 126 {
                frame.append(0x80 | UInt8(payload.count))
            } else {
                frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
            }
            let mask: [UInt8] = [1, 2, 3, 4]
            write(frame + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] })
        }
    }

    enum Frame: Equatable {
        case text(String)
        case close(Int)
        case other(Int)
    }

    /// The next frame; nil when the connection has ended or five seconds were silent.
    func next() -> Frame? {
        while received.count < 2 { if !fill() { return nil } }
        var size = Int(received[1] & 127)
        var start = 2
        if size == 126 || size == 127 {
            let digits = size == 126 ? 2 : 8
            start += digits
            while received.count < start { if !fill() { return nil } }
            size = received[2..<start].reduce(0) { $0 << 8 | Int($1) }
        }
        while received.count < start + size { if !fill() { return nil } }
        let kind = Int(received[0] & 15)
        let payload = Array(received[start..<start + size])
        received.removeFirst(start + size)
        switch kind {
        case 1: return .text(String(decoding: payload, as: UTF8.self))
        case 8: return .close(payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 0)
        default: return .other(kind)
        }
    }
}
