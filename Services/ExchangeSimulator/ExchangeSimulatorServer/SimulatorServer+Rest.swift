import CWebSocketServer
import ExchangeSimulator
import TradingPrimitives
import WebServer

extension SimulatorServer {
    /// Answers a REST request: route, limits, key, signature, time, and then the exchange.
    func answer(_ request: HTTPRequest) -> (RestAnswer, [(String, String)]) {
        guard let endpoint = Endpoint.find(request.method, request.path) else {
            let words = "Path \(request.path), Method \(request.method) is invalid"
            return (Exchange.answer(Refusal(-5000, words, status: 404)), [])
        }
        let now = simulation.exchange.now
        let parameters = Parameters(query: request.query, body: request.body)
        var account: Int?
        var answer: RestAnswer
        var windowMs: Int64 = 60_000
        do throws(Refusal) {
            try limits.spend(endpoint.weight(parameters), now: now)
            try limits.spend(onOwnLimitOf: endpoint.path, now: now)
            account = try authenticate(request, endpoint, parameters)
            if endpoint.orderCost > 0, let account { try limits.spendOrders(endpoint.orderCost, account, now: now) }
            answer = simulation.exchange.answer(endpoint, RestCall(parameters, account: account))
        } catch {
            windowMs = error.windowMs ?? windowMs
            answer = Exchange.answer(error)
        }
        var headers = [("X-MBX-USED-WEIGHT-1M", "\(limits.usedWeight)")]
        if endpoint.orderCost > 0, let account {
            let counts = limits.orderCounts(account)
            headers.append(("X-MBX-ORDER-COUNT-10S", "\(counts.in10s)"))
            headers.append(("X-MBX-ORDER-COUNT-1M", "\(counts.in1m)"))
        }
        if answer.status == 429 {
            headers.append(("Retry-After", "\((windowMs - now.milliseconds % windowMs) / 1000 + 1)"))
        }
        if answer.status == 418 { headers.append(("Retry-After", "120")) }
        return (answer, headers)
    }

    private func authenticate(
        _ request: HTTPRequest, _ endpoint: Endpoint, _ parameters: Parameters
    ) throws(Refusal) -> Int? {
        if endpoint.security == .open { return nil }
        let key = try key(named: request.header("x-mbx-apikey"))
        guard endpoint.security == .signed else { return key.account }
        try check(parameters, payload: Signature.payload(query: request.query, body: request.body), key)
        return key.account
    }

    func key(named name: String?) throws(Refusal) -> ApiKey {
        guard let name, !name.isEmpty, name.utf8.allSatisfy({ 33...126 ~= $0 }) else {
            throw Refusal(-2014, "API-key format invalid.", status: 401)
        }
        guard let key = options.keys.first(where: { $0.key == name }) else {
            throw Refusal(-2015, "Invalid API-key, IP, or permissions for action.", status: 401)
        }
        return key
    }

    /// Throws unless the owner of the key has signed the payload, and lately.
    func check(_ parameters: Parameters, payload: [UInt8], _ key: ApiKey) throws(Refusal) {
        guard let signature = parameters.text("signature") else {
            throw Refusal(-1102, "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.")
        }
        guard Signature.isValid(signature, of: payload, secret: key.secret) else {
            throw Refusal(-1022, "Signature for this request is not valid.")
        }
        try simulation.exchange.checkTime(parameters)
    }

    func status() -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.put("ended", simulation.isEnded)
            json.put("serverTime", simulation.exchange.now)
            json.put("startTime", clock.start)
            json.put("mode", options.mode)
            json.put("lateness", options.lateness == nil ? "none" : "recorded")
            json.put("factor", Ratio(clock.factor, rounding: .nearest) ?? .zero)
            json.put("lagMs", lagMs)
            json.put("marketEvents", simulation.eventCount)
            json.put("requests", requests)
            json.put("connections", hub.connectionCount)
            if let server { json.put("turnedAway", Int(clamping: cws_turned_away_count(server))) }
            json.array("symbols") { json in
                for instrument in simulation.exchange.instruments { json.string(instrument.symbol.name) }
            }
            writeRecordings(&json)
            hub.writeSent(&json, simulation.exchange.instruments)
        }
        return json.bytes
    }

    private func writeRecordings(_ json: inout JSONWriter) {
        json.array("recordings") { json in
            for recording in options.recordings {
                let report = recording.report
                json.object { json in
                    json.put("file", recording.path)
                    json.put("rows", report.rows)
                    json.put("skipped", report.skipped)
                    json.put("doubled", report.doubled)
                    json.put("gaps", report.gaps)
                    json.put("missing", report.missing)
                    json.put("leaps", report.leaps)
                    json.put("from", report.first ?? .zero)
                    json.put("to", report.last ?? .zero)
                }
            }
        }
    }
}
