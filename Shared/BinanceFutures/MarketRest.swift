public import SignalContracts
public import TradingPrimitives
public import WebClient

/// The venue's public REST answers as messages.
public enum MarketRest {
    // MARK: Requests

    /// The venue's code for a contract that it does not have.
    public static let unknownSymbol = -1121

    /// Without the venue's time nothing can be signed, nor told how old a book is: it may use the last of the weight.
    public static func time() -> RestRequest { RestRequest(.get, "/fapi/v1/time", isCritical: true) }

    /// The venue's limits of requests and orders, of an answer to `exchangeInfo`.
    public static func limits(_ value: JSONValue) -> WeightBudget.Told {
        var told = WeightBudget.Told()
        guard case .array(let rows)? = value["rateLimits"] else { return told }
        for row in rows {
            guard let limit = row["limit"]?.integer.map({ Int(clamping: $0) }) else { continue }
            switch (row["rateLimitType"]?.text, row["interval"]?.text, row["intervalNum"]?.integer) {
            case ("REQUEST_WEIGHT", "MINUTE", 1): told.weightPerMinute = limit
            case ("ORDERS", "SECOND", 10): told.ordersPer10s = limit
            case ("ORDERS", "MINUTE", 1): told.ordersPerMinute = limit
            default: break
            }
        }
        return told
    }

    public static func exchangeInfo() -> RestRequest { RestRequest(.get, "/fapi/v1/exchangeInfo", timeoutMs: 15_000) }

