public import WebClient

/// One REST request.
public struct RestRequest: Sendable {
    public enum Security: Sendable {
        case open
        /// With the API key in a header.
        case key
        /// With the key, a timestamp and a signature.
        case signed
    }

    public var method: WebRequest.Method
    public var path: String
    /// Not yet percent-encoded.
    public var parameters: [(name: String, value: String)]
    public var security: Security
    /// What it costs of the venue's weight a minute.
    public var weight: Int
    /// Sent even when the budget for ordinary requests is spent: what protects a position.
    public var isCritical: Bool
    /// Whether it counts as an order in the venue's limits.
    public var isOrder = false
    public var timeoutMs: Int

    public init(
        _ method: WebRequest.Method, _ path: String, _ parameters: [(name: String, value: String)] = [],
        security: Security = .open, weight: Int = 1, isCritical: Bool = false, timeoutMs: Int = 5000
    ) {
        self.method = method
        self.path = path
        self.parameters = parameters
        self.security = security
        self.weight = weight
        self.isCritical = isCritical
        self.timeoutMs = timeoutMs
    }
}

/// How a request ended, as far as the venue's evidence goes.
public enum RestOutcome: Equatable, Sendable {
    case success(JSONValue)
    /// The venue refused it: nothing was executed.
    case rejected(code: Int, message: String)
    /// It certainly was not executed: never sent, throttled, or unavailable. It may be tried again.
    case notExecuted(String)
    /// It may or may not have been executed.
    case unknown(String)
}

/// Reads a venue's answer for what it says about execution.
///
/// Source: the venue's general information on HTTP return codes and error -1006, -1007, -1008.
public enum OutcomeClassifier {
    /// An HTTP answer came.
    public static func outcome(status: Int, body: [UInt8]) -> RestOutcome {
        let value = try? JSONValue(body)
        let code = value?["code"]?.integer.map { Int($0) }
        // It goes on into words for people, and into the journal.
        let message = String((value?["msg"]?.text ?? String(decoding: body.prefix(200), as: UTF8.self)).prefix(300))
        switch status {
        case 200..<300:
            guard let value else { return .unknown("HTTP \(status) with a body that is not JSON") }
            return .success(value)
        case 429, 418: return .notExecuted("HTTP \(status): \(message)")
        case 403: return .notExecuted("HTTP 403 from the firewall")
        case 408: return .unknown("HTTP 408: \(message)")
        case 400..<500:
            guard let code else { return .unknown("HTTP \(status): \(message)") }
            return rejection(code, message)
        case 503: return unavailable(code, message)
        default: return .unknown("HTTP \(status): \(message)")
        }
    }

    private static func rejection(_ code: Int, _ message: String) -> RestOutcome {
        switch code {
        // Unknown error, disconnected, unexpected answer of the message bus, timeout of the backend.
        case -1000, -1001, -1006, -1007: .unknown("\(code): \(message)")
        // Too many requests; overloaded.
        case -1003, -1008: .notExecuted("\(code): \(message)")
        default: .rejected(code: code, message: message)
        }
    }

    /// HTTP 503 has four forms, of which only "Unknown error" leaves the outcome open.
    private static func unavailable(_ code: Int?, _ message: String) -> RestOutcome {
        if code == -1008 || message.hasPrefix("Service Unavailable") || message.hasPrefix("Internal error") {
            return .notExecuted("HTTP 503: \(message)")
        }
        return .unknown("HTTP 503: \(message)")
    }
}
