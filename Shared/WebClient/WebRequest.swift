/// One request to a web server.
public struct WebRequest: Sendable {
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    public var method: Method
    /// Whole, with its query, percent-encoded.
    public var url: String
    /// Of a POST alone.
    public var body: String
    /// Beyond those that libcurl sends by itself.
    public var headers: [(name: String, value: String)]
    /// From the departure to the end of the answer.
    public var timeoutMs: Int
    /// Of these for a connection.
    public var connectTimeoutMs: Int
    /// Whether it may leave a second time when a kept connection turns out to be dead. An order must not be sent twice unknown to
    /// us.
    public var mayRepeat: Bool
    /// A longer answer fails.
    public var answerMax: Int

    public init(
        _ method: Method, _ url: String, body: String = "", headers: [(name: String, value: String)] = [],
        timeoutMs: Int, connectTimeoutMs: Int = 5000, mayRepeat: Bool? = nil, answerMax: Int = 4 << 20
    ) {
        self.method = method
        self.url = url
        self.body = body
        self.headers = headers
        self.timeoutMs = timeoutMs
        self.connectTimeoutMs = min(timeoutMs, connectTimeoutMs)
        self.mayRepeat = mayRepeat ?? (method == .get)
        self.answerMax = answerMax
    }
}

/// What a server answered.
public struct WebAnswer: Sendable {
    public let status: Int
    public let body: [UInt8]
    /// Names in lower case.
    let headers: [(name: String, value: String)]
    /// From sending to here, microseconds.
    public let tookUs: Int64

    /// The value of the last header of a name, which is given in lower case.
    public func header(_ name: String) -> String? { headers.last { $0.name == name }?.value }
}

/// No answer came.
public struct WebFailure: Error, Sendable {
    /// In libcurl's words, which hold no address.
    public let reason: String
    /// False when certainly nothing of the request has left; else the server may have done it.
    public let mayHaveArrived: Bool
    /// What had come of an answer that broke off; nil when not even its head had.
    public let begun: WebAnswer?
    /// From sending to here, microseconds.
    public let tookUs: Int64
}
