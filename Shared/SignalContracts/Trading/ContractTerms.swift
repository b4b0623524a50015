public import TradingPrimitives

/// What the venue demands of orders in one contract, and what it grants this account there. On `contract:{S}`, each minute and
/// when it changes: who plans a trade and who sends it know the same.
public struct ContractTerms: StreamMessage {
    public static let version = 1

    public var eventTime: Timestamp
    /// The venue's word for whether it is traded: TRADING when it is.
    public var status: String
    /// With the brackets of leverage, once the venue has told them.
    public var rules: InstrumentRules
    /// The account's fee rates. Absent until the venue has told them.
    public var makerFeeRate: Ratio?
    public var takerFeeRate: Ratio?

    public init(
        eventTime: Timestamp, status: String, rules: InstrumentRules, makerFeeRate: Ratio? = nil,
        takerFeeRate: Ratio? = nil
    ) {
        self.eventTime = eventTime
        self.status = status
        self.rules = rules
        self.makerFeeRate = makerFeeRate
        self.takerFeeRate = takerFeeRate
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        eventTime = try fields.time("event_time")
        status = try fields.required("status")
        let brackets: BracketList? = try fields.optional("brackets")
        rules = try InstrumentRules(fields, brackets: brackets?.brackets ?? [])
        makerFeeRate = try fields.optional("maker_fee_rate", in: Self.feeRates)
        takerFeeRate = try fields.optional("taker_fee_rate", in: Self.feeRates)
    }

    /// Less than nothing is a rebate.
    static let feeRates = Ratio(raw: -fixedScale / 100)...Ratio(raw: fixedScale / 100)

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("event_time", eventTime)
        fields.put("status", status)
        rules.encode(into: &fields)
        if !rules.brackets.isEmpty { fields.put("brackets", BracketList(brackets: rules.brackets)) }
        fields.put("maker_fee_rate", makerFeeRate)
        fields.put("taker_fee_rate", takerFeeRate)
    }
}

extension InstrumentRules {
    init(_ fields: Fields, brackets: [LeverageBracket] = []) throws(ContractError) {
        self.init(
            symbol: try fields.required("symbol"), tickSize: try fields.price("tick_size"),
            stepSize: try fields.required("step_size", in: MarketBounds.quantities),
            minQuantity: try fields.amount("min_quantity"), maxQuantity: try fields.amount("max_quantity"),
            maxMarketQuantity: try fields.amount("max_market_quantity"),
            minNotional: try fields.required("min_notional", in: MarketBounds.values), brackets: brackets)
        guard maxQuantity >= minQuantity else { throw fields.outOfRange("max_quantity", "at least min_quantity") }
    }

    func encode(into fields: inout Fields) {
        fields.put("symbol", symbol)
        fields.put("tick_size", tickSize)
        fields.put("step_size", stepSize)
        fields.put("min_quantity", minQuantity)
        fields.put("max_quantity", maxQuantity)
        fields.put("max_market_quantity", maxMarketQuantity)
        fields.put("min_notional", minNotional)
    }
}

/// Brackets in one field, `50000:125:0.004:0` joined by commas: notional up to, leverage at most, maintenance margin ratio, amount.
private struct BracketList: FieldValue {
    let brackets: [LeverageBracket]

    init(brackets: [LeverageBracket]) { self.brackets = brackets }

    init?(text: UnsafeRawBufferPointer) {
        var brackets: [LeverageBracket] = []
        for part in String(decoding: text, as: UTF8.self).split(separator: ",") {
            let words = part.split(separator: ":").map(String.init)
            guard words.count == 4, let cap = Notional(words[0]), let leverage = Int(words[1]),
                let ratio = Ratio(words[2]), let amount = Notional(words[3]),
                let bracket = LeverageBracket(
                    checked: cap, maxLeverage: leverage, maintenanceMarginRatio: ratio, maintenanceAmount: amount),
                cap > brackets.last?.notionalCap ?? .zero
            else { return nil }
            brackets.append(bracket)
        }
        self.brackets = brackets
    }

    func write(into bytes: inout [UInt8]) {
        brackets.map {
            "\($0.notionalCap):\($0.maxLeverage):\($0.maintenanceMarginRatio):\($0.maintenanceAmount)"
        }.joined(separator: ",").write(into: &bytes)
    }
}
