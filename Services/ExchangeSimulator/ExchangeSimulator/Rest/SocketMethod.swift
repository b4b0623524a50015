/// A method of the WebSocket API: a route of REST under another name.
public enum SocketMethod {
    private static let routes: [String: (method: String, path: String)] = [
        "order.place": ("POST", "/fapi/v1/order"), "order.modify": ("PUT", "/fapi/v1/order"),
        "order.cancel": ("DELETE", "/fapi/v1/order"), "order.status": ("GET", "/fapi/v1/order"),
        "algoOrder.place": ("POST", "/fapi/v1/algoOrder"), "algoOrder.cancel": ("DELETE", "/fapi/v1/algoOrder"),
        "account.balance": ("GET", "/fapi/v2/balance"), "v2/account.balance": ("GET", "/fapi/v3/balance"),
        "account.status": ("GET", "/fapi/v2/account"), "v2/account.status": ("GET", "/fapi/v3/account"),
        "account.position": ("GET", "/fapi/v2/positionRisk"), "v2/account.position": ("GET", "/fapi/v3/positionRisk"),
        "depth": ("GET", "/fapi/v1/depth"), "ticker.price": ("GET", "/fapi/v2/ticker/price"),
        "ticker.book": ("GET", "/fapi/v1/ticker/bookTicker"),
        "userDataStream.start": ("POST", "/fapi/v1/listenKey"), "userDataStream.ping": ("PUT", "/fapi/v1/listenKey"),
        "userDataStream.stop": ("DELETE", "/fapi/v1/listenKey"),
    ]

    public static func find(_ name: String) -> Endpoint? {
        routes[name].flatMap { Endpoint.find($0.method, $0.path) }
    }
}

/// One request of the WebSocket API.
public struct SocketRequest: Sendable {
    /// As it came, for the answer: a string, a number or null.
    public let id: FlatJSON.Value?
    public let method: String
    public let parameters: Parameters
    /// What is signed: all parameters but the signature, by name, as they are.
    public let payload: [UInt8]

    /// Nil for what is not a request.
    public init?(_ text: some Collection<UInt8>) {
        guard case .object(let members)? = FlatJSON.parse(text),
            let method = members.first(where: { $0.name == "method" })?.value.text
        else { return nil }
        self.method = method
        id = members.first { $0.name == "id" }?.value
        var parameters = Parameters()
        var pairs: [(name: String, value: String)] = []
        if case .object(let given)? = members.first(where: { $0.name == "params" })?.value {
            for member in given {
                guard let text = member.value.text else { return nil }
                parameters.put(member.name, text)
                if member.name != "signature" { pairs.append((member.name, text)) }
            }
        }
        self.parameters = parameters
        pairs.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        payload = Array(pairs.map { "\($0.name)=\($0.value)" }.joined(separator: "&").utf8)
    }
}

extension JSONWriter {
    /// The id of a request as it came.
    public mutating func putId(_ id: FlatJSON.Value?) {
        switch id {
        case .string(let text): put("id", text)
        case .bare(let text): put("id", json: text.utf8)
        default: putNull("id")
        }
    }

    /// The counters of an address and, when it is known, an account.
    public mutating func rateLimits(_ limits: RateLimits, account: Int?) {
        array("rateLimits") { json in
            json.rateLimit("REQUEST_WEIGHT", "MINUTE", 1, RateLimits.weightPerMinute, count: limits.usedWeight)
            guard let account else { return }
            let counts = limits.orderCounts(account)
            json.rateLimit("ORDERS", "SECOND", 10, RateLimits.ordersPer10s, count: counts.in10s)
            json.rateLimit("ORDERS", "MINUTE", 1, RateLimits.ordersPerMinute, count: counts.in1m)
        }
    }
}
