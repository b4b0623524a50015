import SignalContracts
import TradingPrimitives

import func Glibc.floor
import func Glibc.log10
import func Glibc.pow

/// Clusters of liquidations for people, lowest first: the forty that are nearest to the price.
public struct ClusterList: Sendable {
    private struct Cluster: BitwiseCopyable {
        let price: Double
        /// Base units.
        let volume: Double
    }

    private static let countMax = 40
    private var clusters: [Cluster] = []

    /// Takes the map's clusters in the place of those it has; none while there is no price to be near to.
    mutating func take(_ map: borrowing LiquidationMap, near price: Double?, multiple: Double) {
        clusters.removeAll(keepingCapacity: true)
        guard let price else { return }
        let least = map.threshold(multiple)
        for bin in map.bins where bin.volume >= least {
            clusters.append(Cluster(price: map.price(of: bin), volume: bin.volume))
        }
        // They are in the order of their prices, so the nearest stand together.
        var (start, end) = (0, clusters.count)
        while end - start > Self.countMax {
            if price - clusters[start].price > clusters[end - 1].price - price { start += 1 } else { end -= 1 }
        }
        clusters.removeSubrange(end...)
        clusters.removeSubrange(..<start)
    }

    /// `price:volume` joined by commas; six digits of each, for the cheapest contract as for the dearest.
    var text: String {
        clusters.map { cluster in
            let price = Price(Self.rounded(cluster.price), rounding: .nearest) ?? .zero
            let volume = Quantity(Self.rounded(cluster.volume), rounding: .nearest) ?? .zero
            return "\(price):\(volume)"
        }.joined(separator: ",")
    }

    private static func rounded(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        let unit = pow(10, floor(log10(value)) - 5)
        return (value / unit).rounded() * unit
    }
}
