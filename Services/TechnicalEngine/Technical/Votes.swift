import Indicators
import SignalContracts
import TradingPrimitives

/// The two votes over the same readings: with the trend, and against an extreme.
struct Votes {
    private let configuration: TechnicalConfiguration

    init(_ configuration: TechnicalConfiguration) { self.configuration = configuration }

    /// In [−1, 1].
    func trend(_ signal: TechnicalSignal) -> Double {
        var votes = 0.0
        votes += 0.35 * Double(signal.emaTrend.sign)
        votes += 0.10 * Double(signal.emaCross?.sign ?? 0)
        votes += 0.25 * Double(signal.macdMomentum.sign)
        votes += 0.20 * Double(signal.vwapSide?.sign ?? 0)
        if let rsi = signal.rsi {
            votes += 0.10 * (rsi > configuration.rsiTrend ? 1 : rsi < 100 - configuration.rsiTrend ? -1 : 0)
        }
        let slope = signal.emaSlope3m ?? 0
        if slope * votes > 0 { votes *= 1.2 }
        if slope * votes < 0 { votes *= 0.7 }
        return min(1, max(-1, votes))
    }

    /// In [−1, 1].
    func reversion(_ signal: TechnicalSignal) -> Double {
        var votes = 0.0
        if let rsi = signal.rsi {
            let (zone, extreme) = (configuration.rsiZone, configuration.rsiExtreme)
            let low = rsi < extreme ? 1 : rsi < zone ? 0.5 : 0
            let high = rsi > 100 - extreme ? 1 : rsi > 100 - zone ? 0.5 : 0
            votes += 0.50 * (low - high)
        }
        votes += 0.30 * (signal.bollingerZone == .lower ? 1 : signal.bollingerZone == .upper ? -1 : 0)
        votes += 0.10 * Double(signal.rsiDivergenceDirection?.sign ?? 0)
        if let distance = signal.vwapDistance {
            votes +=
                0.10 * (distance < -configuration.vwapExtended ? 1 : distance > configuration.vwapExtended ? -1 : 0)
        }
        return votes
    }

    /// Directions and strengths of a warm signal.
    func judge(_ signal: inout TechnicalSignal) {
        let trend = trend(signal), reversion = reversion(signal)
        signal.direction = direction(trend, beyond: configuration.trendMin)
        signal.reversionDirection = direction(reversion, beyond: configuration.reversionMin)
        signal.strength = clamp01(abs(trend) / configuration.trendFull)
        signal.reversionStrength = clamp01(abs(reversion))
    }

    private func direction(_ votes: Double, beyond limit: Double) -> TrendDirection {
        votes > limit ? .long : votes < -limit ? .short : .neutral
    }
}
