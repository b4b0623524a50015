import OperatorConsole
import WebServer

/// What is sent back for a request.
struct Answer {
    var status = 200
    var contentType: String? = "application/json"
    var body: [UInt8] = []
    var headers: [(String, String)] = []

    static func json(_ node: JSONNode, status: Int = 200) -> Answer {
        Answer(status: status, body: Array(node.line.utf8))
    }

    static let nothing = Answer(status: 204, contentType: nil)
}

/// Why a request is not carried out: told to who asked.
struct RequestError: Error, Equatable {
    enum Kind: String {
        case badRequest = "bad_request"
        case unauthorized
        case forbidden
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case unsupportedMediaType = "unsupported_media_type"
        case tooManyRequests = "too_many_requests"
        case unavailable

        var status: Int {
            switch self {
            case .badRequest: 400
            case .unauthorized: 401
            case .forbidden: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .unsupportedMediaType: 415
            case .tooManyRequests: 429
            case .unavailable: 503
            }
        }
    }

    let kind: Kind
    let message: String
    /// Seconds after which it may be tried again.
    var retryAfter: Int64?
    /// Methods that the path knows.
    var allowed: String?

    init(_ kind: Kind, _ message: String, retryAfter: Int64? = nil, allowed: String? = nil) {
        self.kind = kind
        self.message = message
        self.retryAfter = retryAfter
        self.allowed = allowed
    }

    var answer: Answer {
        var answer = Answer.json(
            .object([("error", .object([("code", .text(kind.rawValue)), ("message", .text(message))]))]),
            status: kind.status)
        if let retryAfter { answer.headers.append(("Retry-After", "\(retryAfter)")) }
        if let allowed { answer.headers.append(("Allow", allowed)) }
        if kind == .unauthorized { answer.headers.append(("WWW-Authenticate", "Session")) }
        return answer
    }
}
