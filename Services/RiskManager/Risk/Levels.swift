import SignalContracts
import TradingPrimitives

/// Where a plan enters, and how far its stop, target and trail are from there. Prices are on the tick.
struct Levels {
    let entry: Price
    /// The strategy's own level, when it has one.
    let entryLevel: Price?
    let stop: Price
    let takeProfit: Price
    let trail: Price
    /// As parts of the entry price.
    let stopRatio: Double
    let takeProfitRatio: Double

    var grossRewardToRisk: Double { takeProfitRatio / stopRatio }

    init(_ setting: borrowing Setting, _ configuration: RiskConfiguration) throws(PlanRefusal) {
        let exits = configuration.exits(of: setting.strategy)
        let level = try Self.ownLevel(setting, configuration)
        entry = setting.quote.postOnlyPrice(
            setting.direction, offsetTicks: setting.entryOffsetTicks, tick: setting.tick, level: level)
        entryLevel = level
        guard entry > .zero else { throw PlanRefusal(.noBook, "entry \(entry)") }
        let price = entry.double
        let stopWanted = try Self.stopDistance(setting, exits, entry: price, configuration)
        stopRatio = min(max(stopWanted / price, configuration.stopDistanceMin), configuration.stopDistanceMax)
        let wanted = try Self.takeProfitDistance(setting, exits, entry: price)
        let bounded = min(wanted, configuration.takeProfitDistanceMax * price)
        let target = Self.beforeKeyLevel(bounded, setting, entry: entry)
        // First the noise of binary arithmetic goes, on the 1e-8 grid; then stop and target take the nearer tick.
        guard let stop = Price(stopRatio * price, rounding: .nearest),
            let takeProfit = Price(target, rounding: .nearest),
            let trail = Price(exits.trailAtr * setting.atr, rounding: .nearest)
        else { throw PlanRefusal(.noAtr, "ATR \(setting.atr) is out of range") }
        self.stop = max(setting.tick, setting.rules.price(stop, rounding: .down))
        self.takeProfit = max(setting.tick, setting.rules.price(takeProfit, rounding: .down))
        self.trail = max(setting.tick, setting.rules.price(trail, rounding: .up))
        takeProfitRatio = target / price
    }

    /// B waits at the band or at the nearest key level behind the price, C at the edge of the cluster; A has none.
    private static func ownLevel(
        _ setting: borrowing Setting, _ configuration: RiskConfiguration
    ) throws(PlanRefusal) -> Price? {
        let isLong = setting.direction == .long
        switch setting.strategy {
        case .momentum: return nil
        case .reversion:
            let band = isLong ? setting.technical.bollingerLower : setting.technical.bollingerUpper
            guard let band else { throw PlanRefusal(.noTarget, "the band is not known") }
            let key = isLong ? setting.technical.nearestSupport?.double : setting.technical.nearestResistance?.double
            // The nearer of the two is met first.
            let level = key.map { isLong ? max(band, $0) : min(band, $0) } ?? band
            return try onTick(level, setting)
        case .cascade:
            let edge = try clusterEdge(setting, configuration)
            return try onTick(edge, setting) - setting.tick * setting.direction.sign
        }
    }

    /// Towards the safer side: down for a long, up for a short.
    private static func onTick(_ price: Double, _ setting: borrowing Setting) throws(PlanRefusal) -> Price {
        guard let exact = Price(price, rounding: .nearest) else {
            throw PlanRefusal(.noTarget, "\(price) is out of range")
        }
        return setting.rules.price(exact, rounding: setting.direction == .long ? .down : .up)
    }

    /// The side of the cluster that is nearer to the price.
    private static func clusterEdge(
        _ setting: borrowing Setting, _ configuration: RiskConfiguration
    ) throws(PlanRefusal) -> Double {
        guard let cluster = setting.decision.signals.sentiment?.nearestCluster, cluster > 0 else {
            throw PlanRefusal(.noTarget, "no cluster of liquidations is known")
        }
        return cluster * (1 - setting.sign * configuration.clusterWidth / 2)
    }

    /// In quote units, before the bounds.
    private static func stopDistance(
        _ setting: borrowing Setting, _ exits: ExitRules, entry: Double, _ configuration: RiskConfiguration
    ) throws(PlanRefusal) -> Double {
        switch setting.strategy {
        case .momentum, .reversion: return exits.stopAtr * setting.atr * setting.regime.stopLossMultiplier
        case .cascade: return abs(try clusterEdge(setting, configuration) - entry)
        }
    }

    /// In quote units, before the bounds.
    private static func takeProfitDistance(
        _ setting: borrowing Setting, _ exits: ExitRules, entry: Double
    ) throws(PlanRefusal) -> Double {
        let learned = setting.takeProfitMultiplier
        switch setting.strategy {
        case .momentum, .cascade:
            return exits.takeProfitAtr * setting.atr * setting.regime.takeProfitMultiplier * learned
        case .reversion:
            // The mean is reached first at the nearer of the two.
            let means = [setting.technical.bollingerMiddle, setting.technical.vwap].compactMap(\.self)
                .map { ($0 - entry) * setting.sign }.filter { $0 > 0 }
            guard let nearest = means.min() else { throw PlanRefusal(.noTarget, "neither mean lies ahead of \(entry)") }
            return nearest
        }
    }

    /// One tick before the first key level that stands in the way.
    private static func beforeKeyLevel(_ distance: Double, _ setting: borrowing Setting, entry: Price) -> Double {
        var nearest = distance
        for level in setting.technical.keyLevels.prices {
            let away = (level - entry) * setting.direction.sign
            guard away > .zero, away.double < distance else { continue }
            nearest = min(nearest, (away - setting.tick).double)
        }
        return max(0, nearest)
    }
}
