import CWebSocketClient
public import ServiceKit

/// WebSocket connections and a reactor on one loop: libwebsockets sleeps, for both.
public final class WebSocketClient {
    fileprivate let context: OpaquePointer
    private let reactor: Reactor
    /// Called after each turn of the loop: the place to send what the turn brought.
    public var onTurn: () -> Void = {}

    /// `caFile` names certificates to trust in addition to the system's. Nil when the library does not start.
    public init?(_ reactor: Reactor, caFile: String? = nil) {
        guard let context = cwsc_create(caFile) else { return nil }
        self.context = context
        self.reactor = reactor
        reactor.keepDeadlineDescriptor()
        let adopted = cwsc_adopt(
            context, reactor.descriptor,
            { owner in
                guard let owner else { return }
                Unmanaged<Reactor>.fromOpaque(owner).takeUnretainedValue().poll(timeoutMs: 0)
            }, Unmanaged.passUnretained(reactor).toOpaque())
        // Who gives up here is let go, and `deinit` destroys the context.
        guard adopted == 0 else { return nil }
    }

    deinit { cwsc_destroy(context) }

    /// Turns until the reactor is stopped; false when the library can't go on.
    public func run() -> Bool {
        while !reactor.isStopped {
            guard cwsc_service(context, 1) == 0 else { return false }
            onTurn()
        }
        return true
    }

    /// One turn that does not sleep; for tests.
    public func poll() {
        _ = cwsc_service(context, 0)
        onTurn()
    }
}

/// One WebSocket connection. It reports its end once, unless it was closed by its owner.
public final class WebSocketConnection {
    public enum Event {
        case opened
        /// A whole message, valid during the call.
        case message(UnsafeRawBufferPointer)
        case pong
        case ended(String)
    }

    private var connection: OpaquePointer?
    private let handler: (Event) -> Void
    private let client: WebSocketClient

    /// Largest message that is accepted, bytes.
    public static let messageMax = 4 << 20

    /// Connects to `ws://host[:port]/path` or `wss://…`; nil for another URL. `handler` may be called before `init`
    /// returns.
    public init?(_ client: WebSocketClient, url: String, handler: @escaping (Event) -> Void) {
        guard let target = WebSocketURL(url) else { return nil }
        self.client = client
        self.handler = handler
        connection = cwsc_open(
            client.context, target.host, Int32(target.port), target.path, target.isSecure ? 1 : 0, Self.messageMax,
            { owner, event, bytes, count in
                guard let owner else { return }
                let connection = Unmanaged<WebSocketConnection>.fromOpaque(owner).takeUnretainedValue()
                connection.handle(event, UnsafeRawBufferPointer(start: bytes, count: count))
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { close() }

    private func handle(_ event: cwsc_event, _ bytes: UnsafeRawBufferPointer) {
        switch event {
        case CWSC_OPENED: handler(.opened)
        case CWSC_MESSAGE: handler(.message(bytes))
        case CWSC_PONG: handler(.pong)
        default:
            connection = nil
            handler(.ended(String(decoding: bytes, as: UTF8.self)))
        }
    }

    public func send(_ text: String) {
        guard let connection else { return }
        var text = text
        text.withUTF8 { _ = cwsc_send(connection, $0.baseAddress, $0.count) }
    }

    public func ping() {
        if let connection { cwsc_ping(connection) }
    }

    /// Ends the connection without a report.
    public func close() {
        if let connection { cwsc_close(connection) }
        connection = nil
    }
}

struct WebSocketURL: Equatable {
    var isSecure: Bool
    var host: String
    var port: Int
    var path: String

    init?(_ url: String) {
        guard let scheme = ["wss://", "ws://"].first(where: { url.hasPrefix($0) }) else { return nil }
        isSecure = scheme == "wss://"
        let rest = url.dropFirst(scheme.count)
        let slash = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        path = slash == rest.endIndex ? "/" : String(rest[slash...])
        let authority = rest[..<slash].split(separator: ":", omittingEmptySubsequences: false)
        guard 1...2 ~= authority.count, !authority[0].isEmpty else { return nil }
        guard let port = authority.count == 2 ? Int(authority[1]) : (isSecure ? 443 : 80), 1...65535 ~= port else {
            return nil
        }
        host = String(authority[0])
        self.port = port
    }
}
