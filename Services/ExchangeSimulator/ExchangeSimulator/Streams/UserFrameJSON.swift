import TradingPrimitives

extension UserFrame {
    /// The venue's name of the event.
    var eventName: String {
        switch self {
        case .order: "ORDER_TRADE_UPDATE"
        case .tradeLite: "TRADE_LITE"
        case .algo: "ALGO_UPDATE"
        case .account: "ACCOUNT_UPDATE"
        case .leverage: "ACCOUNT_CONFIG_UPDATE"
        case .marginCall: "MARGIN_CALL"
        }
    }

    /// Whether it tells what the matching engine has done with a conditional order, which the engine tells by itself.
    var isOfStopService: Bool {
        if case .algo(let order) = self { [.triggered, .finished].contains(order.status) } else { false }
    }

    /// The contract that it is about; nil where it may be about several.
    var instrument: Int? {
        switch self {
        case .order(let order, _), .tradeLite(let order, _): order.instrument
        case .algo(let order): order.instrument
        case .leverage(let index, _): index
        case .account, .marginCall: nil
        }
    }
}

extension JSONWriter {
    /// `account`: whose stream it is.
    mutating func frame(_ frame: UserFrame, _ venue: Exchange, account: Int, now: Timestamp) {
        object { json in
            json.put("e", frame.eventName)
            switch frame {
            case .order(let order, let change):
                json.put("T", order.updateTime)
                json.put("E", now)
                json.object("o") { $0.order(order, change, venue) }
            case .tradeLite(let order, let fill):
                json.put("E", now)
                json.put("T", fill.time)
                json.tradeLite(order, fill, venue.instruments[order.instrument])
            case .algo(let order):
                json.put("T", order.updateTime)
                json.put("E", now)
                json.object("o") { $0.algoUpdate(order, venue.instruments[order.instrument]) }
            case .account(let change):
                json.put("T", change.time)
                json.put("E", now)
                json.object("a") { $0.account(change, venue.instruments) }
            case .marginCall(let short):
                json.put("E", now)
                json.put("cw", venue.accounts[account].crossWallet, decimals: 8)
                json.array("p") { json in
                    for index in short { json.object { $0.shortPosition(account, index, venue) } }
                }
            case .leverage(let index, let leverage):
                json.put("T", now)
                json.put("E", now)
                json.object("ac") {
                    $0.put("s", venue.instruments[index].symbol.name)
                    $0.put("l", leverage)
                }
            }
        }
    }

    private mutating func order(_ order: Order, _ change: OrderChange, _ venue: Exchange) {
        let instrument = venue.instruments[order.instrument]
        let price = instrument.pricePrecision
        let quantity = instrument.quantityPrecision
        var fill: OrderFill?
        let execution: String
        var modifyId: Int64?
        switch change {
        case .new: execution = "NEW"
        case .trade(let one): (execution, fill) = ("TRADE", one)
        case .calculated(let one): (execution, fill) = ("CALCULATED", one)
        case .canceled: execution = "CANCELED"
        case .expired: execution = "EXPIRED"
        case .amended(let number):
            execution = "AMENDMENT"
            modifyId = number
        }
        put("s", instrument.symbol.name)
        put("c", order.clientId)
        put("S", order.side.rawValue)
        put("o", order.type.rawValue)
        put("f", order.timeInForce.rawValue)
        putAmount("q", order.quantity, decimals: quantity)
        putAmount("p", order.price, decimals: price)
        putAmount("ap", order.averagePrice, decimals: 5)
        putAmount("sp", order.stopPrice, decimals: price)
        put("x", execution)
        put("X", order.status.rawValue)
        put("i", order.id)
        if let modifyId { put("M", modifyId) }
        putAmount("l", fill?.quantity ?? .zero, decimals: quantity)
        putAmount("z", order.executed, decimals: quantity)
        putAmount("L", fill?.price ?? .zero, decimals: price)
        putAmount("n", fill?.fee ?? .zero, decimals: 8)
        put("N", fill?.feeAsset.rawValue ?? Asset.settlement.rawValue)
        put("T", order.updateTime)
        put("t", fill?.tradeId ?? 0)
        let open = order.status.isOpen ? order.price * order.remaining : .zero
        put("b", order.side == .buy ? open : .zero)
        put("a", order.side == .sell ? open : .zero)
        put("m", fill?.isMaker ?? false)
        put("R", order.isReduceOnly)
        put("wt", "CONTRACT_PRICE")
        put("ot", order.originalType)
        put("ps", "BOTH")
        put("cp", order.isClosePosition)
        putAmount("rp", fill?.realizedProfit ?? .zero, decimals: 8)
        put("pP", false)
        put("si", 0)
        put("ss", 0)
        put("V", order.selfTrade.rawValue)
        put("pm", order.priceMatch.rawValue)
        put("gtd", order.goodTill)
        put("er", String(order.expiry.rawValue))
    }

