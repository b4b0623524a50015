public import ServiceKit
import TradingPrimitives
public import Venue
public import WebClient

/// The account at the venue: performs requests and brings user events, from a stream that is kept alive.
///
/// After each (re)connection of the stream `onConnected` is called: events may have been missed, so the owner asks for
/// the state by REST.
public final class TradingClient {
    public let rest: RestClient
    private let context: ServiceContext
    private let client: WebSocketClient
    private let streamURL: String
    private var connection: WebSocketConnection?
    private var listenKey: String?
    private var backOff = BackOff(leastMs: 500, greatestMs: 30_000)
    private var isReconnecting = false
    private var openedUs: Int64 = 0
    private var lastHeardUs: Int64 = 0
    /// Connections are numbered, to tell the live one's end from that of others.
    private var nextNumber = 1
    private var liveNumber = 0
    /// Of one that is to take the live one's place, and when that is tried again if it did not come up.
    private var replacingNumber: Int?
    private var replacement: WebSocketConnection?
    private var replacedAgainUs: Int64?
    /// The venue's time, which requests are signed with.
    public let time: VenueTime
    private let onEvent: (UserEvent) -> Void
    private let onConnected: () -> Void
    private let badFrames: Metrics.Counter
    private let silences: Metrics.Counter
    private var hearing: StreamHearing
    /// Whether a request may leave, once more: asked before one is repeated.
    public var mayRepeat: (VenueRequest) -> Bool = { _ in true }
    /// Called when the stream stood and did not tell what REST tells, with words for a person.
    public var onSilence: (String) -> Void = { _ in }
    public private(set) var isConnected = false

    /// How often the key is prolonged: it lives 60 minutes.
    private static let keepAliveMs: Int64 = 20 * 60_000
    private static let pingMs: Int64 = 10_000
    /// A connection that does not even answer pings is dead, milliseconds.
    private static let silenceMaxMs: Int64 = 30_000
    private static let overlapMs: Int64 = 2000
    /// How soon a replacement that failed is tried again: the venue ends the old connection within the hour.
    private static let replaceAgainMs: Int64 = 60_000
    /// The venue ends a connection at 24 hours; it is replaced before, milliseconds.
    var lifeMs: Int64 = 23 * 3_600_000
    private static let events =
        "ORDER_TRADE_UPDATE/ACCOUNT_UPDATE/ALGO_UPDATE/MARGIN_CALL/ACCOUNT_CONFIG_UPDATE/TRADE_LITE/listenKeyExpired"

    public init(
        _ context: ServiceContext, _ client: WebSocketClient, _ rest: RestClient, streamURL: String,
        onEvent: @escaping (UserEvent) -> Void, onConnected: @escaping () -> Void
    ) {
        self.context = context
        self.client = client
        self.rest = rest
        self.streamURL = streamURL
        hearing = StreamHearing(lagMaxMs: Int64(5000 * max(1, context.settings.venue.clockRate)))
        time = VenueTime(context, rest)
        self.onEvent = onEvent
        self.onConnected = onConnected
        badFrames = context.metrics.counter(
            "user_frames_unreadable_total", help: "Frames of the user stream that could not be read.")
        silences = context.metrics.counter(
            "user_stream_silences_total", help: "Times that the user stream stood and did not tell what REST told.")
        context.metrics.gauge("user_stream_connected", help: "1 while the user stream stands.") { [weak self] in
            self?.isConnected == true ? 1 : 0
        }
    }

    /// Performs one request; `completion` is called once, from the loop. `onSent`: when its bytes have gone to the system.
    public func perform(
        _ request: VenueRequest, onSent: (() -> Void)? = nil, _ completion: @escaping (VenueReply) -> Void
    ) {
        rest.send(prepare(request, onSent: onSent, completion))
    }

    /// Signs a request and makes it ready; `rest` sends or drops it.
    ///
    /// A request that the venue refused for its timestamp is sent once more after our clock has been set, if that does not take
    /// long. Whoever waits for it may have given it up by then, and acts on that: so it is never sent late, and what opens risk
    /// is never sent again at all.
    public func prepare(
        _ request: VenueRequest, onSent: (() -> Void)? = nil, _ completion: @escaping (VenueReply) -> Void
    ) -> RestClient.ReadyRequest {
        let beganUs = SystemClock.monotonicUs()
        return rest.prepare(RestRequest(request), onSent: onSent) { [weak self] outcome in
            guard let self, case .rejected(Self.timestampCode, _) = outcome else {
                let reply = VenueReply(outcome, to: request)
                self?.compare(reply, to: request)
                return completion(reply)
            }
            context.log.warning("venue_clock_off")
            if request.opensRisk {
                time.synchronize()
                return completion(VenueReply(outcome, to: request))
            }
            time.synchronize { isTold in
                let ageMs = (SystemClock.monotonicUs() - beganUs) / 1000
                guard isTold, ageMs <= Self.repeatMaxMs, self.mayRepeat(request) else {
                    return completion(VenueReply(outcome, to: request))
                }
                self.rest.send(RestRequest(request)) { completion(VenueReply($0, to: request)) }
            }
        }
    }

    /// A stream that stands and is silent is opened anew, with a key of its own.
    private func compare(_ reply: VenueReply, to request: VenueRequest) {
        guard isConnected, request.isQuestion, let missed = hearing.missed(in: reply, at: context.venueClock.now())
        else { return }
        silences.add()
        context.log.error("user_stream_silent") { $0.put("missed", missed) }
        hearing.opened(at: context.venueClock.now())
        reconnect()
        onSilence("the user stream did not tell \(missed), which REST tells; it is opened anew")
    }

