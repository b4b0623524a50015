public import TradingPrimitives

/// A contract as the venue lists it.
public struct Instrument: Sendable {
    public internal(set) var rules: InstrumentRules
    public let baseAsset: String
    /// Decimals that the venue writes; not the same as tick and step.
    public internal(set) var pricePrecision: Int
    public internal(set) var quantityPrecision: Int
    public let minPrice: Price
    public let maxPrice: Price
    /// A buy's price is at most mark × `multiplierUp`, a sell's at least mark × `multiplierDown`.
    public let multiplierUp: Ratio
    public let multiplierDown: Ratio
    /// Share of the liquidated notional.
    public let liquidationFee: Ratio
    public let maxOpenOrders: Int
    /// When it is delivered; the year 2100 for a perpetual that nobody means to end.
    public internal(set) var deliveryTime = Timestamp(milliseconds: 4_133_404_800_000)
    /// Where a synthetic price starts.
    public let typicalPrice: Price

    public var symbol: Symbol { rules.symbol }

    /// Bound of a position's notional at a leverage.
    func maxNotional(leverage: Int) -> Notional {
        rules.brackets.last { $0.maxLeverage >= leverage }?.notionalCap ?? .zero
    }

    var maxLeverage: Int { rules.brackets.first?.maxLeverage ?? 20 }
}

extension Instrument {
    /// The listed contract of this name, or one with plausible rules for a name that is not in the table.
    public static func listed(_ symbol: Symbol) -> Instrument {
        let row = table.first { $0.base + "USDT" == symbol.name }
        let base = symbol.name.hasSuffix("USDT") ? String(symbol.name.dropLast(4)) : symbol.name
        return make(symbol, row ?? Row(base, "0.0001", "0.1", 4, 1, "5", "1", .small))
    }

    /// As `listed`, but a contract that is not in the table gets the precision of numbers that were seen of it.
    public static func fitting(_ symbol: Symbol, prices: [Price], quantities: [Quantity]) -> Instrument {
        guard !table.contains(where: { $0.base + "USDT" == symbol.name }), let price = prices.last
        else { return listed(symbol) }
        func decimals(_ raw: [Int64]) -> Int {
            var decimals = 0
            var unit = fixedScale
            while decimals < 8, !raw.allSatisfy({ $0 % unit == 0 }) {
                decimals += 1
                unit /= 10
            }
            return decimals
        }
        func step(_ decimals: Int) -> String {
            decimals == 0 ? "1" : "0." + String(repeating: "0", count: decimals - 1) + "1"
        }
        let ofPrice = decimals(prices.map(\.raw))
        let ofQuantity = decimals(quantities.map(\.raw))
        let base = symbol.name.hasSuffix("USDT") ? String(symbol.name.dropLast(4)) : symbol.name
        return make(
            symbol, Row(base, step(ofPrice), step(ofQuantity), ofPrice, ofQuantity, "5", price.description, .small))
    }

    private enum Tiers { case bitcoin, ether, large, small }

    private struct Row {
        let base, tick, step: String
        let pricePrecision, quantityPrecision: Int
        let minNotional, price: String
        let tiers: Tiers

        init(
            _ base: String, _ tick: String, _ step: String, _ pricePrecision: Int, _ quantityPrecision: Int,
            _ minNotional: String, _ price: String, _ tiers: Tiers
        ) {
            (self.base, self.tick, self.step, self.tiers) = (base, tick, step, tiers)
            (self.pricePrecision, self.quantityPrecision) = (pricePrecision, quantityPrecision)
            (self.minNotional, self.price) = (minNotional, price)
        }
    }

    private static let table = [
        Row("BTC", "0.1", "0.001", 2, 3, "100", "61800", .bitcoin),
        Row("ETH", "0.01", "0.001", 2, 3, "20", "2680", .ether),
        Row("SOL", "0.01", "0.01", 4, 2, "5", "150", .large),
        Row("BNB", "0.01", "0.01", 3, 2, "5", "580", .large),
        Row("XRP", "0.0001", "0.1", 4, 1, "5", "0.6", .large),
        Row("DOGE", "0.00001", "1", 6, 0, "5", "0.12", .large),
        Row("ADA", "0.0001", "1", 5, 0, "5", "0.4", .large),
        Row("AVAX", "0.001", "1", 4, 0, "5", "25", .large),
        Row("LINK", "0.001", "0.01", 3, 2, "20", "12", .large),
        Row("LTC", "0.01", "0.001", 2, 3, "20", "70", .large),
        Row("DOT", "0.001", "0.1", 3, 1, "5", "6", .large),
        Row("TRX", "0.00001", "1", 5, 0, "5", "0.15", .large),
        Row("SUI", "0.0001", "0.1", 6, 1, "5", "1.5", .large),
        Row("1000PEPE", "0.0000001", "1", 7, 0, "5", "0.01", .large),
        Row("APE", "0.0001", "1", 4, 0, "5", "0.7", .small),
    ]

