import Glibc

/// A TCP connection of the loopback whose two ends live in this process. It does not wait.
final class Wire {
    private let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        // A reset at the end leaves nothing behind: thousands a second would use up all ports.
        var atOnce = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    convenience init(to port: Int32) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var result = Self.withLoopback(port) { connect(descriptor, $0, $1) }
        // The fuzzer's own timer may come between; the connection is made all the same.
        while result != 0, errno == EINTR || errno == EALREADY {
            result = Self.withLoopback(port) { connect(descriptor, $0, $1) }
            if result != 0, errno == EISCONN { result = 0 }
        }
        FuzzTarget.promise(result == 0, "no connection to port \(port): \(String(cString: strerror(errno)))")
        self.init(descriptor)
    }

    /// The other end of a connection that somebody has begun; nil when nobody has.
    convenience init?(from listener: Int32) {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        self.init(descriptor)
    }

    deinit { close(descriptor) }

    /// Bytes that the other end takes now.
    func write(_ bytes: UnsafeRawBufferPointer) {
        _ = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { write($0) } }

    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What has come; nil at the end.
    func read() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return count < 0 && errno == EAGAIN ? [] : nil }
        return Array(bytes[..<count])
    }

    /// Sleeps until something comes, a tenth of a second at most.
    func wait() {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&request, 1, 100)
    }

    /// A socket that listens on a free port and does not wait.
    static func listen() -> (descriptor: Int32, port: Int32) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        FuzzTarget.promise(
            withLoopback(0) { bind(listener, $0, $1) } == 0 && Glibc.listen(listener, 16) == 0, "no port to listen at")
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener, $0, &size) }
        }
        return (listener, Int32(UInt16(bigEndian: address.sin_port)))
    }

    private static func withLoopback(_ port: Int32, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

extension FuzzTarget {
    /// As `precondition`, whose words release code leaves out.
    static func promise(_ isKept: Bool, _ words: @autoclosure () -> String) {
        if !isKept { fatalError(words()) }
    }

    /// Cuts an input into up to eight pieces: its first byte says how many.
    static func pieces(_ input: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
        guard let (number, rest) = choice(input), !rest.isEmpty else { return [] }
        let size = max(1, rest.count / (number % 8 + 1))
        return stride(from: 0, to: rest.count, by: size).map { start in
            UnsafeRawBufferPointer(rebasing: rest[start..<min(start + size, rest.count)])
        }
    }

    /// Inputs for `pieces`, each in so many and so many.
    static func seeds(_ mode: [UInt8], _ texts: [[UInt8]], cuts: UInt8...) -> [[UInt8]] {
        var seeds: [[UInt8]] = []
        for text in texts {
            for cut in cuts { seeds.append(mode + [cut] + text) }
        }
        return seeds
    }

    static func bytes(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    /// A client's request for a WebSocket, with the key of the standard's own example.
    static let upgradeRequest = Array(
        ("GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").utf8)
}
