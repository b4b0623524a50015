public import TradingPrimitives

/// A slower fact about a contract: open interest, positioning, funding, a liquidation. On `md.metric:{S}`.
public struct MarketMetric: StreamMessage {
    public static let version = 1

    public enum Value: Equatable, Sendable {
        /// Contracts open, in base units.
        case openInterest(Quantity)
        /// Shares of all accounts that are net long and net short, in [0, 1].
        case accountRatio(long: Ratio, short: Ratio)
        /// Shares of the venue's top traders' accounts that are net long and net short, in [0, 1].
        case topTraderRatio(long: Ratio, short: Ratio)
        /// Mark and index price, the live funding rate as a fraction an interval, and when it is next settled.
        case markPrice(mark: Price, index: Price, fundingRate: Ratio, nextFundingTime: Timestamp)
        /// What the venue demands of orders in the contract; repeated every minute.
        case instrument(InstrumentRules)
        /// A position closed by force; `side` is that of the closing order.
        case liquidation(side: Side, price: Price, quantity: Quantity)
    }

    private enum Kind: String, FieldValue {
        case openInterest = "open_interest"
        case accountRatio = "account_ratio"
        case topTraderRatio = "top_trader_ratio"
        case markPrice = "mark_price"
        case instrument
        case liquidation
    }

    public let eventTime: Timestamp
    public let value: Value

    public init(eventTime: Timestamp, value: Value) {
        self.eventTime = eventTime
        self.value = value
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        eventTime = try fields.time("event_time")
        switch try fields.required("metric") as Kind {
        case .openInterest:
            value = .openInterest(try fields.amount("open_interest"))
        case .accountRatio:
            value = .accountRatio(long: try fields.share("long_ratio"), short: try fields.share("short_ratio"))
        case .topTraderRatio:
            value = .topTraderRatio(long: try fields.share("long_ratio"), short: try fields.share("short_ratio"))
        case .markPrice:
            value = .markPrice(
                mark: try fields.price("mark_price"),
                index: try fields.required("index_price", in: .zero...MarketBounds.prices.upperBound),
                fundingRate: try fields.required("funding_rate", in: MarketBounds.fundingRates),
                nextFundingTime: try fields.time("next_funding_time"))
        case .instrument:
            value = .instrument(try InstrumentRules(fields))
        case .liquidation:
            let price = try fields.price("price")
            value = .liquidation(
                side: try fields.required("side"), price: price, quantity: try fields.quantity("quantity", at: price))
        }
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("event_time", eventTime)
        switch value {
        case .openInterest(let quantity):
            fields.put("metric", Kind.openInterest)
            fields.put("open_interest", quantity)
        case .accountRatio(let long, let short):
            fields.put("metric", Kind.accountRatio)
            fields.put("long_ratio", long)
            fields.put("short_ratio", short)
        case .topTraderRatio(let long, let short):
            fields.put("metric", Kind.topTraderRatio)
            fields.put("long_ratio", long)
            fields.put("short_ratio", short)
        case .markPrice(let mark, let index, let fundingRate, let nextFundingTime):
            fields.put("metric", Kind.markPrice)
            fields.put("mark_price", mark)
            fields.put("index_price", index)
            fields.put("funding_rate", fundingRate)
            fields.put("next_funding_time", nextFundingTime)
        case .instrument(let rules):
            fields.put("metric", Kind.instrument)
            rules.encode(into: &fields)
        case .liquidation(let side, let price, let quantity):
            fields.put("metric", Kind.liquidation)
            fields.put("side", side)
            fields.put("price", price)
            fields.put("quantity", quantity)
        }
    }
}
