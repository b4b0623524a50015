import TradingPrimitives

/// An act by its name.
enum ActKind: String, CaseIterable {
    case order, stop
    case cancelOrder = "cancel-order"
    case cancelStop = "cancel-stop"
    case cancelOrders = "cancel-orders"
    case cancelStops = "cancel-stops"
    case leverage
    case marginType = "margin-type"
    case close
    case hedgeMode = "hedge-mode"
    case transfer
    case expireListenKey = "expire-listen-key"
    case liquidate, deleverage, settle, status, delivery, filters, gap, flood
    case endFaults = "end-faults"
    case cut

    /// The route that the owner's app calls. Its parameters are those of the act.
    var route: (method: String, path: String)? {
        switch self {
        case .order: ("POST", "/fapi/v1/order")
        case .stop: ("POST", "/fapi/v1/algoOrder")
        case .cancelOrder: ("DELETE", "/fapi/v1/order")
        case .cancelStop: ("DELETE", "/fapi/v1/algoOrder")
        case .cancelOrders: ("DELETE", "/fapi/v1/allOpenOrders")
        case .cancelStops: ("DELETE", "/fapi/v1/algoOpenOrders")
        case .leverage: ("POST", "/fapi/v1/leverage")
        case .marginType: ("POST", "/fapi/v1/marginType")
        default: nil
        }
    }

    /// Names of its members, for those who ask.
    var arguments: [String] {
        switch self {
        case .order, .stop, .cancelOrder, .cancelStop, .cancelOrders, .cancelStops, .leverage, .marginType:
            ["account", "the parameters of " + (route.map { $0.method + " " + $0.path } ?? "")]
        case .close, .liquidate: ["account", "symbol"]
        case .hedgeMode: ["account", "on"]
        case .transfer: ["account", "amount", "asset"]
        case .expireListenKey: ["account"]
        case .deleverage: ["account", "symbol", "fraction"]
        case .settle: ["symbol"]
        case .status: ["symbol", "status"]
        case .delivery: ["symbol", "seconds"]
        case .filters: ["symbol", "tickSize", "stepSize", "minNotional", "maxMarketQuantity", "maxLeverage"]
        case .gap: ["symbol", "percent"]
        case .flood: ["symbol", "seconds", "perSecond"]
        case .endFaults: []
        case .cut: ["connections"]
        }
    }
}

extension Exchange {
    /// Reads an act: `{"act":"gap","symbol":"BTCUSDT","percent":-5}`.
    public func act(_ text: some Collection<UInt8>) throws(Refusal) -> Act {
        var members = try NamedMembers(text)
        let kind = try NamedMembers.needed(try members.choice("act", ActKind.self), "act", "an act")
        let act = try read(kind, &members)
        try members.end(kind.rawValue)
        return act
    }

    private func read(_ kind: ActKind, _ members: inout NamedMembers) throws(Refusal) -> Act {
        if let route = kind.route, let endpoint = Endpoint.find(route.method, route.path) {
            let owner = try owner(&members)
            var parameters = members.parameters()
            if kind == .stop, parameters.text("algoType") == nil { parameters.put("algoType", "CONDITIONAL") }
            return .call(endpoint, parameters, account: owner)
        }
        let what = kind.rawValue
        switch kind {
        case .close: return .close(account: try owner(&members), instrument: try symbol(&members, what))
        case .hedgeMode: return .hedgeMode(account: try owner(&members), try members.flag("on") ?? true)
        case .transfer:
            let most = Notional(raw: 1_000_000_000 * fixedScale)
            let amount = try members.value("amount", Notional.self, in: -most...most)
            let asset = try members.choice("asset", Asset.self) ?? .settlement
            return .transfer(account: try owner(&members), try NamedMembers.needed(amount, "amount", what), asset)
        case .expireListenKey: return .expireListenKey(account: try owner(&members))
        case .liquidate: return .liquidate(account: try owner(&members), instrument: try symbol(&members, what))
        case .deleverage:
            let whole = Ratio(raw: fixedScale)
            let fraction = try members.value("fraction", Ratio.self, in: Ratio(raw: 1)...whole) ?? whole
            return .deleverage(account: try owner(&members), instrument: try symbol(&members, what), fraction)
        case .settle: return .settle(instrument: try symbol(&members, what))
        case .status:
            let status = try members.choice("status", SymbolStatus.self)
            return .status(
                instrument: try symbol(&members, what), try NamedMembers.needed(status, "status", what))
        case .delivery:
            let seconds = try members.value("seconds", Int.self, in: 0...3_000_000_000)
            return .delivery(
                instrument: try symbol(&members, what),
                afterMs: Int64(try NamedMembers.needed(seconds, "seconds", what)) * 1000)
        case .filters: return .filters(instrument: try symbol(&members, what), try filters(&members))
        case .gap:
            // Percent, as people say it.
            let percent = try members.value(
                "percent", Ratio.self, in: Ratio(raw: -99 * fixedScale)...Ratio(raw: 1000 * fixedScale))
            let share = Ratio(raw: try NamedMembers.needed(percent, "percent", what).raw / 100)
            return .gap(instrument: try symbol(&members, what), share)
        case .flood:
            let seconds = try members.value("seconds", Int.self, in: 1...3600)
            let count = try members.value("perSecond", Int.self, in: 20...100_000)
            return .flood(
                instrument: try symbol(&members, what),
                forMs: Int64(try NamedMembers.needed(seconds, "seconds", what)) * 1000,
                perSecond: try NamedMembers.needed(count, "perSecond", what))
        case .cut: return .cut(try members.choice("connections", ConnectionKind.self) ?? .all)
        // The calls are read above.
        case .endFaults, .order, .stop, .cancelOrder, .cancelStop, .cancelOrders, .cancelStops, .leverage, .marginType:
            return .endFaults
        }
    }

    /// The account that is named, or the only one.
    private func owner(_ members: inout NamedMembers) throws(Refusal) -> Int {
        let name = members.text("account")
        if name == nil, accounts.count == 1 { return 0 }
        guard let index = accounts.firstIndex(where: { $0.name == name }) else {
            throw NamedMembers.refusal(
                "'account' must be one of \(accounts.map(\.name).joined(separator: ", ")), not '\(name ?? "")'")
        }
        return index
    }

    private func symbol(_ members: inout NamedMembers, _ what: String) throws(Refusal) -> Int {
        try listed(try NamedMembers.needed(members.text("symbol"), "symbol", what))
    }

    private func filters(_ members: inout NamedMembers) throws(Refusal) -> FilterChange {
        var change = FilterChange()
        let most = 1_000_000 * fixedScale
        change.tickSize = try members.value("tickSize", Price.self, in: Price(raw: 1)...Price(raw: most))
        change.stepSize = try members.value("stepSize", Quantity.self, in: Quantity(raw: 1)...Quantity(raw: most))
        change.minNotional = try members.value("minNotional", Notional.self, in: .zero...Notional(raw: most))
        change.maxMarketQuantity = try members.value(
            "maxMarketQuantity", Quantity.self, in: Quantity(raw: 1)...Quantity(raw: .max / 2))
        change.maxLeverage = try members.value("maxLeverage", Int.self, in: 1...150)
        return change
    }
}
