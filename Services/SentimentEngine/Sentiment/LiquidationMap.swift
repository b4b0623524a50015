import SignalContracts
import TradingPrimitives

import func Glibc.exp
import func Glibc.exp2
import func Glibc.log

/// Where leveraged positions would be closed by force: volume by price, in bins of a fixed part of the price, fading.
struct LiquidationMap {
    typealias Bin = LiquidationBins.Bin

    /// Base units below which a bin counts as empty: the least step of any quantity.
    private static let emptyBelow = 1e-8

    private let logWidth: Double
    private let halfLifeMs: Double
    /// In the order of their prices; volumes as of `time`.
    private(set) var bins: [Bin] = []
    private var time: Int64?

    init(binWidth: Double, halfLifeMs: Int64) {
        logWidth = log(1 + binWidth)
        self.halfLifeMs = Double(halfLifeMs)
        bins.reserveCapacity(1024)
    }

    /// The map as it stands, to go on from.
    func saved(cause: StreamId, eventTime: Timestamp) -> LiquidationHeatmap {
        LiquidationHeatmap(
            cause: cause, eventTime: eventTime, asOf: time.map { Timestamp(milliseconds: $0) },
            bins: LiquidationBins(bins))
    }

    /// Takes the place of all that it knew.
    mutating func resume(_ heatmap: LiquidationHeatmap) {
        bins = heatmap.bins.bins
        time = heatmap.asOf?.milliseconds
    }

    /// The middle of a bin, in logarithms.
    func price(of bin: Bin) -> Double { exp((Double(bin.index) + 0.5) * logWidth) }

    mutating func add(_ volume: Double, at price: Double, time: Int64) {
        guard price > 0, volume > 0, volume.isFinite, price.isFinite else { return }
        fade(to: time)
        let index = Int((log(price) / logWidth).rounded(.down))
        let place = bins.firstIndex { $0.index >= index } ?? bins.count
        if place < bins.count, bins[place].index == index {
            bins[place].volume += volume
        } else {
            bins.insert(Bin(index: index, volume: volume), at: place)
        }
    }

    private mutating func fade(to time: Int64) {
        defer { self.time = max(self.time ?? time, time) }
        guard let last = self.time, time > last else { return }
        let factor = exp2(-Double(time - last) / halfLifeMs)
        for place in bins.indices { bins[place].volume *= factor }
        bins.removeAll { $0.volume < Self.emptyBelow }
    }

    /// Volume from which a bin is a cluster: a multiple of the mean of the bins that are not empty.
    func threshold(_ multiple: Double) -> Double {
        guard !bins.isEmpty else { return .infinity }
        return multiple * bins.reduce(0) { $0 + $1.volume } / Double(bins.count)
    }

    /// Price of the nearest cluster above or below `price`.
    func nearestCluster(to price: Double, isAbove: Bool, multiple: Double) -> Double? {
        let least = threshold(multiple)
        if isAbove {
            for bin in bins where bin.volume >= least {
                let center = self.price(of: bin)
                if center > price { return center }
            }
        } else {
            for bin in bins.reversed() where bin.volume >= least {
                let center = self.price(of: bin)
                if center < price { return center }
            }
        }
        return nil
    }
}
