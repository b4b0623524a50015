public import SignalContracts
public import TradingPrimitives

/// The venue's public REST answers as messages.
public enum MarketRest {
    // MARK: Requests

    /// Without the venue's time nothing can be signed, nor told how old a book is: it may use the last of the weight.
    public static func time() -> RestRequest { RestRequest(.get, "/fapi/v1/time", isCritical: true) }

    public static func exchangeInfo() -> RestRequest { RestRequest(.get, "/fapi/v1/exchangeInfo", timeoutMs: 15_000) }

    /// The last `limit` candles, the one in progress among them.
    public static func candles(_ symbol: Symbol, _ timeframe: Timeframe, limit: Int) -> RestRequest {
        RestRequest(
            .get, "/fapi/v1/klines",
            [("symbol", symbol.name), ("interval", timeframe.rawValue), ("limit", "\(limit)")],
            weight: limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10)
    }

    public static func openInterest(_ symbol: Symbol) -> RestRequest {
        RestRequest(.get, "/fapi/v1/openInterest", [("symbol", symbol.name)])
    }

    /// Shares of accounts, of the last 5 minutes. It has a limit of its own, and no weight.
    public static func accountRatio(_ symbol: Symbol) -> RestRequest {
        ratio("/futures/data/globalLongShortAccountRatio", symbol)
    }

    public static func topTraderRatio(_ symbol: Symbol) -> RestRequest {
        ratio("/futures/data/topLongShortAccountRatio", symbol)
    }

    private static func ratio(_ path: String, _ symbol: Symbol) -> RestRequest {
        RestRequest(.get, path, [("symbol", symbol.name), ("period", "5m"), ("limit", "1")], weight: 0)
    }

    public static func premiumIndex(_ symbol: Symbol) -> RestRequest {
        RestRequest(.get, "/fapi/v1/premiumIndex", [("symbol", symbol.name)])
    }

    // MARK: Answers

    public static func serverTime(_ value: JSONValue) -> Timestamp? {
        value["serverTime"]?.integer.map { Timestamp(milliseconds: $0) }
    }

    /// Candles, oldest first. Nil when the answer is not a list of candles. `now` is the venue's time.
    public static func candles(_ value: JSONValue, _ timeframe: Timeframe, now: Timestamp) -> [CandleUpdate]? {
        var candles: [CandleUpdate] = []
        for row in value.elements {
            let cells = row.elements
            guard cells.count >= 11, let openTime = cells[0].integer, let open: Price = cells[1].decimal(),
                let high: Price = cells[2].decimal(), let low: Price = cells[3].decimal(),
                let close: Price = cells[4].decimal(), let volume: Quantity = cells[5].decimal(),
                let closeTime = cells[6].integer, let quoteVolume: Notional = cells[7].decimal(),
                let count = cells[8].integer, let bought: Quantity = cells[9].decimal()
            else { return nil }
            let isClosed = closeTime < now.milliseconds
            candles.append(
                CandleUpdate(
                    eventTime: isClosed ? Timestamp(milliseconds: closeTime) : now, timeframe: timeframe,
                    openTime: Timestamp(milliseconds: openTime), open: open, high: high, low: low, close: close,
                    volume: volume, quoteVolume: quoteVolume, fillCount: count, takerBuyVolume: bought,
                    isClosed: isClosed, isBackfill: true))
        }
        return candles
    }

    public static func openInterest(_ value: JSONValue) -> MarketMetric? {
        guard let quantity: Quantity = value["openInterest"]?.decimal(), let time = value["time"]?.integer else {
            return nil
        }
        return MarketMetric(eventTime: Timestamp(milliseconds: time), value: .openInterest(quantity))
    }

    /// The last of a list of ratios.
    public static func ratio(_ value: JSONValue, isTopTraders: Bool) -> MarketMetric? {
        guard let last = value.elements.last, let time = last["timestamp"]?.integer,
            let long = last["longAccount"]?.text.flatMap(ratio), let short = last["shortAccount"]?.text.flatMap(ratio)
        else { return nil }
        return MarketMetric(
            eventTime: Timestamp(milliseconds: time),
            value: isTopTraders
                ? .topTraderRatio(long: long, short: short) : .accountRatio(long: long, short: short))
    }

