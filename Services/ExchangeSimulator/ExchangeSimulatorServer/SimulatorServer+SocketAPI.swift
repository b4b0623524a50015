import ExchangeSimulator
import TradingPrimitives

/// A connection of the WebSocket API.
struct SocketSession {
    let connectedSince: Timestamp
    /// Whether answers carry the counters.
    let returnsRateLimits: Bool
    /// The key that logged on, and when.
    var key: ApiKey?
    var authorizedSince: Timestamp?
}

extension SimulatorServer {
    static var socketPath: String { "/ws-fapi/v1" }
    /// Request weight of opening a connection, and of a logon.
    private static var handshakeWeight: Int { 5 }
    private static var logonWeight: Int { 2 }

    func openSession(query: String) -> SocketSession {
        try? limits.spend(Self.handshakeWeight, now: simulation.exchange.now)
        let wish = Parameters(query: query.utf8, body: []).text("returnRateLimits")
        return SocketSession(connectedSince: simulation.exchange.now, returnsRateLimits: wish != "false")
    }

    /// Answers one message of the WebSocket API.
    func answer(_ text: some Collection<UInt8>, _ session: inout SocketSession) -> [UInt8] {
        requests += 1
        guard let request = SocketRequest(text) else {
            return write(nil, Exchange.answer(Refusal(-1000, "Invalid JSON or request.")), session, account: nil)
        }
        var account: Int?
        let answer: RestAnswer
        do throws(Refusal) {
            if request.method.hasPrefix("session.") {
                try limits.spend(request.method == "session.logon" ? Self.logonWeight : 1, now: simulation.exchange.now)
                try changeSession(request, &session)
                answer = RestAnswer(status: 200, body: write(session))
            } else {
                guard let endpoint = SocketMethod.find(request.method) else {
                    throw Refusal(-1000, "Unknown method '\(request.method)'.")
                }
                try limits.spend(endpoint.weight(request.parameters), now: simulation.exchange.now)
                account = try authenticate(request, endpoint, session)
                if endpoint.orderCost > 0, let account {
                    try limits.spendOrders(endpoint.orderCost, account, now: simulation.exchange.now)
                }
                answer = simulation.exchange.answer(endpoint, RestCall(request.parameters, account: account))
            }
        } catch {
            answer = Exchange.answer(error)
        }
        return write(request.id, answer, session, account: account)
    }

    /// The key of a request: its own with a signature, or the one that logged on.
    private func authenticate(
        _ request: SocketRequest, _ endpoint: Endpoint, _ session: SocketSession
    ) throws(Refusal) -> Int? {
        if endpoint.security == .open { return nil }
        if request.parameters.text("apiKey") == nil, request.parameters.text("signature") == nil,
            let key = session.key
        {
            if endpoint.security == .signed { try simulation.exchange.checkTime(request.parameters) }
            return key.account
        }
        let key = try key(named: request.parameters.text("apiKey"))
        if endpoint.security == .signed { try check(request.parameters, payload: request.payload, key) }
        return key.account
    }

    private func changeSession(_ request: SocketRequest, _ session: inout SocketSession) throws(Refusal) {
        switch request.method {
        case "session.logon":
            let key = try key(named: request.parameters.text("apiKey"))
            guard Signature.isEd25519(key.secret) else {
                throw Refusal(-4056, "Only Ed25519 API keys can log on to a session.")
            }
            try check(request.parameters, payload: request.payload, key)
            (session.key, session.authorizedSince) = (key, simulation.exchange.now)
        case "session.logout": (session.key, session.authorizedSince) = (nil, nil)
        case "session.status": break
        default: throw Refusal(-1000, "Unknown method '\(request.method)'.")
        }
    }

    private func write(_ session: SocketSession) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let key = session.key, let since = session.authorizedSince {
                json.put("apiKey", key.key)
                json.put("authorizedSince", since)
            } else {
                json.putNull("apiKey")
                json.putNull("authorizedSince")
            }
            json.put("connectedSince", session.connectedSince)
            json.put("returnRateLimits", session.returnsRateLimits)
            json.put("serverTime", simulation.exchange.now)
        }
        return json.bytes
    }

    func write(
        _ id: FlatJSON.Value?, _ answer: RestAnswer, _ session: SocketSession, account: Int?
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.putId(id)
            json.put("status", answer.status)
            json.put(answer.status == 200 ? "result" : "error", json: answer.body)
            if session.returnsRateLimits { json.rateLimits(limits, account: account) }
        }
        return json.bytes
    }
}