    /// Age of a request beyond which it is not repeated: its owner takes it for lost after three seconds.
    private static let repeatMaxMs: Int64 = 2000
    /// The request's timestamp was outside the window that the venue accepts: nothing was executed.
    private static let timestampCode = -1021

    // MARK: The user stream

    public func start() {
        time.start {}
        openKey()
        context.reactor.every(ms: Self.keepAliveMs) { [weak self] in self?.prolongKey() }
        context.reactor.every(ms: Self.pingMs) { [weak self] in self?.checkLife() }
    }

    private func openKey() {
        rest.send(RestRequest(.post, "/fapi/v1/listenKey", security: .key, isCritical: true)) { [weak self] outcome in
            guard let self else { return }
            guard case .success(let value) = outcome, let key = value["listenKey"]?.text else {
                context.log.error("listen_key_failed") { $0.put("outcome", String("\(outcome)".prefix(200))) }
                return reconnect()
            }
            listenKey = key
            connect(key)
        }
    }

    private func prolongKey() {
        guard listenKey != nil else { return }
        rest.send(RestRequest(.put, "/fapi/v1/listenKey", security: .key, isCritical: true)) { [weak self] outcome in
            guard let self, case .rejected(let code, _) = outcome else { return }
            context.log.warning("listen_key_lost") { $0.put("code", code) }
            reconnect()
        }
    }

    private func connect(_ key: String) {
        (replacingNumber, replacement) = (nil, nil)
        connection = open(key, onOpened: { [weak self] in self?.opened(number: $0) })
        if connection == nil { context.log.error("stream_url_invalid") { $0.put("url", streamURL) } }
    }

    private func open(_ key: String, onOpened: @escaping (_ number: Int) -> Void) -> WebSocketConnection? {
        lastHeardUs = SystemClock.monotonicUs()
        let url = "\(streamURL)/private/ws?listenKey=\(percentEncoded(key))&events=\(Self.events)"
        let number = nextNumber
        nextNumber += 1
        return WebSocketConnection(client, url: url) { [weak self] event in
            guard let self else { return }
            lastHeardUs = SystemClock.monotonicUs()
            switch event {
            case .opened: onOpened(number)
            case .message(let bytes): frameArrived(bytes)
            case .pong: break
            case .ended(let reason):
                // The end of one that has been replaced, or of one that was to replace, is no loss.
                guard number == liveNumber || !isConnected else { return replacementFailed(number, reason) }
                context.log.warning("user_stream_lost") { $0.put("reason", reason) }
                reconnect()
            }
        }
    }

    private func replacementFailed(_ number: Int, _ reason: String) {
        guard number == replacingNumber else { return }
        replacingNumber = nil
        // It is in the middle of telling this.
        context.reactor.after(ms: 0) { [weak self] in if self?.replacingNumber == nil { self?.replacement = nil } }
        replacedAgainUs = SystemClock.monotonicUs() + Self.replaceAgainMs * 1000
        context.log.warning("user_stream_not_replaced") { $0.put("reason", reason) }
    }

    private func opened(number: Int) {
        isConnected = true
        hearing.opened(at: context.venueClock.now())
        liveNumber = number
        if replacingNumber == number { replacingNumber = nil }
        replacedAgainUs = nil
        openedUs = SystemClock.monotonicUs()
        backOff.reset()
        context.log.info("user_stream_live")
        onConnected()
    }

    /// Opens a new connection beside the old one, and closes that a little later: no event falls between them. Events
    /// may come twice meanwhile; the owner knows them by their ids.
    private func replaceConnection() {
        guard let listenKey, let old = connection else { return }
        replacingNumber = nextNumber
        replacement = open(listenKey) { [weak self] number in
            // A reconnection that came between has made its own.
            guard let self, replacingNumber == number else { return }
            opened(number: number)
            connection = replacement
            replacement = nil
            context.reactor.after(ms: Self.overlapMs) { old.close() }
        }
    }

    func frameArrived(_ bytes: UnsafeRawBufferPointer) {
        do throws(FrameError) {
            guard let event = try UserEvent.read(bytes) else { return }
            hearing.heard(event)
            onEvent(event)
            if case .listenKeyExpired = event { reconnect() }
        } catch {
            // Something about our orders that we do not understand: the owner must look at the venue.
            badFrames.add()
            context.log.error("user_frame_unreadable") {
                $0.put("error", "\(error)")
                $0.put("begin", String(decoding: bytes.prefix(300), as: UTF8.self))
            }
            onConnected()
        }
    }

    func checkLife() {
        connection?.ping()
        guard isConnected else { return }
        let now = SystemClock.monotonicUs()
        if (now - lastHeardUs) / 1000 > Self.silenceMaxMs {
            context.log.warning("user_stream_lost") { $0.put("reason", "no answer to pings") }
            reconnect()
        } else if (now - openedUs) / 1000 > lifeMs || replacedAgainUs.map({ now >= $0 }) ?? false {
            openedUs = now
            replacedAgainUs = nil
            replaceConnection()
        }
    }

    private func reconnect() {
        isConnected = false
        guard !isReconnecting else { return }
        isReconnecting = true
        context.reactor.after(ms: backOff.next()) { [weak self] in
            guard let self else { return }
            isReconnecting = false
            connection?.close()
            connection = nil
            openKey()
        }
    }
}

extension VenueRequest {
    /// Whether it only asks.
    var isQuestion: Bool {
        switch self {
        case .queryOrder, .queryStop, .queryOpenOrders, .queryOpenStops, .queryFills, .queryPositions, .queryAccount,
            .queryCommission, .queryBrackets, .queryAssetPrice:
            true
        case .placeOrder, .placeStop, .cancelOrder, .cancelStop, .setLeverage, .setIsolatedMargin: false
        }
    }
}
