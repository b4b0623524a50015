import TradingPrimitives

/// What the crowd feels, and what the venue's statistics and funding show of it.
struct CrowdMood: Sendable {
    /// Long share of all accounts and of the top traders' ones.
    private(set) var accountsLong = 0.5
    private(set) var topTradersLong = 0.5
    /// Mark price over index price, less one.
    private(set) var premium = 0.0
    /// For the funding interval; 1 is 100 %.
    private(set) var fundingRate = 0.0001

    private var random: SplitMix64
    /// Readiness to open at all, and the side in fashion: both come and go by themselves.
    private var appetite = 0.0
    private var fashion = 0.0
    /// Logarithms of the price, followed slowly and fast.
    private var slowPrice: Double
    private var fastPrice: Double
    private var price: Double
    private var meanPremium = 0.0
    /// How one-sided the crowd is: -1...1.
    private var heat = 0.0

    init(price: Double, seed: UInt64) {
        random = SplitMix64(seed: seed)
        self.price = naturalLog(price)
        slowPrice = self.price
        fastPrice = self.price
    }

    mutating func pass(_ seconds: Double, at price: Double, imbalance: Double) {
        self.price = naturalLog(price)
        slowPrice += (self.price - slowPrice) * (1 - exponential(-seconds / 900))
        fastPrice += (self.price - fastPrice) * (1 - exponential(-seconds / 60))
        appetite = Self.wandered(appetite, deviation: 0.4, keep: exponential(-seconds / 1200), random.normal())
        fashion = Self.wandered(fashion, deviation: 0.7, keep: exponential(-seconds / 1800), random.normal())
        heat = Self.bounded(imbalance * 3.8)
        accountsLong = 0.51 + 0.33 * heat
        topTradersLong += (0.5 - 0.22 * heat - topTradersLong) * (1 - exponential(-seconds / 900))
        premium += (0.0014 * heat - premium) * (1 - exponential(-seconds / 60))
        premium += 0.00002 * random.normal() * min(seconds, 60).squareRoot() / 8
        // The venue's formula, with a mean over minutes where the venue has one over hours.
        meanPremium += (premium - meanPremium) * (1 - exponential(-seconds / 600))
        fundingRate = meanPremium + min(max(0.0001 - meanPremium, -0.0005), 0.0005)
    }

    private static func wandered(_ value: Double, deviation: Double, keep: Double, _ normal: Double) -> Double {
        value * keep + deviation * (1 - keep * keep).squareRoot() * normal
    }

    /// Openings by takers of this side against the usual. Trends draw followers, what the crowded side pays deters them,
    /// and a fall or rise within a minute scares all.
    func eagerness(_ side: Side) -> Double {
        let trend = Self.bounded((price - slowPrice) / 0.006 + fashion - 0.6 * heat)
        let way = 1 + (side == .buy ? 0.75 : -0.75) * trend
        return way * exponential(appetite - 0.08) / (1 + fear * fear)
    }

    /// Closings against the usual.
    var haste: Double { 1 + min(fear * fear, 4) }

    private var fear: Double { abs(price - fastPrice) / 0.003 }

    /// -1...1, straight around zero.
    private static func bounded(_ x: Double) -> Double { x / (1 + x * x).squareRoot() }
}
