import Glibc

/// A small HTTP/1.1 server for `GET` on the loopback interface: metrics and health. One request a connection.
public final class HTTPResponder {
    public struct Response: Sendable {
        public var status: Int
        public var contentType: String
        public var body: String
        public init(status: Int = 200, contentType: String = "text/plain; charset=utf-8", body: String) {
            self.status = status
            self.contentType = contentType
            self.body = body
        }
    }

    private final class Client {
        var request: [UInt8] = []
        var response: [UInt8] = []
        var sent = 0
        var hasAnswer = false
        let end: Reactor.TimerToken

        init(end: Reactor.TimerToken) { self.end = end }
    }

    /// What a client may take: bytes of a request, and milliseconds for all of its visit.
    static let requestSizeMax = 8192
    static let visitMs: Int64 = 10_000
    /// A client beyond these takes the place of the one that came first.
    static let clientsMax = 32
    /// After an accept that failed (no descriptors, no memory): the listener stays readable, and the loop would spin.
    static let acceptPauseMs: Int64 = 1000

    /// Told why no client can be taken, each time before a pause.
    public var onTrouble: (_ reason: String) -> Void = { _ in }
    /// Visitors whose place was taken by later ones, since the start.
    public private(set) var displacedCount: Int64 = 0
    private let reactor: Reactor
    private let listener: Int32
    private let visitMs: Int64
    private let acceptOne: (Int32) -> Int32
    private var clients: [Int32: Client] = [:]
    /// Descriptors of the clients, in the order in which they came.
    private var order: [Int32] = []
    private let respond: (_ path: String) -> Response?

    /// Listens at `host:port` (an IPv4 address; port 0 lets the system choose). Nil when the port can't be had.
    /// `respond` gives nil for a path that is not there.
    public convenience init?(
        _ reactor: Reactor, host: String, port: Int, respond: @escaping (_ path: String) -> Response?
    ) {
        self.init(reactor, host: host, port: port, visitMs: Self.visitMs, respond: respond)
    }

    /// For tests: with a shorter visit, or with an `acceptOne` that fails.
    init?(
        _ reactor: Reactor, host: String, port: Int, visitMs: Int64 = visitMs,
        acceptOne: @escaping (Int32) -> Int32 = { accept($0, nil, nil) },  // tidy-ok: acceptAll closes it for children
        respond: @escaping (_ path: String) -> Response?
    ) {
        self.reactor = reactor
        self.visitMs = visitMs
        self.acceptOne = acceptOne
        self.respond = respond
        listener = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        // Who gives up here is let go, and `deinit` closes the listener.
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isBound, listen(listener, 16) == 0 else { return nil }
        listenOn()
    }

    deinit {
        reactor.unwatch(listener)
        close(listener)
        for descriptor in order { drop(descriptor) }
    }

    /// The port that is listened at.
    public var port: Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener, $0, &size) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private func listenOn() {
        reactor.watch(listener, for: .read) { [unowned self] _ in acceptAll() }
    }

    private func acceptAll() {
        while true {
            let client = acceptOne(listener)
            guard client >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                if errno != EAGAIN { pause() }
                return
            }
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            if let first = order.first, order.count == Self.clientsMax {
                displacedCount += 1
                drop(first)
            }
            clients[client] = Client(end: reactor.after(ms: visitMs) { [unowned self] in drop(client) })
            order.append(client)
            reactor.watch(client, for: .read) { [unowned self] _ in advance(client) }
        }
    }

    private func pause() {
        onTrouble(String(cString: strerror(errno)))
        reactor.unwatch(listener)
        reactor.after(ms: Self.acceptPauseMs) { [weak self] in self?.listenOn() }
    }

    private func advance(_ descriptor: Int32) {
        guard let client = clients[descriptor] else { return }
        if client.hasAnswer { return drain(descriptor) }
        if client.response.isEmpty, !receive(descriptor, client) { return }
        while client.sent < client.response.count {
            let count = client.response.withUnsafeBytes {
                let rest = UnsafeRawBufferPointer(rebasing: $0[client.sent...])
                return send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                client.sent += count
            } else if errno == EAGAIN {
                return reactor.update(descriptor, for: .write)
            } else {
                return drop(descriptor)
            }
        }
        // Its own end is waited for: to close with bytes unread would take the answer back.
        client.hasAnswer = true
        shutdown(descriptor, Int32(SHUT_WR))
        reactor.update(descriptor, for: .read)
    }

    private func drain(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 2048)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count == 0 || (count < 0 && errno != EAGAIN) { drop(descriptor) }
    }

    /// True once the response stands ready.
    private func receive(_ descriptor: Int32, _ client: Client) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 2048)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0, client.request.count + count <= Self.requestSizeMax else {
            if count >= 0 || errno != EAGAIN { drop(descriptor) }
            return false
        }
        // The end may be cut in two by the new bytes' beginning.
        let seen = max(0, client.request.count - 3)
        client.request.append(contentsOf: buffer[..<count])
        guard client.request[seen...].firstRange(of: Array("\r\n\r\n".utf8)) != nil else { return false }
        client.response = answer(String(decoding: client.request, as: UTF8.self))
        return true
    }

    private func answer(_ request: String) -> [UInt8] {
        let parts = request.prefix { $0 != "\r\n" }.split(separator: " ")
        var response = Response(status: 404, body: "not found\n")
        if parts.count == 3, parts[0] == "GET" {
            let path = parts[1].prefix { $0 != "?" }
            if let found = respond(String(path)) { response = found }
        } else {
            response = Response(status: 405, body: "only GET\n")
        }
        let reason = [200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"]
        let head =
            "HTTP/1.1 \(response.status) \(reason[response.status] ?? "Status")\r\n"
            + "Content-Type: \(response.contentType)\r\nContent-Length: \(response.body.utf8.count)\r\n"
            + "Connection: close\r\n\r\n"
        return Array(head.utf8) + Array(response.body.utf8)
    }

    private func drop(_ descriptor: Int32) {
        guard let client = clients.removeValue(forKey: descriptor) else { return }
        reactor.cancel(client.end)
        reactor.unwatch(descriptor)
        order.removeAll { $0 == descriptor }
        close(descriptor)
    }
}
