/// A member of a rule's JSON beside `kind`, `count`, `seconds` and `probability`, which all rules have.
public enum FaultArgument: String, CaseIterable, Sendable {
    case route, symbol, clientIdPrefix, clientIdSuffix, feed, stream
    case code, message, status, form, executed, ms, fraction, factor, retryAfter, connections
}

extension FaultKind {
    /// The members that a rule of this kind heeds; others are refused.
    public var arguments: [FaultArgument] {
        switch self {
        case .refuseCall: Self.call + [.code, .message, .status]
        case .rejectOrder, .rejectStop: Self.order + [.code, .message, .status]
        case .rejectTrigger: Self.order + [.message]
        case .hideStop: Self.order + [.ms]
        case .throttleEntries: Self.order
        case .fillOnCancel, .partialFills: Self.order + [.fraction]
        case .freezeMarket: [.symbol]
        case .absurdPrices: [.symbol, .stream, .factor]
        case .crossedBooks: [.symbol, .stream]
        case .clockSkew: [.ms]
        case .serverError: Self.call + [.form, .executed]
        case .noAnswer, .reset: Self.call + [.executed]
        case .tooManyRequests, .banned: Self.call + [.retryAfter]
        case .latency: Self.call + [.ms]
        case .dropFrames, .duplicateFrames: Self.frame
        case .delayFrames, .reorderFrames: Self.frame + [.ms]
        case .partition: [.connections]
        }
    }

    private static let order: [FaultArgument] = [.symbol, .clientIdPrefix, .clientIdSuffix]
    private static let call: [FaultArgument] = [.route] + order
    private static let frame: [FaultArgument] = [.feed, .stream, .symbol]

    /// What a rule does unless it says otherwise.
    var usual: (code: Int, message: String, status: Int, milliseconds: Int64) {
        switch self {
        case .rejectStop: (-2021, "Order would immediately trigger.", 400, 0)
        case .rejectOrder, .rejectTrigger: (-2019, "Margin is insufficient.", 400, 0)
        case .hideStop: (0, "", 400, 3000)
        case .latency: (0, "", 400, 50)
        case .delayFrames, .reorderFrames: (0, "", 400, 1000)
        default: (-1000, "An unknown error occurred while processing the request.", 400, 0)
        }
    }
}
