import BinanceFutures
import Testing
import TradingPrimitives
import WebClient

/// The venue's own limits of requests and orders.
struct VenueLimitsTests {
    private func told(_ rows: String) throws -> WeightBudget.Told {
        MarketRest.limits(try JSONValue(Array("{\"rateLimits\":[\(rows)]}".utf8)))
    }

    private func row(_ type: String, _ interval: String, _ number: String, _ limit: String) -> String {
        "{\"rateLimitType\":\"\(type)\",\"interval\":\"\(interval)\",\"intervalNum\":\(number),\"limit\":\(limit)}"
    }

    private func take(_ budget: inout WeightBudget, weight: Int = 0, isOrder: Bool = false) -> Bool {
        var request = RestRequest(.get, "/", weight: weight, isCritical: true)
        request.isOrder = isOrder
        return budget.take(request, at: Timestamp(milliseconds: 1_700_000_000_000)) == nil
    }

    @Test func `a lower limit is kept to, of weight and of orders`() throws {
        let lower = try told(
            [
                row("REQUEST_WEIGHT", "MINUTE", "1", "1200"), row("ORDERS", "SECOND", "10", "40"),
                row("ORDERS", "MINUTE", "1", "600"),
            ].joined(separator: ","))
        #expect(lower == WeightBudget.Told(weightPerMinute: 1200, ordersPer10s: 40, ordersPerMinute: 600))
        var budget = WeightBudget()
        #expect(budget.adopt(lower).isEmpty && budget.limit == 1200)
        #expect(take(&budget, weight: 1200) && !take(&budget, weight: 1))
        for _ in 0..<40 { #expect(take(&budget, isOrder: true)) }
        #expect(!take(&budget, isOrder: true))
        // What is taken back goes back to ours, and not beyond.
        _ = budget.adopt(try told(row("REQUEST_WEIGHT", "MINUTE", "1", "6000")))
        #expect(budget.limit == 2400)
    }

    @Test(arguments: ["0", "-5", "1", "239", "99999999999999999999", "null", "\"x\""])
    func `a limit that can't be true changes nothing`(limit: String) throws {
        var budget = WeightBudget()
        let rows = try told(row("REQUEST_WEIGHT", "MINUTE", "1", limit))
        let absurd = budget.adopt(rows)
        #expect(budget.limit == 2400)
        #expect(absurd.isEmpty == (rows.weightPerMinute.map { $0 >= 240 } ?? true))
    }

    @Test func `limits of other spans and an answer without any change nothing`() throws {
        var budget = WeightBudget()
        #expect(budget.adopt(try told(row("REQUEST_WEIGHT", "MINUTE", "5", "500"))).isEmpty)
        #expect(budget.adopt(MarketRest.limits(.null)).isEmpty && budget.limit == 2400)
    }

    @Test func `the account's own code is its name, and nothing else is`() throws {
        func name(_ text: String) throws -> String? { AccountAlias.name(in: try JSONValue(Array(text.utf8))) }
        #expect(try name(#"[{"accountAlias":"SgsR","asset":"USDT"}]"#) == "SgsR")
        #expect(try name(#"[{"asset":"BNB"},{"accountAlias":"oC_m-9","asset":"USDT"}]"#) == "oC_m-9")
        for text in [#"[]"#, #"{}"#, #"[{"accountAlias":""}]"#, #"[{"accountAlias":"a b"}]"#] {
            #expect(try name(text) == nil, "\(text)")
        }
    }
}
