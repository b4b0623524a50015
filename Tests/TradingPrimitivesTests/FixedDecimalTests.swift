import Testing
import TradingPrimitives

struct FixedDecimalTests {
    @Test(arguments: [
        ("61800.20", 6_180_020_000_000, "61800.2"), ("0.00000001", 1, "0.00000001"),
        ("-0.00010000", -10_000, "-0.0001"),
        ("5", 500_000_000, "5"), ("0.000", 0, "0"), ("92233720368.54775807", Int64.max, "92233720368.54775807"),
        ("1.1000000000", 110_000_000, "1.1"),
    ])
    func `text becomes an exact number and canonical text again`(text: String, raw: Int64, canonical: String) {
        #expect(Price(text)?.raw == raw)
        #expect(Price(raw: raw).description == canonical)
    }

    @Test(arguments: [
        "", "-", ".", "1.", ".5", "1e5", " 1", "1 ", "+1", "1,5", "0x10", "NaN", "--1", "1.2.3", "0.000000001",
        "92233720368.54775808", "99999999999999999999999",
    ])
    func `anything else is refused, never rounded`(text: String) { #expect(Price(text) == nil) }

    @Test func `every number survives its text`() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            let raw = Int64(bitPattern: random.next()) >> Int64(random.next() % 63)
            guard raw != .min else { continue }
            #expect(Quantity(Quantity(raw: raw).description)?.raw == raw)
        }
    }

    @Test(arguments: [
        ("100.07", "100", "100.1"), ("-100.07", "-100.1", "-100"), ("100.1", "100.1", "100.1"), ("0.05", "0", "0.1"),
    ])
    func `rounding has a named direction`(text: String, down: String, up: String) throws {
        let tick = try #require(Price("0.1"))
        let price = try #require(Price(text))
        #expect(price.rounded(toMultipleOf: tick, .down).description == down)
        #expect(price.rounded(toMultipleOf: tick, .up).description == up)
    }

    @Test func `a binary number enters exactly or in a named direction`() {
        #expect(Price(0.3, rounding: .down)?.raw == 30_000_000)
        #expect(Price(61800.1, rounding: .down)?.description == "61800.1")
        #expect(Price(1e-9, rounding: .down)?.raw == 0)
        #expect(Price(1e-9, rounding: .up)?.raw == 1)
        #expect(Price(.nan, rounding: .up) == nil)
        #expect(Price(1e12, rounding: .up) == nil)
    }

    @Test func `price times quantity is exact`() throws {
        let price = try #require(Price("61800.2")), quantity = try #require(Quantity("0.002"))
        #expect((price * quantity).description == "123.6004")
        #expect((price * quantity).quantity(at: price) == quantity)
        #expect((price * quantity * Ratio(raw: 20_000)).description == "0.02472008")
    }

    @Test func `whatever is added or multiplied, the result is a number, and beyond the range its nearest end`() throws
    {
        let ends = [Int64.min, .min + 1, -1, 0, 1, fixedScale, .max - 1, .max].map(Notional.init(raw:))
        for left in ends {
            for right in ends {
                let exact = (Int128(left.raw), Int128(right.raw))
                #expect((left + right).raw == Int64(clamping: exact.0 + exact.1))
                #expect((left - right).raw == Int64(clamping: exact.0 - exact.1))
                #expect((left * right.raw).raw == Int64(clamping: exact.0 * exact.1))
                #expect(left.times(right).raw == Int64(clamping: exact.0 * exact.1 / Int128(fixedScale)))
            }
            #expect((-left).raw == Int64(clamping: -Int128(left.raw)))
            #expect(left.magnitude >= .zero)
            for direction in [RoundingDirection.down, .up, .nearest] {
                _ = left.rounded(toMultipleOf: Notional(raw: .max), direction)
                _ = left.rounded(toMultipleOf: Notional(raw: 3), direction)
            }
        }
        // 60000 × 9e9: a trade that no market has, and a notional that no limit admits.
        let absurd = try #require(Price("60000")) * #require(Quantity("9000000000"))
        #expect(absurd.raw == .max)
    }

    @Test func `hot values are eight bytes`() {
        #expect(MemoryLayout<Price>.size == 8)
        #expect(MemoryLayout<Timestamp>.size == 8)
    }
}

struct InstrumentRulesTests {
    @Test func `orders are fitted to the step and refused below the minimum`() throws {
        let rules = InstrumentRules(
            symbol: try #require(Symbol("btcusdt")), tickSize: try #require(Price("0.1")),
            stepSize: try #require(Quantity("0.001")), minQuantity: try #require(Quantity("0.001")),
            maxQuantity: try #require(Quantity("1000")), maxMarketQuantity: try #require(Quantity("120")),
            minNotional: try #require(Notional("100")),
            brackets: [
                LeverageBracket(
                    notionalCap: try #require(Notional("300000")), maxLeverage: 150,
                    maintenanceMarginRatio: try #require(Ratio("0.004")), maintenanceAmount: .zero),
                LeverageBracket(
                    notionalCap: try #require(Notional("800000")), maxLeverage: 100,
                    maintenanceMarginRatio: try #require(Ratio("0.005")),
                    maintenanceAmount: try #require(Notional("300"))),
            ])
        #expect(rules.quantity(atMost: try #require(Quantity("0.0129"))).description == "0.012")
        #expect(rules.quantity(atMost: try #require(Quantity("0.0009"))) == .zero)
        let price = try #require(Price("61800.2"))
        #expect(!rules.admits(try #require(Quantity("0.001")), at: price))
        #expect(rules.admits(try #require(Quantity("0.002")), at: price))
        // The maintenance margin is continuous where one bracket ends and the next begins.
        let edge = try #require(Notional("300000"))
        #expect(rules.maintenanceMargin(of: edge)?.description == "1200")
        #expect(rules.maintenanceMargin(of: edge + Notional(raw: 200))?.description == "1200.00000001")
    }
}

struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_723_161_256_612, "2024-08-08T23:54:16.612Z"),
        (951_782_400_007, "2000-02-29T00:00:00.007Z"), (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `shows itself as RFC 3339`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test func `floors to a grid`() {
        #expect(Timestamp(milliseconds: 61_999).floored(to: 60_000).milliseconds == 60_000)
        #expect(Timestamp(milliseconds: -1).floored(to: 60_000).milliseconds == -60_000)
    }
}
