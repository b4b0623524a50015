import TradingPrimitives

/// How a call ends that the venue may have carried out.
public enum CallFate: Equatable, Sendable {
    case served
    /// The client gets this answer in place of the true one.
    case answered(Refusal, retryAfterS: Int?, isExecuted: Bool)
    case unanswered(isExecuted: Bool)
    /// The connection is cut.
    case reset(isExecuted: Bool)

    /// Whether the venue does what it was asked.
    public var isExecuted: Bool {
        switch self {
        case .served: true
        case .answered(_, _, let isExecuted), .unanswered(let isExecuted), .reset(let isExecuted): isExecuted
        }
    }
}

extension Exchange {
    /// What becomes of a call by the rules of now: for whoever stands between the exchange and its clients.
    public mutating func fate(of call: FaultSubject) -> CallFate {
        if let fault = faults.take(.banned, call, now: now) {
            let until = (now + Int64(fault.retryAfterS) * 1000).milliseconds
            return .answered(RateLimits.banned(until: until), retryAfterS: fault.retryAfterS, isExecuted: false)
        }
        if let fault = faults.take(.tooManyRequests, call, now: now) {
            return .answered(RateLimits.tooManyRequests, retryAfterS: fault.retryAfterS, isExecuted: false)
        }
        if let fault = faults.take(.reset, call, now: now) { return .reset(isExecuted: fault.isExecuted) }
        if let fault = faults.take(.noAnswer, call, now: now) { return .unanswered(isExecuted: fault.isExecuted) }
        if let fault = faults.take(.serverError, call, now: now) {
            return .answered(fault.form.refusal, retryAfterS: nil, isExecuted: fault.isExecuted)
        }
        return .served
    }
}

extension Fault.ServerError {
    /// The venue's words.
    var refusal: Refusal {
        switch self {
        case .unknown: Refusal(-1000, "Unknown error, please check your request or try again later.", status: 503)
        case .timeout:
            Refusal(
                -1007,
                "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
                status: 408)
        case .unavailable: Refusal(-1000, "Service Unavailable.", status: 503)
        case .internalError:
            Refusal(-1000, "Internal error; unable to process your request. Please try again.", status: 503)
        }
    }
}
