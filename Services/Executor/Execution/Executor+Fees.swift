import SignalContracts
import TradingPrimitives
import Venue

// The worth of fees that are paid in another asset.
extension Executor {
    private static let askAgainMs: Int64 = 1000

    /// Asks for what the assets of fees that have no price yet are worth.
    mutating func askForFeePrices() {
        for desk in desks {
            for fee in desk.position?.unpricedFees ?? [] {
                let asked = feeAssets.firstIndex { $0.asset == fee.asset }
                if let asked, now - feeAssets[asked].at < Self.askAgainMs { continue }
                if let asked { feeAssets[asked].at = now } else { feeAssets.append((fee.asset, now)) }
                send(.queryAssetPrice(fee.asset))
            }
        }
    }

    mutating func assetPriceArrived(_ asset: String, _ reply: VenueReply) {
        switch reply {
        case .assetPrice(let price):
            feeAssets.removeAll { $0.asset == asset }
            for index in desks.indices
            where desks[index].position?.unpricedFees.contains(where: { $0.asset == asset }) == true {
                act(index) { position, _, _ in position.price(asset, at: price) }
            }
        case .rejected(let error):
            guard !unpricedAssets.contains(asset) else { return }
            unpricedAssets.append(asset)
            alert(
                .warning, "fee_asset_unknown", nil,
                "fees are paid in \(asset), and the venue tells no price of it (\(error.text)): they are counted by the "
                    + "account's rates")
        default: break
        }
    }
}
