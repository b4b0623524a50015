import TradingPrimitives

extension Exchange {
    /// Reads a rule: `{"kind":"reject-stop","count":1,"code":-4045}`.
    public func fault(_ text: some Collection<UInt8>) throws(Refusal) -> Fault {
        var members = try NamedMembers(text)
        let kind = try NamedMembers.needed(try members.choice("kind", FaultKind.self), "kind", "a fault")
        let count = try members.value("count", Int.self, in: 1...1_000_000)
        let seconds = try members.value("seconds", Double.self, in: 0.001...1_000_000)
        var fault = Fault(kind, count: count, lifeMs: seconds.map { Int64($0 * 1000) })
        fault.probability = try members.value("probability", Double.self, in: 0...1) ?? 1
        for argument in kind.arguments { try read(argument, &members, &fault) }
        try members.end(kind.rawValue)
        if fault.isExecuted, kind == .serverError, fault.form == .unavailable || fault.form == .internalError {
            throw NamedMembers.refusal("'\(fault.form.rawValue)' says that nothing was executed; leave 'executed' out")
        }
        return fault
    }

    private func read(
        _ argument: FaultArgument, _ members: inout NamedMembers, _ fault: inout Fault
    ) throws(Refusal) {
        let name = argument.rawValue
        switch argument {
        case .route:
            fault.match.route = members.text(name)
            let words = fault.match.route?.split(separator: " ").map(String.init) ?? []
            if !words.isEmpty, words.count != 2 || Endpoint.find(words[0], words[1]) == nil {
                throw NamedMembers.refusal("'route' must be one of the venue's, like POST /fapi/v1/order")
            }
        case .symbol:
            fault.match.symbol = members.text(name)
            if let symbol = fault.match.symbol { _ = try listed(symbol) }
        case .clientIdPrefix: fault.match.clientIdPrefix = members.text(name)
        case .clientIdSuffix: fault.match.clientIdSuffix = members.text(name)
        case .feed: fault.match.feed = try members.choice(name, Fault.Feed.self)
        case .stream: fault.match.stream = members.text(name)
        case .code: fault.code = try members.value(name, Int.self, in: -99_999...0) ?? fault.code
        case .message: fault.message = members.text(name) ?? fault.message
        case .status: fault.status = try members.value(name, Int.self, in: 400...599) ?? fault.status
        case .form: fault.form = try members.choice(name, Fault.ServerError.self) ?? fault.form
        case .executed: fault.isExecuted = try members.flag(name) ?? fault.isExecuted
        case .ms:
            let least: Int64 = fault.kind == .clockSkew ? -86_400_000 : 0
            fault.milliseconds =
                try members.value(name, Int64.self, in: least...86_400_000) ?? fault.milliseconds
        case .fraction:
            let whole = Ratio(raw: fixedScale)
            fault.fraction = try members.value(name, Ratio.self, in: .zero...whole) ?? fault.fraction
        case .factor: fault.factor = try members.value(name, Int64.self, in: 2...1000) ?? fault.factor
        case .retryAfter:
            fault.retryAfterS = try members.value(name, Int.self, in: 0...259_200) ?? fault.retryAfterS
        case .connections:
            fault.connections = try members.choice(name, ConnectionKind.self) ?? fault.connections
        }
    }

    func listed(_ symbol: String) throws(Refusal) -> Int {
        guard let index = instrument(named: symbol) else {
            let names = instruments.map(\.symbol.name).joined(separator: ", ")
            throw NamedMembers.refusal("'symbol' must be one of \(names), not '\(symbol)'")
        }
        return index
    }

    /// All rules with how often each has happened, also those that are over.
    public func faultsJSON() -> [UInt8] {
        json { json in
            json.object { json in
                json.put("serverTime", now)
                json.array("faults") { json in
                    for rule in faults.rules { json.object { $0.rule(rule, now: now) } }
                }
            }
        }
    }

    /// All kinds of rules and acts with what they take.
    public static func faultKindsJSON() -> [UInt8] {
        json { json in
            json.object { json in
                json.array("faults") { json in
                    for kind in FaultKind.allCases {
                        let names = ["count", "seconds", "probability"] + kind.arguments.map(\.rawValue)
                        json.object { $0.kind("kind", kind.rawValue, names) }
                    }
                }
                json.array("acts") { json in
                    for kind in ActKind.allCases { json.object { $0.kind("act", kind.rawValue, kind.arguments) } }
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func kind(_ name: StaticString, _ value: String, _ arguments: [String]) {
        put(name, value)
        array("arguments") { json in for argument in arguments { json.string(argument) } }
    }

    fileprivate mutating func rule(_ rule: FaultBook.Rule, now: Timestamp) {
        let fault = rule.fault
        put("id", rule.id)
        put("kind", fault.kind.rawValue)
        put("fired", rule.fired)
        put("over", rule.isOver(at: now))
        put("since", rule.since)
        if let end = rule.end { put("end", end) }
        if let count = fault.count { put("count", count) }
        if fault.probability < 1 { put("probability", "\(fault.probability)") }
        for argument in fault.kind.arguments { value(of: argument, fault) }
    }

    private mutating func value(of argument: FaultArgument, _ fault: Fault) {
        func text(_ name: StaticString, _ value: String?) { if let value { put(name, value) } }
        switch argument {
        case .route: text("route", fault.match.route)
        case .symbol: text("symbol", fault.match.symbol)
        case .clientIdPrefix: text("clientIdPrefix", fault.match.clientIdPrefix)
        case .clientIdSuffix: text("clientIdSuffix", fault.match.clientIdSuffix)
        case .feed: text("feed", fault.match.feed?.rawValue)
        case .stream: text("stream", fault.match.stream)
        case .code: put("code", fault.code)
        case .message: put("message", fault.message)
        case .status: put("status", fault.status)
        case .form: put("form", fault.form.rawValue)
        case .executed: put("executed", fault.isExecuted)
        case .ms: put("ms", fault.milliseconds)
        case .fraction: put("fraction", fault.fraction)
        case .factor: put("factor", fault.factor)
        case .retryAfter: put("retryAfter", fault.retryAfterS)
        case .connections: put("connections", fault.connections.rawValue)
        }
    }
}
