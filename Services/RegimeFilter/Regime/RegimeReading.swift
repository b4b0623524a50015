import SignalContracts

/// What one evaluation found.
struct RegimeReading {
    /// Why the contract can't be traded. The words stand in `reason`.
    enum Reason: String {
        /// Too few 3m candles without a gap.
        case warmUp = "warm_up"
        /// The newest 3m candle is missing.
        case candlesStale = "candles_stale"
        /// The book has no two sides.
        case bookInvalid = "book_invalid"
        case volatilityExtreme = "volatility_extreme"
    }

    var regime: TrendRegime?
    var phase: VolatilityPhase?
    var adx: Double?
    var ratio: Double?
    var reason: Reason? = .warmUp

    init() {}

    /// `isCurrent`: whether the candles reach up to now.
    init(_ indicators: RegimeIndicators, isCurrent: Bool, hasBook: Bool, _ configuration: RegimeConfiguration) {
        guard isCurrent else {
            reason = indicators.adx == nil ? .warmUp : .candlesStale
            return
        }
        adx = indicators.adx
        ratio = indicators.ratio
        if let adx, let slope = indicators.slope {
            let isTrend = adx > configuration.trendADX && abs(slope) >= configuration.slopeMin
            regime = isTrend ? .trending : adx >= configuration.rangeADX ? .ranging : .choppy
        }
        phase = Self.phase(indicators, configuration)
        reason =
            regime == nil || phase == nil
            ? .warmUp : !hasBook ? .bookInvalid : phase == .extreme ? .volatilityExtreme : nil
    }

    private static func phase(_ indicators: RegimeIndicators, _ configuration: RegimeConfiguration) -> VolatilityPhase?
    {
        guard let ratio = indicators.ratio, indicators.ratioCount >= configuration.volatilityCandlesMin,
            let low = indicators.ratioPercentile(configuration.lowPercentile),
            let high = indicators.ratioPercentile(configuration.highPercentile),
            let extreme = indicators.ratioPercentile(configuration.extremePercentile)
        else { return nil }
        return ratio < low ? .low : ratio < high ? .normal : ratio < extreme ? .high : .extreme
    }

    var isWarm: Bool { reason == nil || reason == .volatilityExtreme }

    /// Writes what is known, and what follows from it: rows of the strategy reference's table work together.
    func describe(_ signal: inout RegimeSignal, isRiskOff: Bool) {
        signal.isWarm = isWarm
        signal.isTradeable = reason == nil
        signal.reason = reason?.rawValue
        signal.adx = adx
        signal.atrRatio = ratio
        if let regime { signal.regime = regime }
        if let phase { signal.volatilityPhase = phase }
        signal.isRiskOff = isRiskOff
        guard isWarm else { return }
        switch phase {
        case .low:
            signal.takeProfitMultiplier *= 0.8
            signal.stopLossMultiplier *= 0.8
            signal.leverageMax = min(signal.leverageMax, 10)
        case .high:
            signal.weight1 *= 1.15
            signal.weight2 *= 1.15
            signal.takeProfitMultiplier *= 1.3
            signal.stopLossMultiplier *= 1.3
            signal.leverageMax = min(signal.leverageMax, 8)
        case .normal, .extreme, nil: break
        }
        switch regime {
        case .trending:
            signal.weight3 *= 1.25
            signal.preferredStrategy = .momentum
        case .ranging:
            signal.weight4 *= 1.25
            signal.preferredStrategy = .reversion
        case .choppy:
            signal.sizeMultiplier *= 0.5
            signal.preferredStrategy = .cascade
        case nil: break
        }
        if isRiskOff { signal.sizeMultiplier *= 0.5 }
    }
}