    /// The newest `limit` candles, the one in progress among them; or the oldest of those from `openTime` on.
    public static func candles(
        _ symbol: Symbol, _ timeframe: Timeframe, from openTime: Timestamp? = nil, limit: Int
    ) -> RestRequest {
        var parameters = [("symbol", symbol.name), ("interval", timeframe.rawValue), ("limit", "\(limit)")]
        if let openTime { parameters.append(("startTime", "\(openTime.milliseconds)")) }
        return RestRequest(
            .get, "/fapi/v1/klines", parameters, weight: limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10)
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

    /// Why a part of an answer could not be read.
    public enum Flaw: Error, Equatable, Sendable, CustomStringConvertible {
        /// It is not there, or not of its kind.
        case bad(String)
        case unfit(UnfitValue)

        public var description: String {
            switch self {
            case .bad(let field): "'\(field)' is missing or can't be read"
            case .unfit(let value): value.description
            }
        }
    }

    /// Candles, oldest first, without those that can't be read, and why of each of these. Nil when the answer is not a list.
    /// `now` is the venue's time when they were asked for: one that has closed since may have been told before its end.
    public static func candles(
        _ value: JSONValue, _ timeframe: Timeframe, now: Timestamp
    ) -> (candles: [CandleUpdate], flaws: [Flaw])? {
        guard case .array(let rows) = value else { return nil }
        var candles: [CandleUpdate] = [], flaws: [Flaw] = []
        candles.reserveCapacity(rows.count)
        for row in rows {
            do throws(Flaw) { candles.append(try candle(row.elements, timeframe, now)) } catch { flaws.append(error) }
        }
        return (candles, flaws)
    }

    private static func candle(
        _ cells: [JSONValue], _ timeframe: Timeframe, _ now: Timestamp
    ) throws(Flaw) -> CandleUpdate {
        guard cells.count >= 11 else { throw .bad("candle") }
        func decimal<Value: FixedDecimal>(_ index: Int, _ name: String) throws(Flaw) -> Value {
            try Self.decimal(cells[index], name)
        }
        let openTime = try time(cells[0], "open_time"), closeTime = try time(cells[6], "close_time")
        let isClosed = closeTime < now
        return CandleUpdate(
            eventTime: isClosed ? closeTime : now, timeframe: timeframe, openTime: openTime,
            open: try decimal(1, "open"), high: try decimal(2, "high"), low: try decimal(3, "low"),
            close: try decimal(4, "close"), volume: try decimal(5, "volume"),
            quoteVolume: try decimal(7, "quote_volume"), fillCount: try integer(cells[8], "fill_count"),
            takerBuyVolume: try decimal(9, "taker_buy_volume"), isClosed: isClosed, isBackfill: true)
    }

    private static func decimal<Value: FixedDecimal>(_ value: JSONValue?, _ name: String) throws(Flaw) -> Value {
        guard let text = value?.text else { throw .bad(name) }
        if let number = Value(text) { return number }
        let isNumber = Array(text.utf8).withUnsafeBytes { isDecimal($0) }
        throw isNumber ? .unfit(UnfitValue(name, String(text.prefix(80)))) : .bad(name)
    }

    private static func integer(_ value: JSONValue?, _ name: String) throws(Flaw) -> Int64 {
        guard let number = value?.integer else { throw .bad(name) }
        return number
    }

    private static func time(_ value: JSONValue?, _ name: String) throws(Flaw) -> Timestamp {
        Timestamp(milliseconds: try integer(value, name))
    }

    public static func openInterest(_ value: JSONValue) throws(Flaw) -> MarketMetric {
        let quantity: Quantity = try decimal(value["openInterest"], "openInterest")
        return MarketMetric(eventTime: try time(value["time"], "time"), value: .openInterest(quantity))
    }

    /// The last of a list of ratios.
    public static func ratio(_ value: JSONValue, isTopTraders: Bool) throws(Flaw) -> MarketMetric {
        guard let last = value.elements.last else { throw .bad("ratios") }
        let long = try share(last["longAccount"], "longAccount"),
            short = try share(last["shortAccount"], "shortAccount")
        return MarketMetric(
            eventTime: try time(last["timestamp"], "timestamp"),
            value: isTopTraders ? .topTraderRatio(long: long, short: short) : .accountRatio(long: long, short: short))
    }

    /// Shares may come with more than eight decimals; they are statistics, so the rest is dropped.
    private static func share(_ value: JSONValue?, _ name: String) throws(Flaw) -> Ratio {
        guard let text = value?.text else { throw .bad(name) }
        guard let point = text.firstIndex(of: ".") else { return try decimal(value, name) }
        return try decimal(.string(String(text[..<point] + text[point...].prefix(9))), name)
    }

    public static func markPrice(_ value: JSONValue) throws(Flaw) -> MarketMetric {
        // A contract that ends has no funding: the venue says nothing there.
        let hasFunding = value["lastFundingRate"]?.text != ""
        return MarketMetric(
            eventTime: try time(value["time"], "time"),
            value: .markPrice(
                mark: try decimal(value["markPrice"], "markPrice"),
                index: try decimal(value["indexPrice"], "indexPrice"),
                fundingRate: hasFunding ? try decimal(value["lastFundingRate"], "lastFundingRate") : .zero,
                nextFundingTime: try time(value["nextFundingTime"], "nextFundingTime")))
    }

    /// The rules of the symbols that are asked for and traded now, or listed at all, from `exchangeInfo`; without contracts whose
    /// sizes or prices the suite can't hold, of which `flaw` tells.
    public static func instruments(
        _ value: JSONValue, _ symbols: [Symbol], evenHalted: Bool = false
    ) -> [InstrumentRules] {
        symbols.compactMap { symbol in
            guard let entry = entry(value, symbol), evenHalted || entry["status"]?.text == "TRADING" else { return nil }
            return try? rules(symbol, entry)
        }
    }

    /// Why a listed contract's rules can't be used; nil where they can, and for one that is not listed.
    public static func flaw(_ value: JSONValue, _ symbol: Symbol) -> Flaw? {
        guard let entry = entry(value, symbol) else { return nil }
        do throws(Flaw) { _ = try rules(symbol, entry) } catch { return error }
        return nil
    }

    /// What kind of contract it is, where that is no perpetual: CURRENT_QUARTER …
    public static func datedKind(_ value: JSONValue, _ symbol: Symbol) -> String? {
        guard let kind = entry(value, symbol)?["contractType"]?.text, !kind.hasSuffix("PERPETUAL") else { return nil }
        return kind.isEmpty ? "of no kind" : kind
    }

    private static func entry(_ value: JSONValue, _ symbol: Symbol) -> JSONValue? {
        (value["symbols"]?.elements ?? []).first { $0["symbol"]?.text == symbol.name }
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
        symbols.map { symbol in
            guard let entry = entry(value, symbol) else {
                return Listing(symbol: symbol, status: "ABSENT", endsAt: nil)
            }
            let endMs = entry["deliveryDate"]?.integer ?? 0
            return Listing(
                symbol: symbol, status: entry["status"]?.text ?? "UNKNOWN",
                endsAt: endMs > 0 && endMs < neverMs ? Timestamp(milliseconds: endMs) : nil)
        }
    }

    private static func rules(_ symbol: Symbol, _ entry: JSONValue) throws(Flaw) -> InstrumentRules {
        let filters = entry["filters"]?.elements ?? []
        func filter(_ type: String) -> JSONValue? { filters.first { $0["filterType"]?.text == type } }
        let price = filter("PRICE_FILTER"), lot = filter("LOT_SIZE"), market = filter("MARKET_LOT_SIZE")
        let tickSize: Price = try decimal(price?["tickSize"], "tickSize")
        let stepSize: Quantity = try decimal(lot?["stepSize"], "stepSize")
        guard tickSize > .zero else { throw .bad("tickSize") }
        guard stepSize > .zero else { throw .bad("stepSize") }
        let minQuantity: Quantity = try decimal(lot?["minQty"], "minQty")
        let maxQuantity: Quantity = try decimal(lot?["maxQty"], "maxQty")
        guard .zero <= minQuantity, minQuantity <= maxQuantity else { throw .bad("maxQty") }
        let notional = filter("MIN_NOTIONAL")?["notional"]
        return InstrumentRules(
            symbol: symbol, tickSize: tickSize, stepSize: stepSize, minQuantity: minQuantity, maxQuantity: maxQuantity,
            maxMarketQuantity: market == nil ? maxQuantity : try decimal(market?["maxQty"], "MARKET_LOT_SIZE maxQty"),
            minNotional: notional == nil ? .zero : try decimal(notional, "notional"))
    }
}
