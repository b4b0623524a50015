import TradingPrimitives
public import Venue
import WebClient

extension VenueReply {
    /// What the outcome of a request says. An answer that can't be read leaves the outcome unknown.
    public init(_ outcome: RestOutcome, to request: VenueRequest) {
        switch outcome {
        case .success(let value):
            self = Self.reply(value, to: request) ?? .unknown("an answer that can't be read: \("\(value)".prefix(300))")
        // The margin type is what was asked for already.
        case .rejected(-4046, _): self = .done
        case .rejected(let code, let message): self = .rejected(VenueError(code: code, message: message))
        case .notExecuted(let reason): self = .notExecuted(reason)
        case .unknown(let reason): self = .unknown(reason)
        }
    }

    private static func reply(_ value: JSONValue, to request: VenueRequest) -> VenueReply? {
        switch request {
        case .placeOrder, .cancelOrder, .queryOrder: OrderReport(plausible: value).map { .order($0) }
        case .placeStop, .queryStop: StopReport(plausible: value).map { .stop($0) }
        case .cancelStop, .setLeverage, .setIsolatedMargin: .done
        case .queryOpenOrders: list(value, OrderReport.init(plausible:)).map { .openOrders($0) }
        case .queryOpenStops: list(value, StopReport.init(plausible:)).map { .openStops($0) }
        case .queryPositions: list(value, PositionReport.init(plausible:)).map { .positions($0) }
        case .queryAccount: AccountReport(plausible: value).map { .account($0) }
        case .queryCommission: CommissionReport(plausible: value).map { .commission($0) }
        case .queryFills: list(value, Fill.init(plausible:)).map { .fills($0) }
        case .queryBrackets(let symbol): brackets(value, of: symbol).map { .brackets($0) }
        case .queryAssetPrice: value["price"]?.decimal(Price.self).flatMap { $0 > .zero ? .assetPrice($0) : nil }
        }
    }

    /// An object, or an array of one: the venue's pages show both. Its coefficient widens the brackets of this account.
    private static func brackets(_ value: JSONValue, of symbol: Symbol) -> [LeverageBracket]? {
        let entries = value.elements.isEmpty ? [value] : value.elements
        guard let entry = entries.first(where: { $0.symbol("symbol") == symbol }),
            let rows = entry["brackets"]?.elements
        else { return nil }
        let coefficient: Ratio = entry["notionalCoef"]?.rounded() ?? Ratio(raw: fixedScale)
        var brackets: [LeverageBracket] = []
        for row in rows {
            guard let cap: Notional = row["notionalCap"]?.rounded(), let leverage = row["initialLeverage"]?.integer,
                let ratio: Ratio = row["maintMarginRatio"]?.rounded(), let amount: Notional = row["cum"]?.rounded(),
                let bracket = LeverageBracket(
                    checked: cap * coefficient, maxLeverage: Int(leverage), maintenanceMarginRatio: ratio,
                    maintenanceAmount: amount * coefficient)
            else { return nil }
            brackets.append(bracket)
        }
        return brackets.isEmpty ? nil : brackets.sorted { $0.notionalCap < $1.notionalCap }
    }

    /// All elements of an array; nil if one of them can't be read: half a list would be a wrong list.
    private static func list<Element>(_ value: JSONValue, _ read: (JSONValue) -> Element?) -> [Element]? {
        guard case .array(let values) = value else { return nil }
        var elements: [Element] = []
        for value in values {
            guard let element = read(value) else { return nil }
            elements.append(element)
        }
        return elements
    }
}

extension OrderReport {
    init?(plausible value: JSONValue) {
        self.init(value)
        guard isPlausible else { return nil }
    }

    private init?(_ value: JSONValue) {
        guard let symbol = value.symbol("symbol"), let clientOrderId = value["clientOrderId"]?.text,
            let orderId = value["orderId"]?.integer, let side = value.word("side", Side.self),
            let status = value.word("status", OrderStatus.self), let price: Price = value["price"]?.decimal(),
            let quantity: Quantity = value["origQty"]?.decimal(),
            let executed: Quantity = value["executedQty"]?.decimal(), let time = value["updateTime"]?.integer
        else { return nil }
        self.init(
            symbol: symbol, clientOrderId: clientOrderId, orderId: orderId, side: side, status: status, price: price,
            quantity: quantity, executedQuantity: executed, isReduceOnly: value["reduceOnly"]?.bool ?? false,
            updateTime: Timestamp(milliseconds: time))
    }
}

extension StopReport {
    init?(plausible value: JSONValue) {
        self.init(value)
        guard isPlausible else { return nil }
    }

