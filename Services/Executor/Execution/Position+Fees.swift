import SignalContracts
import TradingPrimitives
import Venue

/// A fee in another asset than profit is counted in, until its worth is known.
struct UnpricedFee: Equatable, Sendable {
    let asset: String
    /// In units of that asset.
    let amount: Notional
    /// What the account's own rate makes of the fill, for the case that no price comes.
    let estimate: Notional
}

// Fees may be paid in another asset: BNB, for the discount. An amount is never added to one of another asset; it is worth what
// the asset costs at that moment, which the venue is asked for.
extension Position {
    /// How long the end of a trade waits for the price of what its fees were paid in.
    private static let feePriceMaxMs: Int64 = 10_000
    /// For a position that was found, whose plan tells no rate.
    private static let usualTakerRate = Ratio(raw: 50_000)

    mutating func noteFee(of fill: Fill) {
        guard fill.feeAsset != ExecutionAsset.settlement, fill.fee > .zero else { return }
        let rate = fill.isMaker ? terms.makerFeeRate : terms.takerFeeRate
        let estimate = fill.price * fill.quantity * (rate > .zero ? rate : Self.usualTakerRate)
        unpricedFees.append(UnpricedFee(asset: fill.feeAsset, amount: fill.fee, estimate: estimate))
    }

    /// What one unit of `asset` is worth.
    mutating func price(_ asset: String, at price: Price) {
        for fee in unpricedFees where fee.asset == asset { convertedFees += fee.amount.times(price) }
        unpricedFees.removeAll { $0.asset == asset }
    }

    /// Whether the fees' worth is known, or will not be.
    mutating func settleFees(_ around: Surroundings, _ actions: inout PositionActions) -> Bool {
        guard !unpricedFees.isEmpty else { return true }
        guard around.now - (exited.lastTime ?? around.now) >= Self.feePriceMaxMs else { return false }
        for fee in unpricedFees {
            actions.alerts.append(
                (
                    .warning, "fee_unpriced",
                    "\(symbol): a fee of \(fee.amount) \(fee.asset) could not be priced; counted as \(fee.estimate) by the "
                        + "account's rate"
                ))
            convertedFees += fee.estimate
        }
        unpricedFees = []
        return true
    }
}

/// Fees not priced yet in one field: `BNB:0.00105:0.63` joined by commas.
struct UnpricedFeeList: FieldValue {
    let fees: [UnpricedFee]

    init(fees: [UnpricedFee]) { self.fees = fees }

    init?(text: UnsafeRawBufferPointer) {
        var fees: [UnpricedFee] = []
        for part in String(decoding: text, as: UTF8.self).split(separator: ",") {
            let words = part.split(separator: ":")
            guard words.count == 3, let amount = Notional(String(words[1])), let estimate = Notional(String(words[2]))
            else { return nil }
            fees.append(UnpricedFee(asset: String(words[0]), amount: amount, estimate: estimate))
        }
        self.fees = fees
    }

    func write(into bytes: inout [UInt8]) {
        fees.map { "\($0.asset):\($0.amount):\($0.estimate)" }.joined(separator: ",").write(into: &bytes)
    }
}