    private mutating func shortPosition(_ account: Int, _ index: Int, _ venue: Exchange) {
        let position = venue.accounts[account].positions[index]
        let mark = venue.books[index].markPrice
        put("s", venue.instruments[index].symbol.name)
        put("ps", "BOTH")
        putAmount("pa", position.amount, decimals: venue.instruments[index].quantityPrecision)
        put("mt", position.isIsolated ? "ISOLATED" : "CROSSED")
        putAmount("iw", position.isolatedWallet, decimals: 8)
        putAmount("mp", mark, decimals: 8)
        putAmount("up", position.unrealizedProfit(at: mark), decimals: 8)
        putAmount("mm", venue.margin(account, index).maintenance, decimals: 8)
    }

    private mutating func tradeLite(_ order: Order, _ fill: OrderFill, _ instrument: Instrument) {
        put("s", instrument.symbol.name)
        putAmount("q", order.quantity, decimals: instrument.quantityPrecision)
        putAmount("p", order.price, decimals: instrument.pricePrecision)
        put("m", fill.isMaker)
        put("c", order.clientId)
        put("S", order.side.rawValue)
        putAmount("L", fill.price, decimals: instrument.pricePrecision)
        putAmount("l", fill.quantity, decimals: instrument.quantityPrecision)
        put("t", fill.tradeId)
        put("i", order.id)
    }

    private mutating func algoUpdate(_ order: AlgoOrder, _ instrument: Instrument) {
        let request = order.request
        put("caid", order.clientId)
        put("aid", order.id)
        put("at", "CONDITIONAL")
        put("o", request.type.rawValue)
        put("s", instrument.symbol.name)
        put("S", request.side.rawValue)
        put("ps", "BOTH")
        put("f", request.timeInForce.rawValue)
        putAmount("q", request.quantity, decimals: instrument.quantityPrecision)
        put("X", order.status.rawValue)
        put("ai", order.orderId == 0 ? "" : String(order.orderId))
        putAmount("ap", order.averagePrice, decimals: 5)
        putAmount("aq", order.executed, decimals: 5)
        put("act", order.orderId == 0 ? "0" : request.type.isMarket ? "MARKET" : "LIMIT")
        putAmount("tp", request.trigger, decimals: instrument.pricePrecision)
        putAmount("p", request.price, decimals: instrument.pricePrecision)
        put("V", request.selfTrade.rawValue)
        put("wt", request.workingType.rawValue)
        put("pm", "NONE")
        put("cp", request.isClosePosition)
        put("pP", request.isPriceProtected)
        put("R", request.isReduceOnly)
        if request.type == .trailingStopMarket {
            putAmount("AP", request.activation, decimals: instrument.pricePrecision)
            put("cr", Ratio(raw: request.callback.raw * 100))
            put("ia", order.isActivated)
        }
        put("tt", order.triggerTime)
        put("gtd", 0)
        if let failure = order.failure { put("rm", failure) }
    }

    private mutating func account(_ change: AccountChange, _ instruments: [Instrument]) {
        put("m", change.reason.rawValue)
        array("B") { json in
            json.object {
                $0.put("a", "USDT")
                $0.put("wb", change.wallet, decimals: 8)
                $0.put("cw", change.crossWallet, decimals: 8)
                $0.put("bc", change.balanceChange)
            }
            // Told beside the wallet once the account has some, or had.
            if change.hasBnb {
                json.object {
                    $0.put("a", Asset.bnb.rawValue)
                    $0.put("wb", change.bnb, decimals: 8)
                    $0.put("cw", change.bnb, decimals: 8)
                    $0.put("bc", "0")
                }
            }
        }
        array("P") { json in
            for (index, position, mark) in change.positions {
                json.object {
                    $0.put("s", instruments[index].symbol.name)
                    $0.putAmount("pa", position.amount, decimals: instruments[index].quantityPrecision)
                    $0.put("ep", position.entryPrice)
                    $0.put("bep", position.breakEvenPrice)
                    $0.putAmount("cr", position.accumulatedProfit, decimals: 8)
                    $0.putAmount("up", position.unrealizedProfit(at: mark), decimals: 8)
                    $0.put("mt", position.isIsolated ? "isolated" : "cross")
                    $0.putAmount("iw", position.isolatedWallet, decimals: 8)
                    $0.put("ps", "BOTH")
                }
            }
        }
        if let index = change.fundingInstrument { put("S", instruments[index].symbol.name) }
    }
}
