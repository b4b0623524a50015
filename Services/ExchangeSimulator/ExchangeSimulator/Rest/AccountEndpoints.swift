import TradingPrimitives

extension Endpoint {
    static let accountEndpoints: [Endpoint] = [
        Endpoint("GET", "/fapi/v2/account", .signed, weight: 5) { (venue, call) throws(Refusal) in
            try venue.account(call, isFull: true)
        },
        Endpoint("GET", "/fapi/v3/account", .signed, weight: 5) { (venue, call) throws(Refusal) in
            try venue.account(call, isFull: false)
        },
        Endpoint("GET", "/fapi/v2/balance", .signed, weight: 5) { (venue, call) throws(Refusal) in
            try venue.balance(call)
        },
        Endpoint("GET", "/fapi/v3/balance", .signed, weight: 5) { (venue, call) throws(Refusal) in
            try venue.balance(call)
        },
        Endpoint("GET", "/fapi/v2/positionRisk", .signed, weight: 5) { (venue, call) throws(Refusal) in
            try venue.positionRisk(call, isFull: true)
        },
        Endpoint("GET", "/fapi/v3/positionRisk", .signed, weight: 5) { (venue, call) throws(Refusal) in
            try venue.positionRisk(call, isFull: false)
        },
        Endpoint("GET", "/fapi/v1/symbolConfig", .signed, weight: 5) { (venue, call) throws(Refusal) in
            try venue.symbolConfig(call)
        },
        Endpoint("GET", "/fapi/v1/accountConfig", .signed, weight: 5) { (venue, call) throws(Refusal) in
            let account = venue.accounts[try call.owner()]
            return json { json in
                json.object {
                    $0.accountFlags()
                    $0.put("dualSidePosition", account.isHedged)
                    $0.put("updateTime", account.updateTime)
                    $0.put("multiAssetsMargin", false)
                    $0.put("tradeGroupId", -1)
                }
            }
        },
        Endpoint("GET", "/fapi/v1/commissionRate", .signed, weight: 20) { (venue, call) throws(Refusal) in
            let account = venue.accounts[try call.owner()]
            let name = venue.instruments[try venue.symbol(call)].symbol.name
            return json { json in
                json.object {
                    $0.put("symbol", name)
                    $0.put("makerCommissionRate", account.makerFee, decimals: 6)
                    $0.put("takerCommissionRate", account.takerFee, decimals: 6)
                    $0.put("rpiCommissionRate", "0.000000")
                }
            }
        },
        Endpoint("GET", "/fapi/v1/leverageBracket", .signed) { (venue, call) throws(Refusal) in
            try venue.leverageBrackets(call)
        },
        Endpoint("GET", "/fapi/v1/income", .signed, weight: 30) { (venue, call) throws(Refusal) in
            try venue.income(call)
        },
        Endpoint("POST", "/fapi/v1/leverage", .signed) { (venue, call) throws(Refusal) in
            try venue.setLeverage(call)
        },
        Endpoint("POST", "/fapi/v1/marginType", .signed) { (venue, call) throws(Refusal) in
            try venue.setMarginType(call)
            return Array(#"{"code":200,"msg":"success"}"#.utf8)
        },
        Endpoint("GET", "/fapi/v1/positionSide/dual", .signed, weight: 30) { (venue, call) throws(Refusal) in
            let isHedged = venue.accounts[try call.owner()].isHedged
            return json { $0.object { $0.put("dualSidePosition", isHedged) } }
        },
        Endpoint("POST", "/fapi/v1/positionSide/dual", .signed) { (venue, call) throws(Refusal) in
            let isHedged = try call.parameters.required("dualSidePosition").lowercased() == "true"
            try venue.checkMode(try call.owner(), isHedged)
            if isHedged { throw Refusal(-1130, "dualSidePosition: this venue trades in one-way mode only.") }
            try venue.setHedged(try call.owner(), false)
            return Array(#"{"code":200,"msg":"success"}"#.utf8)
        },
        Endpoint("GET", "/fapi/v1/multiAssetsMargin", .signed, weight: 30) { _, _ in
            Array(#"{"multiAssetsMargin":false}"#.utf8)
        },
        Endpoint("POST", "/fapi/v1/multiAssetsMargin", .signed) { (venue, call) throws(Refusal) in
            try venue.setMultiAssets(call)
        },
        Endpoint("GET", "/fapi/v1/feeBurn", .signed, weight: 30) { (venue, call) throws(Refusal) in
            let isBurning = venue.accounts[try call.owner()].isBurning
            return json { $0.object { $0.put("feeBurn", isBurning) } }
        },
        Endpoint("POST", "/fapi/v1/feeBurn", .signed) { (venue, call) throws(Refusal) in
            let account = try call.owner()
            switch call.parameters.text("feeBurn") {
            case "true": venue.accounts[account].isBurning = true
            case "false": venue.accounts[account].isBurning = false
            default: throw Refusal.invalid("feeBurn")
            }
            return Array(#"{"code":200,"msg":"success"}"#.utf8)
        },
        Endpoint("POST", "/fapi/v1/listenKey", .keyed) { (venue, call) throws(Refusal) in
            try venue.keepListenKey(call, mustExist: false)
        },
        Endpoint("PUT", "/fapi/v1/listenKey", .keyed) { (venue, call) throws(Refusal) in
            try venue.keepListenKey(call, mustExist: true)
        },
        Endpoint("DELETE", "/fapi/v1/listenKey", .keyed) { (venue, call) throws(Refusal) in
            venue.accounts[try call.owner()].listenKeyExpiry = nil
            return Array("{}".utf8)
        },
    ]
}

extension JSONWriter {
    mutating func accountFlags() {
        put("feeTier", 0)
        put("canTrade", true)
        put("canDeposit", true)
        put("canWithdraw", false)
    }
}

extension Exchange {
    // MARK: Settings

    fileprivate mutating func setLeverage(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let index = try symbol(call)
        guard let wanted = try call.parameters.integer("leverage") else { throw .missing("leverage") }
        let instrument = instruments[index]
        guard 1...Int64(instrument.maxLeverage) ~= wanted else { throw .leverageInvalid }
        let leverage = Int(wanted)
        let position = accounts[account].positions[index]
        if position.isIsolated, !position.isFlat, leverage < position.leverage { throw .leverageDownWithIsolated }
        let margin = margin(account, index)
        let notional = position.notional(at: books[index].markPrice)
        let worst = max((notional + margin.bidNotional).magnitude, (notional - margin.askNotional).magnitude)
        if worst > instrument.maxNotional(leverage: leverage) { throw .positionLimit }
        if leverage < position.leverage {
            let more = Notional(raw: worst.raw / Int64(leverage)) - Notional(raw: worst.raw / Int64(position.leverage))
            if more > marginSummary(account).available { throw .leverageTooSmall }
        }
        if leverage != position.leverage {
            accounts[account].positions[index].leverage = leverage
            tell(account, .leverage(instrument: index, leverage))
        }
        return json { json in
            json.object {
                $0.put("leverage", leverage)
                $0.put("maxNotionalValue", instrument.maxNotional(leverage: leverage))
                $0.put("symbol", instrument.symbol.name)
            }
        }
    }

    fileprivate mutating func setMarginType(_ call: RestCall) throws(Refusal) {
        let account = try call.owner()
        let index = try symbol(call)
        let isIsolated: Bool
        switch try call.parameters.required("marginType") {
        case "ISOLATED": isIsolated = true
        case "CROSSED": isIsolated = false
        default: throw .invalid("marginType")
        }
        let position = accounts[account].positions[index]
        if position.isIsolated == isIsolated { throw .sameMarginType }
        let hasOrders = (books[index].restingBuys + books[index].restingSells).contains { id in
            self.index(ofOrder: id).map { orders[$0].account == account } ?? false
        }
        if hasOrders { throw .openOrdersBlockMarginType }
        if !position.isFlat { throw .positionBlocksMarginType }
        accounts[account].positions[index].isIsolated = isIsolated
        tellAccount(account, .marginType, [index])
    }

    /// Wallets of one asset are all there is: the mode that holds is refused as such, and the other one as what this venue does
    /// not have, after what the venue would refuse it for.
    fileprivate func setMultiAssets(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        switch try call.parameters.required("multiAssetsMargin").lowercased() {
        case "false": throw .sameAssetMode
        case "true": break
        default: throw .invalid("multiAssetsMargin")
        }
        if accounts[account].positions.contains(where: \.isIsolated) { throw .isolatedBlocksMultiAssets }
        if hasOpenOrders(account) { throw .openOrdersBlockMultiAssets }
        throw Refusal(-1130, "multiAssetsMargin: this venue has wallets of one asset only.")
    }

    fileprivate mutating func keepListenKey(_ call: RestCall, mustExist: Bool) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        if mustExist, accounts[account].listenKeyExpiry == nil {
            throw Refusal(
                -1125,
                "This listenKey does not exist. Please use `POST /fapi/v1/listenKey` to recreate `listenKey`")
        }
        accounts[account].listenKeyExpiry = now + configuration.listenKeyLifeMs
        let key = listenKey(account)
        return json { $0.object { $0.put("listenKey", key) } }
    }

    /// The listen key of an account: always the same one.
    public func listenKey(_ account: Int) -> String {
        let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var seed: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in accounts[account].name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var generator = SplitMix64(seed: seed)
        return String(decoding: (0..<64).map { _ in letters[Int(generator.next() % 62)] }, as: UTF8.self)
    }

    /// The account of a listen key that is alive.
    public func account(ofListenKey key: String) -> Int? {
        accounts.indices.first { accounts[$0].listenKeyExpiry != nil && listenKey($0) == key }
    }

    // MARK: Tables

    fileprivate func symbolConfig(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let chosen = try symbols(call)
        return json { json in
            json.array { json in
                for index in chosen {
                    let position = accounts[account].positions[index]
                    json.object {
                        $0.put("symbol", instruments[index].symbol.name)
                        $0.put("marginType", position.isIsolated ? "ISOLATED" : "CROSSED")
                        $0.put("isAutoAddMargin", false)
                        $0.put("leverage", position.leverage)
                        $0.put("maxNotionalValue", instruments[index].maxNotional(leverage: position.leverage))
                    }
                }
            }
        }
    }

    fileprivate func leverageBrackets(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let chosen = try symbols(call)
        return json { json in
            json.array { json in
                for index in chosen {
                    json.object { json in
                        json.put("symbol", instruments[index].symbol.name)
                        json.put("notionalCoef", 1)
                        json.array("brackets") { json in
                            var floor = Notional.zero
                            for (number, bracket) in instruments[index].rules.brackets.enumerated() {
                                json.object {
                                    $0.put("bracket", number + 1)
                                    $0.put("initialLeverage", bracket.maxLeverage)
                                    $0.putNumber("notionalCap", bracket.notionalCap)
                                    $0.putNumber("notionalFloor", floor)
                                    $0.putNumber("maintMarginRatio", bracket.maintenanceMarginRatio)
                                    $0.putNumber("cum", bracket.maintenanceAmount)
                                }
                                floor = bracket.notionalCap
                            }
                        }
                    }
                }
            }
        }
    }

    fileprivate func income(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let index = try optionalSymbol(call)
        let type = call.parameters.text("incomeType")
        let limit = try call.parameters.limit(default: 100, max: 1000)
        let page = min(max(try call.parameters.integer("page") ?? 1, 1), 1_000_000)
        let start = try call.parameters.integer("startTime")
        let end = try call.parameters.integer("endTime") ?? .max
        let matching = accounts[account].incomes.filter {
            (index == nil || $0.instrument == index) && (type == nil || $0.type.rawValue == type)
                && $0.time.milliseconds >= start ?? .min && $0.time.milliseconds <= end
        }
        let rows = start == nil ? matching.suffix(limit) : matching.dropFirst(Int(page - 1) * limit).prefix(limit)
        return json { json in
            json.array { json in
                for income in rows {
                    json.object {
                        $0.put("symbol", income.instrument.map { instruments[$0].symbol.name } ?? "")
                        $0.put("incomeType", income.type.rawValue)
                        $0.put("income", income.amount, decimals: 8)
                        $0.put("asset", income.asset.rawValue)
                        $0.put("info", income.tradeId.map(String.init) ?? income.type.rawValue)
                        $0.put("time", income.time)
                        $0.put("tranId", income.id)
                        $0.put("tradeId", income.tradeId.map(String.init) ?? "")
                    }
                }
            }
        }
    }
}
