import TradingPrimitives

/// A REST route of the venue.
public struct Endpoint: Sendable {
    public enum Security: Sendable {
        case open
        /// Key header only.
        case keyed
        /// Key header, signature and timestamp.
        case signed
    }

    public let method: String
    public let path: String
    public let security: Security
    /// Request weight; for some routes only the least one.
    public let weight: Int
    /// What a call counts on the ten-second order limit; one on the minute's unless it is zero.
    public let orderCost: Int
    let answer: @Sendable (inout Exchange, RestCall) throws(Refusal) -> [UInt8]

    init(
        _ method: String, _ path: String, _ security: Security, weight: Int = 1, orderCost: Int = 0,
        _ answer: @escaping @Sendable (inout Exchange, RestCall) throws(Refusal) -> [UInt8]
    ) {
        (self.method, self.path, self.security, self.weight) = (method, path, security, weight)
        (self.orderCost, self.answer) = (orderCost, answer)
    }

    public static func find(_ method: String, _ path: String) -> Endpoint? { table[method + " " + path] }
    public static let all: [Endpoint] =
        marketEndpoints + tapeEndpoints + priceHistoryEndpoints + accountEndpoints + marginEndpoints + tradeEndpoints
        + manyOrdersEndpoints

    private static let table: [String: Endpoint] = Dictionary(
        all.map { ($0.method + " " + $0.path, $0) }, uniquingKeysWith: { first, _ in first })
}

/// A call of a route with what its answer depends on.
public struct RestCall: Sendable {
    public let parameters: Parameters
    /// The account of the key; nil on an open route.
    public let account: Int?

    public init(_ parameters: Parameters, account: Int?) {
        (self.parameters, self.account) = (parameters, account)
    }

    func owner() throws(Refusal) -> Int {
        guard let account else { throw Refusal(-2014, "API-key format invalid.", status: 401) }
        return account
    }
}

/// An HTTP status and a JSON body.
public struct RestAnswer: Sendable {
    public let status: Int
    public let body: [UInt8]

    public init(status: Int, body: [UInt8]) { (self.status, self.body) = (status, body) }
}

extension Exchange {
    /// Answers a call at the venue's present moment. Events that it sets off are in `takeEvents`.
    public mutating func answer(_ endpoint: Endpoint, _ call: RestCall) -> RestAnswer {
        do throws(Refusal) {
            if !faults.isEmpty { try refuse(endpoint, call) }
            return RestAnswer(status: 200, body: try endpoint.answer(&self, call))
        } catch {
            return Self.answer(error)
        }
    }

    public static func answer(_ refusal: Refusal) -> RestAnswer {
        var json = JSONWriter()
        json.object {
            $0.put("code", refusal.code)
            $0.put("msg", refusal.message)
        }
        return RestAnswer(status: refusal.status, body: json.bytes)
    }

    /// Whether a signed request's time is acceptable: not more than a second ahead, not older than its window.
    public func checkTime(_ parameters: Parameters) throws(Refusal) {
        guard let time = try parameters.integer("timestamp") else { throw .missing("timestamp") }
        if time < 0 { throw .invalid("timestamp") }
        let window = try parameters.integer("recvWindow") ?? 5000
        if !(0...60_000).contains(window) { throw .invalid("recvWindow") }
        let now = toldTime
        if time >= now.milliseconds + 1000 {
            throw Refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
        }
        if now.milliseconds - time > window {
            throw Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")
        }
    }

    // MARK: Parameters that many routes have

    func symbol(_ call: RestCall) throws(Refusal) -> Int {
        guard let index = try optionalSymbol(call) else { throw .missing("symbol") }
        return index
    }

    func optionalSymbol(_ call: RestCall, _ name: String = "symbol") throws(Refusal) -> Int? {
        guard let symbol = call.parameters.text(name) else { return nil }
        guard let index = instrument(named: symbol) else { throw .badSymbol }
        return index
    }

    /// All instruments, or the one that was asked for.
    func symbols(_ call: RestCall) throws(Refusal) -> [Int] {
        if let index = try optionalSymbol(call) { return [index] }
        return Array(books.indices)
    }
}

func json(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var json = JSONWriter()
    body(&json)
    return json.bytes
}
