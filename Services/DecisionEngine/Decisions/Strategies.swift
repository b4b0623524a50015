import SignalContracts
import TradingPrimitives

/// How far one strategy's conditions hold, for one direction.
struct StrategyView {
    let strategy: Strategy
    let direction: Direction
    let hasTrigger: Bool
    let confirmations: Int
    let confirmationsMin: Int
    let passesFilter: Bool
    /// Its score in tenths, so that equals are equal.
    let tenths: Int

    /// In [0, 1].
    var score: Double { Double(max(0, tenths)) / 10 }
    var isCandidate: Bool { hasTrigger && confirmations >= confirmationsMin && passesFilter }

    /// Momentum rides with the takers. Conditions: strategy reference, "Strategy A".
    static func momentum(
        _ readings: borrowing Readings, _ direction: Direction, _ rules: MomentumRules
    ) -> StrategyView {
        let tick = readings.tick, flow = readings.orderFlow, technical = readings.technical, regime = readings.regime
        let isFast = (tick?.velocityRatio ?? 0) > rules.velocityRatioMin
        let isRun = (tick?.streak ?? 0) >= rules.streakMin && tick?.streakSide == direction.entrySide
        let confirmations = count(
            direction.of(flow?.imbalance ?? 0) > rules.imbalanceMin,
            direction.of(flow?.cvdSlope ?? 0) > 0,
            technical?.emaTrend.sign == direction.trendSign,
            technical.map { hasRoom($0, direction, rules.roomMin) } ?? false)
        var tenths = 0
        if isFast { tenths += 4 }
        if isRun { tenths += 3 }
        if (flow?.strength ?? 0) > rules.orderFlowStrengthMin, flow?.direction.sign == direction.trendSign {
            tenths += 2
        }
        if regime?.regime == .trending { tenths += 1 }
        if regime?.regime == .ranging { tenths -= 3 }
        return StrategyView(
            strategy: .momentum, direction: direction, hasTrigger: isFast && isRun && tick?.volumeSpike == true,
            confirmations: confirmations, confirmationsMin: rules.confirmationsMin,
            passesFilter: regime.map { $0.regime != .choppy && $0.volatilityPhase != .extreme } ?? false,
            tenths: tenths)
    }

    /// Whether the next key level ahead is far enough, or there is none.
    private static func hasRoom(
        _ technical: borrowing TechnicalSignal, _ direction: Direction, _ roomMin: Double
    ) -> Bool {
        guard let price = technical.price, price > 0 else { return false }
        guard let level = direction == .long ? technical.nearestResistance : technical.nearestSupport else {
            return true
        }
        return abs(level.double - price) / price >= roomMin
    }

    /// Reversion fades an extreme. Conditions: strategy reference, "Strategy B".
    static func reversion(
        _ readings: borrowing Readings, _ direction: Direction, _ rules: ReversionRules
    ) -> StrategyView {
        let flow = readings.orderFlow, technical = readings.technical, regime = readings.regime
        let isLong = direction == .long
        let isStretched =
            technical?.rsi.map { isLong ? $0 < rules.rsiExtreme : $0 > 100 - rules.rsiExtreme } ?? false
        let isAtBand = technical?.bollingerZone == (isLong ? .lower : .upper)
        let isTakenUp = direction.of(flow?.imbalance ?? 0) > rules.imbalanceMin
        let confirmations = count(
            isTakenUp,
            flow?.cvdDivergence == true && direction.of(flow?.cvdPressure ?? 0) > 0,
            technical?.rsiDivergence == true && technical?.rsiDivergenceDirection == direction)
        var tenths = 0
        if isStretched { tenths += 4 }
        if isAtBand { tenths += 3 }
        if isTakenUp { tenths += 2 }
        if regime?.regime == .ranging { tenths += 1 }
        if regime?.regime == .trending { tenths -= 3 }
        return StrategyView(
            strategy: .reversion, direction: direction, hasTrigger: isStretched && isAtBand,
            confirmations: confirmations, confirmationsMin: rules.confirmationsMin,
            passesFilter: regime.map { $0.regime == .ranging && $0.volatilityPhase != .extreme } ?? false,
            tenths: tenths)
    }

    /// Cascade follows forced orders into a cluster. Conditions: strategy reference, "Strategy C".
    static func cascade(_ readings: borrowing Readings, _ direction: Direction, _ rules: CascadeRules) -> StrategyView {
        let tick = readings.tick, flow = readings.orderFlow, sentiment = readings.sentiment, regime = readings.regime
        let isAhead = sentiment?.clusterDirection == (direction == .long ? .above : .below)
        let isNear = isAhead && (sentiment?.liquidationProximity ?? 0) > rules.proximityMin
        let isPushed = flow?.direction.sign == direction.trendSign || tick?.direction.sign == direction.trendSign
        let confirmations = count(
            (sentiment?.openInterestChange ?? 0) < 0,
            tick?.bigTrade == true && tick?.bigTradeSide == direction.entrySide,
            flow?.wallAbsorbed == true && flow?.wallAbsorbedDirection == direction)
        var tenths = 0
        if isNear { tenths += 5 }
        if (tick?.spikeRatio ?? 0) > rules.spikeScoreMin { tenths += 3 }
        let reading = sentiment?.openInterestReading
        if reading == .longLiquidation || reading == .shortLiquidation { tenths += 2 }
        let phase = regime?.volatilityPhase
        return StrategyView(
            strategy: .cascade, direction: direction, hasTrigger: isNear && tick?.volumeSpike == true && isPushed,
            confirmations: confirmations, confirmationsMin: rules.confirmationsMin,
            passesFilter: phase == .normal || phase == .high, tenths: tenths)
    }
}

/// How many conditions hold. Not a list: this runs on each book.
private func count(_ first: Bool, _ second: Bool, _ third: Bool, _ fourth: Bool = false) -> Int {
    (first ? 1 : 0) + (second ? 1 : 0) + (third ? 1 : 0) + (fourth ? 1 : 0)
}

extension Direction {
    /// +1 or −1, as the signs of the engines' words.
    fileprivate var trendSign: Int { Int(sign) }
    /// The part of `value` that lies in this direction.
    fileprivate func of(_ value: Double) -> Double { Double(sign) * value }
}