    /// Shares may come with more than eight decimals; they are statistics, so the rest is dropped.
    private static func ratio(_ text: String) -> Ratio? {
        guard let point = text.firstIndex(of: ".") else { return Ratio(text) }
        return Ratio(String(text[..<point] + text[point...].prefix(9)))
    }

    public static func markPrice(_ value: JSONValue) -> MarketMetric? {
        guard let mark: Price = value["markPrice"]?.decimal(), let index: Price = value["indexPrice"]?.decimal(),
            let rate: Ratio = value["lastFundingRate"]?.decimal(), let next = value["nextFundingTime"]?.integer,
            let time = value["time"]?.integer
        else { return nil }
        return MarketMetric(
            eventTime: Timestamp(milliseconds: time),
            value: .markPrice(
                mark: mark, index: index, fundingRate: rate, nextFundingTime: Timestamp(milliseconds: next)))
    }

    /// The rules of the symbols that are asked for and traded now, or listed at all, from `exchangeInfo`.
    public static func instruments(
        _ value: JSONValue, _ symbols: [Symbol], evenHalted: Bool = false
    ) -> [InstrumentRules] {
        let entries = value["symbols"]?.elements ?? []
        return symbols.compactMap { symbol in
            guard let entry = entries.first(where: { $0["symbol"]?.text == symbol.name }),
                evenHalted || entry["status"]?.text == "TRADING"
            else { return nil }
            return rules(symbol, entry["filters"]?.elements ?? [])
        }
    }

    /// Where a contract is in its life.
    public struct Listing: Equatable, Sendable {
        public let symbol: Symbol
        /// The venue's word: TRADING, SETTLING …; ABSENT for one that it does not list any more.
        public let status: String
        /// When the venue ends it; nil for a perpetual that it has not said so of.
        public let endsAt: Timestamp?
    }

    /// The year 2100: what the venue tells of a perpetual that it does not mean to end.
    private static let neverMs: Int64 = 4_133_404_800_000

    public static func listings(_ value: JSONValue, _ symbols: [Symbol]) -> [Listing] {
        let entries = value["symbols"]?.elements ?? []
        return symbols.map { symbol in
            guard let entry = entries.first(where: { $0["symbol"]?.text == symbol.name }) else {
                return Listing(symbol: symbol, status: "ABSENT", endsAt: nil)
            }
            let endMs = entry["deliveryDate"]?.integer ?? 0
            return Listing(
                symbol: symbol, status: entry["status"]?.text ?? "UNKNOWN",
                endsAt: endMs > 0 && endMs < neverMs ? Timestamp(milliseconds: endMs) : nil)
        }
    }

    private static func rules(_ symbol: Symbol, _ filters: [JSONValue]) -> InstrumentRules? {
        func filter(_ type: String) -> JSONValue? { filters.first { $0["filterType"]?.text == type } }
        guard let price = filter("PRICE_FILTER"), let lot = filter("LOT_SIZE"),
            let tickSize: Price = price["tickSize"]?.decimal(), tickSize > .zero,
            let stepSize: Quantity = lot["stepSize"]?.decimal(), stepSize > .zero,
            let minQuantity: Quantity = lot["minQty"]?.decimal(), let maxQuantity: Quantity = lot["maxQty"]?.decimal()
        else { return nil }
        return InstrumentRules(
            symbol: symbol, tickSize: tickSize, stepSize: stepSize, minQuantity: minQuantity, maxQuantity: maxQuantity,
            maxMarketQuantity: filter("MARKET_LOT_SIZE")?["maxQty"]?.decimal() ?? maxQuantity,
            minNotional: filter("MIN_NOTIONAL")?["notional"]?.decimal() ?? .zero)
    }
}
