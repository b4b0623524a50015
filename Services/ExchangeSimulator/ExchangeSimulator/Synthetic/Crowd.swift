import TradingPrimitives

/// The leveraged positions of all the others in one contract.
///
/// A part of the taker flow opens positions in its direction, more of it where the price has been going. They are closed
/// little by little, sooner in profit or half-way to ruin, and by force once the mark price passes their liquidation
/// price. Open interest is their sum: whatever they hold, a maker without leverage holds against them.
struct Crowd: Sendable {
    struct Tier: Sendable {
        let leverage: Double
        /// Part of what is opened.
        let share: Double
        /// Time after which half of the positions are closed.
        let halfLifeS: Double
        /// Distance of the liquidation price from the entry, in bins, downwards for longs and upwards for shorts.
        let fall: Double
        let rise: Double

        init(_ leverage: Double, share: Double, halfLifeS: Double) {
            (self.leverage, self.share, self.halfLifeS) = (leverage, share, halfLifeS)
            let distance = 1 / leverage - Crowd.maintenance
            fall = -naturalLog(1 - distance) / Crowd.binWidth
            rise = naturalLog(1 + distance) / Crowd.binWidth
        }
    }

    /// What is left of a position's value when it is liquidated.
    static let maintenance = 0.004
    /// Width of a bin, a part of its price.
    static let binWidth = 0.0005
    static let tiers = [
        Tier(3, share: 0.15, halfLifeS: 172_800), Tier(5, share: 0.12, halfLifeS: 9000),
        Tier(10, share: 0.17, halfLifeS: 7200), Tier(20, share: 0.16, halfLifeS: 5400),
        Tier(25, share: 0.08, halfLifeS: 4500), Tier(50, share: 0.17, halfLifeS: 3600),
        Tier(100, share: 0.15, halfLifeS: 2700),
    ]
    /// Part of the taker flow that opens positions of the crowd; the rest is makers' business or intraday trade.
    private static let openedPart = 0.1
    /// Mean time from the trade that tempts to the position that follows it.
    private static let delayS = 90.0

    private(set) var longs = tiers.map { _ in PositionBins() }
    private(set) var shorts = tiers.map { _ in PositionBins() }
    private(set) var mood: CrowdMood
    /// Base units that are still to be opened.
    private var pending = (long: 0.0, short: 0.0)
    private let least: Double

    /// A crowd in balance: as after a long time of `flowPerS` base units of taker flow, around `price`.
    init(flowPerS: Double, price: Double, step: Double, seed: UInt64) {
        mood = CrowdMood(price: price, seed: seed)
        least = step / 2
        let middle = Int(Self.place(price).rounded(.down))
        for (at, tier) in Self.tiers.enumerated() {
            let volume = flowPerS * Self.openedPart * tier.share * tier.halfLifeS / 0.693 / 2
            // Entries lie as far apart as the price may have moved without liquidating them.
            let reach = min(40, max(2, Int(tier.fall * 0.8)))
            for away in -reach...reach {
                longs[at].add(volume / Double(2 * reach + 1), at: middle + away)
                shorts[at].add(volume / Double(2 * reach + 1), at: middle + away)
            }
        }
    }

    /// A price in bins.
    static func place(_ price: Double) -> Double { naturalLog(price) / binWidth }

    /// Base units.
    var long: Double { longs.reduce(0) { $0 + $1.total } }
    var short: Double { shorts.reduce(0) { $0 + $1.total } }
    var openInterest: Double { long + short }

    /// Longs less shorts of the positions that change often, by their sum: -1...1.
    var imbalance: Double {
        let long = longs.dropFirst().reduce(0) { $0 + $1.total }
        let short = shorts.dropFirst().reduce(0) { $0 + $1.total }
        return long + short > 0 ? (long - short) / (long + short) : 0
    }

    /// A taker order of somebody who was not forced, base units.
    mutating func traded(_ side: Side, _ quantity: Double) {
        if side == .buy {
            pending.long += quantity * Self.openedPart
        } else {
            pending.short += quantity * Self.openedPart
        }
    }

    /// Lets time pass at a price: moods change, positions are opened and closed.
    mutating func pass(_ seconds: Double, at price: Double) {
        let imbalance = imbalance
        mood.pass(seconds, at: price, imbalance: imbalance)
        let part = 1 - exponential(-seconds / Self.delayS)
        let opened = (long: pending.long * part, short: pending.short * part)
        pending.long -= opened.long
        pending.short -= opened.short
        let place = Self.place(price)
        for (at, tier) in Self.tiers.enumerated() {
            longs[at].add(opened.long * mood.eagerness(.buy) * tier.share, at: Int(place.rounded(.down)))
            shorts[at].add(opened.short * mood.eagerness(.sell) * tier.share, at: Int(place.rounded(.down)))
            close(at, tier, place, seconds)
        }
    }

    private mutating func close(_ at: Int, _ tier: Tier, _ place: Double, _ seconds: Double) {
        let rate = 0.693 / tier.halfLifeS * seconds * mood.haste
        let usual = exponential(-rate)
        let soon = exponential(-rate * 2)
        // In profit by as much as half of the margin, or having lost as much.
        longs[at].keep(least: least) { abs(place - Double($0)) > tier.fall / 2 ? soon : usual }
        shorts[at].keep(least: least) { abs(place - Double($0)) > tier.rise / 2 ? soon : usual }
    }

    /// Takes away the positions whose liquidation price the mark has passed; base units that must be sold and bought.
    mutating func liquidate(mark: Double) -> (longs: Double, shorts: Double) {
        let place = Self.place(mark)
        var taken = (longs: 0.0, shorts: 0.0)
        for (at, tier) in Self.tiers.enumerated() {
            taken.longs += longs[at].takeFrom(Int((place + tier.fall - 0.5).rounded(.up)))
            taken.shorts += shorts[at].takeUpTo(Int((place - tier.rise - 0.5).rounded(.down)))
        }
        return taken
    }

    /// Distance, as a log return above zero, from `price` to the heaviest liquidations that a push may reach: of longs
    /// below, of shorts above. Nil where there are none within `reach`.
    func distanceToLiquidations(of side: Side, from price: Double, reach: Double) -> Double? {
        let place = Self.place(price)
        let binsMax = Int(reach / Self.binWidth)
        var volumes = [Double](repeating: 0, count: binsMax)
        for (at, tier) in Self.tiers.enumerated() {
            for bin in (side == .buy ? longs : shorts)[at].bins {
                let liquidation = Double(bin.index) + 0.5 + (side == .buy ? -tier.fall : tier.rise)
                let away = Int(side == .buy ? place - liquidation : liquidation - place)
                if volumes.indices.contains(away) { volumes[away] += bin.volume }
            }
        }
        guard let heaviest = volumes.indices.max(by: { volumes[$0] < volumes[$1] }), volumes[heaviest] > 0 else {
            return nil
        }
        return Double(heaviest + 1) * Self.binWidth
    }
}
