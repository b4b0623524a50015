import TradingPrimitives

extension Endpoint {
    /// Margin of isolated positions, and what the venue tells of an account's limits and misfortunes.
    static let marginEndpoints: [Endpoint] = [
        Endpoint("POST", "/fapi/v1/positionMargin", .signed) { (venue, call) throws(Refusal) in
            try venue.moveMargin(call)
        },
        Endpoint("GET", "/fapi/v1/positionMargin/history", .signed) { (venue, call) throws(Refusal) in
            try venue.marginMoves(call)
        },
        Endpoint("GET", "/fapi/v1/forceOrders", .signed, weight: 20) { (venue, call) throws(Refusal) in
            try venue.forcedOrders(call)
        },
        Endpoint("GET", "/fapi/v1/adlQuantile", .signed, weight: 5) { (venue, call) throws(Refusal) in
            let account = venue.accounts[try call.owner()]
            let held = try venue.symbols(call).filter { !account.positions[$0].isFlat }
            return json { json in
                json.array { json in
                    for index in held {
                        json.object { json in
                            json.put("symbol", venue.instruments[index].symbol.name)
                            json.object("adlQuantile") {
                                $0.put("LONG", 0)
                                $0.put("SHORT", 0)
                                $0.put("BOTH", 0)
                            }
                        }
                    }
                }
            }
        },
        Endpoint("GET", "/fapi/v1/apiTradingStatus", .signed) { (venue, call) throws(Refusal) in
            _ = try venue.symbols(call)
            let now = venue.now
            return json { json in
                json.object {
                    $0.object("indicators") { _ in }
                    $0.put("updateTime", now)
                }
            }
        },
        Endpoint("GET", "/fapi/v1/rateLimit/order", .signed) { _, _ in
            json { json in
                json.array {
                    $0.rateLimit("ORDERS", "SECOND", 10, RateLimits.ordersPer10s)
                    $0.rateLimit("ORDERS", "MINUTE", 1, RateLimits.ordersPerMinute)
                }
            }
        },
    ]
}

extension Exchange {
    fileprivate mutating func moveMargin(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let index = try symbol(call)
        if let side = call.parameters.text("positionSide"), side != "BOTH" { throw .wrongPositionSide }
        guard let amount = try call.parameters.decimal("amount", Notional.self) else { throw .missing("amount") }
        if amount <= .zero { throw .marginNotPositive }
        let type = try call.parameters.required("type")
        guard type == "1" || type == "2" else { throw .invalid("type") }
        let position = accounts[account].positions[index]
        guard position.isIsolated else { throw .marginOfCrossed }
        if position.isFlat { throw .marginOfNothing }
        if type == "1" {
            if amount > marginSummary(account).available { throw .crossBalanceShort }
        } else {
            let loss = min(position.unrealizedProfit(at: books[index].markPrice), .zero)
            if amount > position.isolatedWallet + loss - margin(account, index).position { throw .isolatedBalanceShort }
        }
        let signed = type == "1" ? amount : -amount
        accounts[account].positions[index].isolatedWallet += signed
        accounts[account].remember(MarginMove(instrument: index, amount: signed, time: now))
        tellAccount(account, .marginTransfer, [index])
        return json { json in
            json.object {
                $0.putNumber("amount", amount)
                $0.put("code", 200)
                $0.put("msg", "Successfully modify position margin.")
                $0.put("type", type == "1" ? 1 : 2)
            }
        }
    }

    fileprivate func marginMoves(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let index = try symbol(call)
        let type = call.parameters.text("type")
        let limit = try call.parameters.limit(default: 500, max: 500)
        let start = try call.parameters.integer("startTime") ?? .min
        let end = try call.parameters.integer("endTime") ?? .max
        let matching = accounts[account].marginMoves.filter {
            $0.instrument == index && (type == nil || ($0.amount > .zero) == (type == "1"))
                && $0.time.milliseconds >= start && $0.time.milliseconds <= end
        }
        let name = instruments[index].symbol.name
        return json { json in
            json.array { json in
                for move in matching.suffix(limit) {
                    json.object {
                        $0.put("symbol", name)
                        $0.put("type", move.amount > .zero ? 1 : 2)
                        $0.put("deltaType", "USER_ADJUST")
                        $0.put("amount", move.amount.magnitude, decimals: 8)
                        $0.put("asset", "USDT")
                        $0.put("time", move.time)
                        $0.put("positionSide", "BOTH")
                    }
                }
            }
        }
    }

    /// Liquidation orders of the account.
    fileprivate func forcedOrders(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let index = try optionalSymbol(call)
        let limit = try call.parameters.limit(default: 50, max: 100)
        let start = try call.parameters.integer("startTime") ?? .min
        let end = try call.parameters.integer("endTime") ?? .max
        let matching = orders.filter {
            $0.account == account && $0.isLiquidation && (index == nil || $0.instrument == index)
                && $0.time.milliseconds >= start && $0.time.milliseconds <= end
        }
        return json { json in
            json.array { json in
                for order in matching.suffix(limit) { json.fullOrder(order, instruments[order.instrument]) }
            }
        }
    }
}