    private init?(_ value: JSONValue) {
        guard let symbol = value.symbol("symbol"), let clientOrderId = value["clientAlgoId"]?.text,
            let algoId = value["algoId"]?.integer, let side = value.word("side", Side.self),
            let status = value.word("algoStatus", StopStatus.self),
            let triggerPrice: Price = value["triggerPrice"]?.decimal()
        else { return nil }
        let time = value["updateTime"]?.integer ?? value["createTime"]?.integer ?? 0
        let quantity: Quantity?
        do throws(FrameError) { quantity = try value.ifTold("quantity") } catch { return nil }
        self.init(
            symbol: symbol, clientOrderId: clientOrderId, algoId: algoId, side: side, status: status,
            triggerPrice: triggerPrice, quantity: quantity.flatMap { $0 == .zero ? nil : $0 },
            orderId: value["actualOrderId"]?.integer.flatMap { $0 > 0 ? $0 : nil },
            reason: nil, updateTime: Timestamp(milliseconds: time))
    }
}

extension PositionReport {
    init?(plausible value: JSONValue) {
        self.init(value)
        guard isPlausible else { return nil }
    }

    private init?(_ value: JSONValue) {
        guard let symbol = value.symbol("symbol"), let quantity: Quantity = value["positionAmt"]?.decimal(),
            let entryPrice: Price = value["entryPrice"]?.truncated(), let mark: Price = value["markPrice"]?.truncated(),
            let pnl: Notional = value["unRealizedProfit"]?.truncated()
        else { return nil }
        self.init(
            symbol: symbol, quantity: quantity, entryPrice: entryPrice, markPrice: mark,
            // For people alone.
            liquidationPrice: value["liquidationPrice"]?.truncated() ?? .zero, unrealizedPnl: pnl)
    }
}

extension AccountReport {
    init?(plausible value: JSONValue) {
        self.init(value)
        guard isPlausible else { return nil }
    }

    private init?(_ value: JSONValue) {
        guard let wallet: Notional = value["totalWalletBalance"]?.truncated(),
            let available: Notional = value["availableBalance"]?.truncated(),
            let pnl: Notional = value["totalUnrealizedProfit"]?.truncated()
        else { return nil }
        self.init(walletBalance: wallet, availableBalance: available, unrealizedPnl: pnl)
    }
}

extension CommissionReport {
    init?(plausible value: JSONValue) {
        self.init(value)
        guard isPlausible else { return nil }
    }

    private init?(_ value: JSONValue) {
        guard let symbol = value.symbol("symbol"), let maker: Ratio = value["makerCommissionRate"]?.decimal(),
            let taker: Ratio = value["takerCommissionRate"]?.decimal()
        else { return nil }
        self.init(symbol: symbol, makerFeeRate: maker, takerFeeRate: taker)
    }
}

extension Fill {
    init?(plausible value: JSONValue) {
        self.init(value)
        guard isPlausible else { return nil }
    }

    private init?(_ value: JSONValue) {
        guard let symbol = value.symbol("symbol"), let tradeId = value["id"]?.integer,
            let orderId = value["orderId"]?.integer, let side = value.word("side", Side.self),
            let price: Price = value["price"]?.decimal(), let quantity: Quantity = value["qty"]?.decimal(),
            let fee: Notional = value["commission"]?.truncated(), let asset = value["commissionAsset"]?.text,
            let isMaker = value["maker"]?.bool, let pnl: Notional = value["realizedPnl"]?.truncated(),
            let time = value["time"]?.integer
        else { return nil }
        // The venue's examples show paid fees here with either sign; rebates are for market makers under contract.
        self.init(
            symbol: symbol, tradeId: tradeId, orderId: orderId, clientOrderId: nil, side: side, price: price,
            quantity: quantity, fee: fee.magnitude, feeAsset: ExecutionAsset.name(asset), isMaker: isMaker,
            realizedPnl: pnl,
            time: Timestamp(milliseconds: time))
    }
}

extension JSONValue {
    func symbol(_ name: String) -> Symbol? { self[name]?.text.flatMap { Symbol($0) } }

    func word<Word: RawRepresentable>(_ name: String, _ type: Word.Type) -> Word? where Word.RawValue == String {
        self[name]?.text.flatMap { Word(rawValue: $0) }
    }

    /// A number of JSON, which may have an exponent; the greatest there is for one beyond it.
    func rounded<Value: FixedDecimal>() -> Value? {
        if let exact: Value = decimal() { return exact }
        guard let value = text.flatMap({ Double($0) }), value.isFinite else { return nil }
        return Value(value, rounding: .nearest) ?? Value(raw: value < 0 ? .min : .max)
    }

    /// A number that the venue leaves out where there is none: nil then. Throws for one that can't be read, which is not the
    /// same.
    func ifTold<Value: FixedDecimal>(_ name: String) throws(FrameError) -> Value? {
        guard let member = self[name], member != .null, member != .string("") else { return nil }
        guard let value: Value = member.truncated() else { throw .badField(name) }
        return value
    }

    /// A decimal of which places beyond the eighth are dropped: the venue's averages have more.
    func truncated<Value: FixedDecimal>() -> Value? {
        guard let text else { return nil }
        guard let point = text.firstIndex(of: ".") else { return Value(text) }
        return Value(String(text[..<point] + text[point...].prefix(9)))
    }
}
