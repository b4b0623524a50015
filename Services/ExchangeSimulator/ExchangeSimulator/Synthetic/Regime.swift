import TradingPrimitives

/// What kind of market it is for a while. All instruments share it, as they do in life.
enum Regime: Sendable {
    case trendUp, trendDown, range, squeeze
    /// Liquidations of longs on the way down, of shorts on the way up.
    case cascadeDown, cascadeUp

    /// Standard deviation of one-second returns of BTC, in 1e-4.
    var volatility: Double {
        switch self {
        case .trendUp, .trendDown: 1.15
        case .range: 0.85
        case .squeeze: 0.45
        case .cascadeDown, .cascadeUp: 2.6
        }
    }

    /// Mean of one-second returns, in units of their standard deviation.
    var drift: Double {
        switch self {
        case .trendUp: 0.055
        case .trendDown: -0.055
        case .range, .squeeze: 0
        case .cascadeDown: -0.35
        case .cascadeUp: 0.35
        }
    }

    /// Activity of takers against the average.
    var activity: Double {
        switch self {
        case .trendUp, .trendDown: 1.1
        case .range: 0.9
        case .squeeze: 0.55
        case .cascadeDown, .cascadeUp: 2.2
        }
    }

    var meanDurationS: Double {
        switch self {
        case .trendUp, .trendDown: 900
        case .range: 1200
        case .squeeze: 700
        case .cascadeDown, .cascadeUp: 75
        }
    }

    /// Which way a trend goes.
    var trendSide: Side? {
        switch self {
        case .trendUp: .buy
        case .trendDown: .sell
        case .range, .squeeze, .cascadeDown, .cascadeUp: nil
        }
    }

    /// Whose positions are hunted for: in a cascade, the price is pushed to where they are liquidated.
    var hunted: Side? {
        switch self {
        case .cascadeDown: .buy
        case .cascadeUp: .sell
        case .trendUp, .trendDown, .range, .squeeze: nil
        }
    }
}

/// The march of the regimes, and the price that a range keeps coming back to.
struct RegimeClock: Sendable {
    private(set) var regime: Regime
    private var endS: Double
    private var random: SplitMix64

    init(seed: UInt64, startS: Double) {
        random = SplitMix64(seed: seed)
        regime = .range
        endS = startS
    }

    /// The regime at a moment; moments only go forward.
    mutating func at(_ second: Double) -> Regime {
        while second >= endS { turn() }
        return regime
    }

    /// Starts a lively trend now.
    mutating func startTrend(at second: Double) {
        regime = random.chance(0.5) ? .trendUp : .trendDown
        endS = second + 900 + random.exponential(mean: 600)
    }

    private mutating func turn() {
        let draw = random.uniform()
        switch regime {
        case .squeeze: regime = draw < 0.4 ? .trendUp : draw < 0.8 ? .trendDown : .range
        case .trendUp: regime = draw < 0.45 ? .range : draw < 0.60 ? .trendDown : draw < 0.85 ? .cascadeDown : .squeeze
        case .trendDown: regime = draw < 0.45 ? .range : draw < 0.70 ? .cascadeUp : draw < 0.85 ? .trendUp : .squeeze
        case .cascadeDown: regime = draw < 0.6 ? .range : .trendUp
        case .cascadeUp: regime = draw < 0.6 ? .range : .trendDown
        case .range:
            regime =
                draw < 0.28
                ? .trendUp : draw < 0.56 ? .trendDown : draw < 0.84 ? .squeeze : draw < 0.92 ? .cascadeDown : .cascadeUp
        }
        endS += max(regime.meanDurationS * 0.4, random.exponential(mean: regime.meanDurationS))
    }
}
