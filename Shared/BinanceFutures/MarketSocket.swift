public import ServiceKit
public import WebClient

/// A market stream connection that keeps itself alive: subscribes, reconnects with back-off, and is replaced before the
/// venue ends it at 24 hours, with both sockets open for a moment so that nothing is missed.
public final class MarketSocket {
    public struct Settings: Sendable {
        /// Age at which a socket is replaced, milliseconds.
        public var rotationMs: Int64 = 23 * 3_600_000
        /// How long the old socket stays after the new one has brought its first data, milliseconds.
        public var overlapMs: Int64 = 2000
        /// A socket that brings nothing for so long is taken for dead, milliseconds.
        public var silenceMaxMs: Int64 = 10_000
        public init() {}
    }

    /// Streams that the venue allows on one connection.
    public static let streamsMax = 1024
    /// Between two control messages: the venue takes ten a second.
    private static let controlPauseMs: Int64 = 200

    /// One connection; two of them while one takes over from the other.
    private final class Leg {
        var connection: WebSocketConnection?
        var plan = SubscriptionPlan([])
        var isAsking = false
        var lastDataUs = SystemClock.monotonicUs()
        var isOpen = false
        var hasData = false
        var rotation: Reactor.TimerToken?
    }

    private let client: WebSocketClient
    private let context: ServiceContext
    private let url: String
    private let route: String
    private let streams: [String]
    private let settings: Settings
    private let onFrame: (UnsafeRawBufferPointer) -> Void
    /// After a connection was lost and another one brings data; with the time without data, milliseconds.
    private let onGap: (Int64) -> Void
    private let onRefused: (String) -> Void
    /// Streams that the venue refused, on this connection or on an earlier one.
    private var refused: [String] = []
    private var leg = Leg()
    /// The one that takes over.
    private var successor: Leg?
    private var retired: [Leg] = []
    private var backOff = BackOff(leastMs: 1000, greatestMs: 30_000)
    private var wasTriedAtOnce = false
    private var lastDataUs = SystemClock.monotonicUs()
    private var hasLostData = false
    private var nextControlId = 1
    private let reconnects: Metrics.Counter

    public var isLive: Bool { leg.hasData }

    /// `base` is the venue's stream root, `route` one of `public`, `market`. Frames are given as they come, from both
    /// sockets while they overlap. `onRefused` gets the name of a stream that the venue does not take.
    public init(
        _ client: WebSocketClient, _ context: ServiceContext, base: String, route: String, streams: [String],
        settings: Settings = Settings(), onFrame: @escaping (UnsafeRawBufferPointer) -> Void,
        onGap: @escaping (Int64) -> Void, onRefused: @escaping (String) -> Void = { _ in }
    ) {
        precondition(streams.count <= Self.streamsMax)
        self.client = client
        self.context = context
        self.route = route
        self.streams = streams
        self.settings = settings
        self.onFrame = onFrame
        self.onGap = onGap
        self.onRefused = onRefused
        url = "\(base)/\(route)/stream"
        reconnects = context.metrics.counter(
            "ws_reconnects_total", help: "Market stream connections that were lost.", labels: [("route", route)])
        context.metrics.gauge(
            "ws_connected", help: "1 while a market stream brings data.", labels: [("route", route)]
        ) { [weak self] in self?.isLive == true ? 1 : 0 }
    }

    public func start() {
        connect(leg)
        context.reactor.every(ms: 1000) { [weak self] in self?.checkSilence() }
    }

    // MARK: Connections

    private func connect(_ leg: Leg) {
        leg.isOpen = false
        leg.hasData = false
        leg.lastDataUs = SystemClock.monotonicUs()
        leg.plan = SubscriptionPlan(streams, doubtful: refused)
        let connection = WebSocketConnection(client, url: url) { [weak self, weak leg] event in
            guard let self, let leg else { return }
            handle(event, on: leg)
        }
        guard let connection else {
            context.log.error("stream_url_invalid") { $0.put("url", url) }
            return
        }
        leg.connection = connection
    }

    private func handle(_ event: WebSocketConnection.Event, on leg: Leg) {
        switch event {
        case .opened:
            leg.isOpen = true
            leg.lastDataUs = SystemClock.monotonicUs()
            subscribe(leg)
        case .message(let bytes):
            leg.lastDataUs = SystemClock.monotonicUs()
            // Answers to control messages are not data.
            if let answer = controlAnswer(bytes) { return answered(answer, on: leg) }
            if !leg.hasData, !leg.plan.hasNext, bytes.count > 0 { dataBegins(leg) }
            onFrame(bytes)
        case .pong: leg.lastDataUs = SystemClock.monotonicUs()
        case .ended(let reason): ended(leg, reason)
        }
    }

