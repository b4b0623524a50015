/// Open positions of one side and one leverage, by the price of their entry.
struct PositionBins: Sendable {
    struct Bin: Sendable, BitwiseCopyable {
        /// Entry price: its logarithm over the width of a bin, rounded down.
        let index: Int
        /// Base units.
        var volume: Double
    }

    /// Ascending by index; none is empty.
    private(set) var bins: [Bin] = []

    /// Base units.
    var total: Double { bins.reduce(0) { $0 + $1.volume } }

    mutating func add(_ volume: Double, at index: Int) {
        guard volume > 0 else { return }
        let place = bins.lastIndex { $0.index <= index } ?? -1
        if place >= 0, bins[place].index == index {
            bins[place].volume += volume
        } else {
            bins.insert(Bin(index: index, volume: volume), at: place + 1)
        }
    }

    /// Keeps a part of each bin; what falls below `least` is closed as a whole.
    mutating func keep(least: Double, part: (Int) -> Double) {
        var hasEmpty = false
        for place in bins.indices {
            bins[place].volume *= part(bins[place].index)
            if bins[place].volume < least { hasEmpty = true }
        }
        if hasEmpty { bins.removeAll { $0.volume < least } }
    }

    /// Removes the bins from this index upwards; returns their volume.
    mutating func takeFrom(_ index: Int) -> Double {
        var taken = 0.0
        while let last = bins.last, last.index >= index {
            taken += last.volume
            bins.removeLast()
        }
        return taken
    }

    /// Removes the bins up to this index; returns their volume.
    mutating func takeUpTo(_ index: Int) -> Double {
        guard let first = bins.first, first.index <= index else { return 0 }
        let count = bins.firstIndex { $0.index > index } ?? bins.count
        let taken = bins[..<count].reduce(0) { $0 + $1.volume }
        bins.removeFirst(count)
        return taken
    }
}
