public import TradingPrimitives

/// What the venue can do wrong on request.
public enum FaultKind: String, CaseIterable, Sendable {
    // What the exchange itself does.
    case refuseCall = "refuse-call"
    case rejectOrder = "reject-order"
    case rejectStop = "reject-stop"
    case rejectTrigger = "reject-trigger"
    case hideStop = "hide-stop"
    case throttleEntries = "throttle-entries"
    case fillOnCancel = "fill-on-cancel"
    case partialFills = "partial-fills"
    case freezeMarket = "freeze-market"
    case absurdPrices = "absurd-prices"
    case crossedBooks = "crossed-books"
    case clockSkew = "clock-skew"
    // What happens to a call and its answer.
    case serverError = "server-error"
    case noAnswer = "no-answer"
    case reset
    case tooManyRequests = "too-many-requests"
    case banned
    case latency
    // What happens to frames and connections.
    case dropFrames = "drop-frames"
    case delayFrames = "delay-frames"
    case duplicateFrames = "duplicate-frames"
    case reorderFrames = "reorder-frames"
    case partition
}

/// A rule by which something goes wrong: what, to whom, how often or for how long.
///
/// `Fault(.rejectStop, count: 1) { $0.code = -2021 }`
public struct Fault: Equatable, Sendable {
    /// What a rule applies to; what is nil may be anything.
    public struct Match: Equatable, Sendable {
        /// Method and path: `POST /fapi/v1/order`.
        public var route: String?
        public var symbol: String?
        /// How the client's id of the order or conditional order begins and ends.
        public var clientIdPrefix: String?
        public var clientIdSuffix: String?
        public var feed: Feed?
        /// Part of a stream's or a user event's name: `depth20`, `ALGO_UPDATE`.
        public var stream: String?
    }

    /// Whose frames.
    public enum Feed: String, CaseIterable, Sendable {
        case market, user
    }

    /// Which of the answers that leave a client guessing, or nearly.
    public enum ServerError: String, CaseIterable, Sendable {
        /// 503 "Unknown error": executed or not.
        case unknown
        /// 408, -1007: executed or not.
        case timeout
        /// 503 "Service Unavailable.": not executed.
        case unavailable
        /// 503 "Internal error": not executed.
        case internalError = "internal"
    }

    public let kind: FaultKind
    public var match = Match()
    /// How often it happens at most; nil: without end.
    public var count: Int?
    /// How long it holds, milliseconds of the venue; nil: without end.
    public var lifeMs: Int64?
    /// Chance of each occasion.
    public var probability = 1.0

    // What it does; which of these a kind heeds is in its `arguments`.
    public var code = -1000
    public var message = "An unknown error occurred while processing the request."
    /// HTTP status.
    public var status = 400
    public var form = ServerError.unknown
    /// Whether the venue does what it was asked before it fails to say so.
    public var isExecuted = false
    public var milliseconds: Int64 = 0
    /// Part of a quantity.
    public var fraction = Ratio(raw: fixedScale)
    /// What prices are multiplied by.
    public var factor: Int64 = 10
    public var retryAfterS = 1
    public var connections = ConnectionKind.all

    public init(
        _ kind: FaultKind, count: Int? = nil, lifeMs: Int64? = nil, _ change: (inout Fault) -> Void = { _ in }
    ) {
        (self.kind, self.count, self.lifeMs) = (kind, count, lifeMs)
        (code, message, status, milliseconds) = kind.usual
        if kind == .partialFills { fraction = Ratio(raw: fixedScale / 2) }
        change(&self)
    }
}

/// Which connections, by what they were opened for.
public enum ConnectionKind: String, CaseIterable, Sendable {
    case all, http, market, user
    /// The WebSocket API.
    case api

    public func covers(_ other: ConnectionKind) -> Bool { self == .all || self == other }
}

/// What a rule may meet: a call, an order, a frame.
public struct FaultSubject: Sendable {
    public var route: String?
    public var symbol: String?
    public var clientId: String?
    public var feed: Fault.Feed?
    public var stream: String?

    public init(
        route: String? = nil, symbol: String? = nil, clientId: String? = nil, feed: Fault.Feed? = nil,
        stream: String? = nil
    ) {
        (self.route, self.symbol, self.clientId, self.feed, self.stream) = (route, symbol, clientId, feed, stream)
    }
}

extension Fault.Match {
    func covers(_ subject: FaultSubject) -> Bool {
        (route == nil || route == subject.route) && (symbol == nil || symbol == subject.symbol)
            && (feed == nil || feed == subject.feed)
            && (clientIdPrefix.map { subject.clientId?.hasPrefix($0) == true } ?? true)
            && (clientIdSuffix.map { subject.clientId?.hasSuffix($0) == true } ?? true)
            && (stream.map { subject.stream?.contains($0) == true } ?? true)
    }
}
