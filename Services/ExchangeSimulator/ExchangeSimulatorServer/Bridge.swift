import CWebSocketServer

/// Receives what happens on the sockets, on the thread that polls.
protocol SocketHandler: AnyObject {
    func request(_ id: cws_id, _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer)
    func upgrade(_ id: cws_id, _ head: UnsafeRawBufferPointer) -> Bool
    func opened(_ id: cws_id)
    func message(_ id: cws_id, _ bytes: UnsafeRawBufferPointer)
    func closed(_ id: cws_id)
}

/// Carries C callbacks to a Swift object. The object owns the bridge and stops the server before it goes.
final class Bridge {
    weak var handler: (any SocketHandler)?

    func start(_ options: ServerOptions) -> OpaquePointer? {
        var limits = cws_limits(
            head_max: 64 << 10, body_max: 1 << 20, message_max: 1 << 20, queue_max: options.queueMax,
            connections_max: 512, ping_after_s: Int32(options.pingAfterS), hangup_after_s: Int32(options.hangupAfterS))
        var handlers = cws_handlers(
            request: { owner, id, head, headSize, body, bodySize in
                Bridge.of(owner)?.handler?.request(
                    id, UnsafeRawBufferPointer(start: head, count: headSize),
                    UnsafeRawBufferPointer(start: body, count: bodySize))
            },
            upgrade: { owner, id, head, headSize in
                Bridge.of(owner)?.handler?.upgrade(id, UnsafeRawBufferPointer(start: head, count: headSize)) ?? false
            },
            opened: { owner, id in Bridge.of(owner)?.handler?.opened(id) },
            message: { owner, id, bytes, size in
                Bridge.of(owner)?.handler?.message(id, UnsafeRawBufferPointer(start: bytes, count: size))
            },
            closed: { owner, id in Bridge.of(owner)?.handler?.closed(id) })
        return cws_start(
            options.host, Int32(options.port), &limits, &handlers, Unmanaged.passUnretained(self).toOpaque())
    }

    private static func of(_ owner: UnsafeMutableRawPointer?) -> Bridge? {
        owner.map { Unmanaged<Bridge>.fromOpaque($0).takeUnretainedValue() }
    }
}