    /// The answer to a control message; nil for data, which comes wrapped with its stream's name.
    private func controlAnswer(_ bytes: UnsafeRawBufferPointer) -> JSONValue? {
        guard !bytes.starts(with: "{\"stream\"".utf8), bytes.count < 1024, let value = try? JSONValue(bytes),
            value["stream"] == nil, value["e"] == nil,
            value["result"] != nil || value["code"] != nil || value["error"] != nil
        else { return nil }
        return value
    }

    private func answered(_ answer: JSONValue, on leg: Leg) {
        let isError = answer["result"] == nil
        let id = answer["id"]?.integer.map { Int($0) }
        if isError {
            context.log.warning("subscription_refused") {
                $0.put("route", route)
                $0.put("reason", String((answer["msg"] ?? answer["error"]?["msg"])?.text?.prefix(120) ?? "none given"))
            }
        }
        if let name = leg.plan.answered(id: id, isError: isError) {
            context.log.error("stream_refused") { $0.put("stream", name) }
            onRefused(name)
        }
        refused = leg.plan.refused
        subscribe(leg)
    }

    /// Asks once more for streams that the venue has refused.
    public func askAgain(for names: (String) -> Bool) {
        leg.plan.askAgain(refused.filter(names))
        subscribe(leg)
    }

    private func subscribe(_ leg: Leg) {
        guard leg.isOpen, !leg.isAsking, let message = leg.plan.next(id: nextControlId) else { return }
        nextControlId += 1
        leg.connection?.send(message)
        leg.isAsking = true
        context.reactor.after(ms: Self.controlPauseMs) { [weak self, weak leg] in
            guard let self, let leg else { return }
            leg.isAsking = false
            subscribe(leg)
        }
    }

    private func dataBegins(_ leg: Leg) {
        leg.hasData = true
        backOff.reset()
        wasTriedAtOnce = false
        context.log.info("stream_live") {
            $0.put("route", route)
            $0.put("streams", streams.count)
        }
        leg.rotation = context.reactor.after(ms: settings.rotationMs) { [weak self] in self?.rotate() }
        if leg === successor {
            takeOver()
        } else if hasLostData {
            hasLostData = false
            onGap((SystemClock.monotonicUs() - lastDataUs) / 1000)
        }
    }

    // MARK: Rotation

    private func rotate() {
        guard successor == nil, leg.hasData else { return }
        context.log.info("stream_rotation") { $0.put("route", route) }
        let next = Leg()
        successor = next
        connect(next)
    }

    private func takeOver() {
        guard let successor else { return }
        let old = leg
        leg = successor
        self.successor = nil
        retired.append(old)
        context.reactor.after(ms: settings.overlapMs) { [weak self] in
            old.connection?.close()
            self?.retired.removeAll { $0 === old }
        }
    }

    // MARK: Failures

    private func ended(_ ended: Leg, _ reason: String) {
        if let rotation = ended.rotation { context.reactor.cancel(rotation) }
        if retired.contains(where: { $0 === ended }) { return }
        context.log.warning("stream_lost") {
            $0.put("route", route)
            $0.put("reason", reason)
        }
        if ended === successor {
            successor = nil
            context.reactor.after(ms: backOff.next()) { [weak self] in self?.rotate() }
            return
        }
        reconnects.add()
        if ended.hasData {
            lastDataUs = ended.lastDataUs
            hasLostData = true
        }
        ended.hasData = false
        // At once the first time, then 1, 2, 4 … 30 s.
        let delay = wasTriedAtOnce ? backOff.next() : 0
        wasTriedAtOnce = true
        context.reactor.after(ms: delay) { [weak self] in
            guard let self else { return }
            leg = Leg()
            connect(leg)
        }
    }

    private func checkSilence() {
        for leg in [leg, successor].compactMap({ $0 }) where leg.connection != nil {
            let silentMs = (SystemClock.monotonicUs() - leg.lastDataUs) / 1000
            guard silentMs > settings.silenceMaxMs else { continue }
            leg.connection?.close()
            leg.connection = nil
            ended(leg, "silent for \(silentMs) ms")
        }
    }
}
