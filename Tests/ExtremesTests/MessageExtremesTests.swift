import SignalContracts
import TestSupport
import Testing
import TradingPrimitives

/// Each field of each message of the market and of the engines with each extreme: refused by name, or within its bounds.
struct MessageExtremesTests {
    /// What a field of this name may hold; nil for words, names, lists and numbers without a bound.
    static func bounds(of field: String) -> ClosedRange<Double>? {
        switch field {
        case "event_time", "trade_time", "open_time", "next_funding_time", "as_of": 0...4_102_444_800_000
        case "trade_id", "first_fill_id", "last_fill_id", "update_id", "fill_count": 0...1e18
        case "price", "open", "high", "low", "close", "mark_price", "tick_size": 1e-8...46_116_860_184.3
        case "index_price": 0...46_116_860_184.3
        case "quantity", "volume", "quote_volume", "taker_buy_volume", "open_interest", "step_size", "min_quantity",
            "max_quantity", "max_market_quantity", "min_notional":
            0...92_233_720_368.6
        case "funding_rate": -0.1...0.1
        case "long_ratio", "short_ratio", "strength", "conviction", "aggressor_ratio", "spoof_ratio",
            "reversion_strength", "extreme_level":
            0...1.000_001
        case "size_multiplier", "tp_multiplier", "sl_multiplier", "weight_e1", "weight_e2", "weight_e3", "weight_e4":
            0...100
        case "leverage_max": 1...200
        case "issued_at", "entry_time", "exit_time", "counted_since", "possible_at", "since", "balance_time":
            0...4_102_444_800_000
        case "wallet_balance", "available_balance", "unrealized_pnl", "pnl_gross", "pnl_net", "pnl_today", "fee_total",
            "gross_pnl", "day_start_balance", "funding", "realized_pnl", "fee", "fee_amount":
            -23_058_430_092.2...23_058_430_092.2
        case "leverage": 0...200
        case "maker_fee_rate", "taker_fee_rate": -0.01...0.01
        case "entry_timeout_ms": 0...3_600_000
        case "max_hold_ms": 0...604_800_000
        case "confidence": 0...100.001
        case "trades_today", "streak", "evaluations", "trade_count", "open_positions", "unknown_orders", "maker_fills",
            "taker_fills", "used_weight", "weight_limit", "number":
            0...1e12
        case "score_threshold", "tp1_fraction", "risk_pct": 0...1.000_001
        case "v": 1...1
        default: nil
        }
    }

    @Test func `what a market message may tell is bounded, field by field`() throws {
        var refused = 0
        for (name, message) in try Samples.market() + Samples.signals() + Samples.trading() + Samples.operating() {
            try refuse(message, name, &refused)
        }
        #expect(refused > 3000)
    }

    private func refuse<Message: StreamMessage>(_ message: Message, _ name: String, _ refused: inout Int) throws {
        Extremes.forEach(of: message) { field, text, entry in
            do throws(ContractError) {
                let read = try Message(entry)
                #expect((try? Message(read.fields)) == read, "\(name) with \(field) \(text)")
                guard let bounds = Self.bounds(of: field) else { return }
                let number = Double(text)
                #expect(number.map(bounds.contains) == true, "\(name) took \(field) \(text)")
            } catch {
                refused += 1
                switch error {
                case .outOfRange(let named, let shown, let bound):
                    // A trade's value is judged by price and quantity together.
                    #expect(
                        !named.isEmpty && !bound.isEmpty && !shown.isEmpty, "\(name) with \(field) \(text): \(error)")
                case .malformed(let named, _): #expect(named == field, "\(name) with \(text): \(error)")
                case .missing, .unknownVersion, .unknownType: break
                }
            }
        }
    }

    @Test func `a refusal names field, value and bound`() throws {
        let (_, trade) = try #require(try Samples.market().first)
        var told: [String] = []
        Extremes.forEach(of: trade) { field, text, entry in
            guard ["price", "event_time"].contains(field), ["-1", "4102444800001"].contains(text) else { return }
            do { _ = try AggTrade(entry) } catch { told.append("\(error)") }
        }
        #expect(told.contains("field 'price' is -1, not 0.00000001 to 46116860184.27387903"))
        #expect(
            told.contains(
                "field 'event_time' is 4102444800001, not 1970-01-01T00:00:00.000Z to 2100-01-01T00:00:00.000Z"))
    }

    @Test func `times and ids at their ends stay numbers`() {
        let ends = [Int64.min, .min + 1, -1, 0, 1, .max - 1, .max].map { Timestamp(milliseconds: $0) }
        for one in ends {
            for other in ends {
                #expect(abs(one - other) >= 0)
                #expect((one - other).signum() == (one.milliseconds < other.milliseconds ? -1 : one == other ? 0 : 1))
            }
            for step in [Int64.min, -60_000, 60_000, .max] {
                #expect((one + step <= one) == (step < 0) || one == one + step)
                #expect((one - step >= one) == (step < 0) || one == one - step)
            }
            #expect(one.floored(to: 86_400_000) <= one && !one.description.isEmpty)
        }
        let last = StreamId(milliseconds: .max, sequence: .max)
        #expect(last.next == last && StreamId.zero.previous == .zero)
        #expect(
            last.microseconds == .max && StreamId(milliseconds: 9_223_372_036_854_776, sequence: 0).microseconds == .max
        )
        #expect(StreamId(milliseconds: 1_723_161_256_612, sequence: 4_230_007).microseconds == 1_723_161_256_612_423)
    }
}
