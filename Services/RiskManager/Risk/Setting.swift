import SignalContracts
import TradingPrimitives

/// What the regime allows at the moment of the decision.
struct RegimeTerms {
    var takeProfitMultiplier = 1.0
    var stopLossMultiplier = 1.0
    var sizeMultiplier = 1.0
    var leverageMax = Int.max

    init() {}

    init(_ signal: RegimeSignal?, at time: Timestamp, ageMaxMs: Int64) throws(PlanRefusal) {
        guard let signal, signal.isWarm, time.isWithin(ageMaxMs, of: signal.eventTime) else {
            throw PlanRefusal(.noRegime, "E5 is missing, cold or older than \(ageMaxMs) ms")
        }
        guard signal.isTradeable else { throw PlanRefusal(.noRegime, signal.reason ?? "E5 says no") }
        guard signal.isSpreadOk else {
            throw PlanRefusal(.spread, "spread \(signal.spread.map(percent) ?? "unknown") is too wide")
        }
        takeProfitMultiplier = signal.takeProfitMultiplier
        stopLossMultiplier = signal.stopLossMultiplier
        sizeMultiplier = signal.sizeMultiplier
        leverageMax = signal.leverageMax
    }
}

/// What one plan is made from.
struct Setting {
    /// Of its contract.
    let configuration: RiskConfiguration
    let decision: Decision
    let strategy: Strategy
    let direction: Direction
    let rules: InstrumentRules
    let quote: Quote
    /// ATR(14) on 1m, quote units.
    let atr: Double
    let technical: TechnicalSignal
    let regime: RegimeTerms
    let entryOffsetTicks: Int
    /// The learner's multipliers.
    let takeProfitMultiplier: Double
    let profitMinMultiplier: Double
    let makerFeeRate: Ratio
    let takerFeeRate: Ratio

    /// +1 or −1.
    var sign: Double { Double(direction.sign) }
    var tick: Price { rules.tickSize }
}
