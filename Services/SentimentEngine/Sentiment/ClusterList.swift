import SignalContracts

/// Clusters of liquidations for people, lowest first; forty at most.
public struct ClusterList: Sendable {
    private struct Cluster: BitwiseCopyable {
        let price: Double
        /// Base units.
        let volume: Double
    }

    private static let countMax = 40
    private var clusters: [Cluster] = []

    /// Takes the map's clusters in the place of those it has.
    mutating func take(_ map: borrowing LiquidationMap, multiple: Double) {
        clusters.removeAll(keepingCapacity: true)
        let least = map.threshold(multiple)
        for bin in map.bins where bin.volume >= least && clusters.count < Self.countMax {
            clusters.append(
                Cluster(
                    price: (map.price(of: bin) * 100).rounded() / 100, volume: (bin.volume * 1000).rounded() / 1000))
        }
    }

    /// `price:volume` joined by commas.
    var text: String { clusters.map { "\($0.price):\($0.volume)" }.joined(separator: ",") }
}