    private static func make(_ symbol: Symbol, _ row: Row) -> Instrument {
        let price = Price(row.price) ?? Price(raw: fixedScale)
        let step = Quantity(row.step) ?? Quantity(raw: fixedScale)
        let tick = Price(row.tick) ?? Price(raw: 1)
        // About 60 million USDT an order, 8 million a market order.
        let bound = (Notional(raw: 60_000_000 * fixedScale)).buys(at: price).rounded(toMultipleOf: step, .down)
        let marketBound = (Notional(raw: 8_000_000 * fixedScale)).buys(at: price).rounded(toMultipleOf: step, .down)
        let rules = InstrumentRules(
            symbol: symbol, tickSize: tick, stepSize: step, minQuantity: step, maxQuantity: bound,
            maxMarketQuantity: marketBound, minNotional: Notional(row.minNotional) ?? .zero,
            brackets: brackets(row.tiers))
        return Instrument(
            rules: rules, baseAsset: row.base, pricePrecision: row.pricePrecision,
            quantityPrecision: row.quantityPrecision,
            minPrice: Price(raw: max(price.raw / 240, tick.raw)).rounded(toMultipleOf: tick, .up),
            maxPrice: Price(raw: price.raw * 13).rounded(toMultipleOf: tick, .up),
            multiplierUp: Ratio(raw: 105_000_000), multiplierDown: Ratio(raw: 95_000_000),
            liquidationFee: Ratio(raw: 1_250_000), maxOpenOrders: 200, typicalPrice: price)
    }

    /// The venue's tables of 2026: notional cap in USDT, leverage, maintenance ratio in 1/100 000. The deducted amounts follow.
    private static func brackets(_ tiers: Tiers) -> [LeverageBracket] {
        let rows: [(cap: Int64, leverage: Int, ratio: Int64)] =
            switch tiers {
            case .bitcoin:
                [
                    (300_000, 150, 400), (800_000, 100, 500), (3_000_000, 75, 650), (12_000_000, 50, 1000),
                    (70_000_000, 25, 2000), (100_000_000, 20, 2500), (230_000_000, 10, 5000), (480_000_000, 5, 10_000),
                    (600_000_000, 4, 12_500), (800_000_000, 3, 15_000), (1_200_000_000, 2, 25_000),
                    (1_800_000_000, 1, 50_000),
                ]
            case .ether:
                [
                    (300_000, 150, 400), (800_000, 100, 500), (3_000_000, 75, 650), (12_000_000, 50, 1000),
                    (50_000_000, 25, 2000), (65_000_000, 20, 2500), (150_000_000, 10, 5000), (320_000_000, 5, 10_000),
                    (400_000_000, 4, 12_500), (530_000_000, 3, 15_000), (800_000_000, 2, 25_000),
                    (1_200_000_000, 1, 50_000),
                ]
            case .large:
                [
                    (50_000, 100, 500), (150_000, 75, 650), (500_000, 50, 1000), (2_000_000, 25, 2000),
                    (4_000_000, 20, 2500), (10_000_000, 10, 5000), (30_000_000, 5, 10_000), (50_000_000, 2, 25_000),
                    (100_000_000, 1, 50_000),
                ]
            case .small:
                [
                    (5000, 75, 1000), (25_000, 50, 1500), (100_000, 25, 2000), (250_000, 20, 2500),
                    (1_000_000, 10, 5000), (3_000_000, 5, 10_000), (5_000_000, 2, 25_000), (10_000_000, 1, 50_000),
                ]
            }
        var brackets: [LeverageBracket] = []
        var floor: Int64 = 0
        var deducted: Int64 = 0  // USDT × 100 000
        var ratio: Int64 = 0
        for row in rows {
            deducted += floor * (row.ratio - ratio)
            brackets.append(
                LeverageBracket(
                    notionalCap: Notional(raw: row.cap * fixedScale), maxLeverage: row.leverage,
                    maintenanceMarginRatio: Ratio(raw: row.ratio * (fixedScale / 100_000)),
                    maintenanceAmount: Notional(raw: deducted * (fixedScale / 100_000))))
            (floor, ratio) = (row.cap, row.ratio)
        }
        return brackets
    }
}
