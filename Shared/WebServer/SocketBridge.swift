public import CWebSocketServer

/// Receives what happens on the sockets, on the thread that polls.
public protocol SocketHandler: AnyObject {
    /// One whole request. The answer is given with `cws_respond`, now or later. Bytes are valid during the call.
    func request(_ id: cws_id, _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer)
    /// Whether to take a WebSocket upgrade. When not, answer with `cws_respond`.
    func upgrade(_ id: cws_id, _ head: UnsafeRawBufferPointer) -> Bool
    func opened(_ id: cws_id)
    func message(_ id: cws_id, _ bytes: UnsafeRawBufferPointer)
    func closed(_ id: cws_id)
    /// Connections are turned away, for want of what this `errno` names; told once in ten seconds.
    func turnedAway(_ error: Int32)
}

/// Carries C callbacks to a Swift object. The object owns the bridge and stops the server before it goes.
public final class SocketBridge {
    public weak var handler: (any SocketHandler)?

    public init() {}

    /// Starts to listen; port 0 takes a free one. Nil when it can't: `errno` says why.
    public func start(host: String, port: Int, _ limits: cws_limits) -> OpaquePointer? {
        var limits = limits
        var handlers = cws_handlers(
            request: { owner, id, head, headSize, body, bodySize in
                SocketBridge.of(owner)?.handler?.request(
                    id, UnsafeRawBufferPointer(start: head, count: headSize),
                    UnsafeRawBufferPointer(start: body, count: bodySize))
            },
            upgrade: { owner, id, head, headSize in
                SocketBridge.of(owner)?.handler?.upgrade(id, UnsafeRawBufferPointer(start: head, count: headSize))
                    ?? false
            },
            opened: { owner, id in SocketBridge.of(owner)?.handler?.opened(id) },
            message: { owner, id, bytes, size in
                SocketBridge.of(owner)?.handler?.message(id, UnsafeRawBufferPointer(start: bytes, count: size))
            },
            closed: { owner, id in SocketBridge.of(owner)?.handler?.closed(id) },
            turned_away: { owner, error in SocketBridge.of(owner)?.handler?.turnedAway(error) })
        return cws_start(host, Int32(port), &limits, &handlers, Unmanaged.passUnretained(self).toOpaque())
    }

    private static func of(_ owner: UnsafeMutableRawPointer?) -> SocketBridge? {
        owner.map { Unmanaged<SocketBridge>.fromOpaque($0).takeUnretainedValue() }
    }
}
