import SignalContracts
import TradingPrimitives

/// The part of the balance that one stop may cost, and the bound that set it.
struct RiskShare: Equatable {
    let ratio: Double
    let bound: String

    /// By confidence, reduced by a streak or a bad day, bounded by the caps, times the regime's multiplier.
    init(
        confidence: Double, _ session: borrowing RiskSession, sizeMultiplier: Double, _ configuration: RiskConfiguration
    ) {
        let rules = configuration.sizing
        guard configuration.profile == .vortex7 else {
            (ratio, bound) = (rules.riskPerTrade, "risk_per_trade")
            return
        }
        var tier = confidence >= 80 ? rules.riskHigh : confidence >= 60 ? rules.riskMiddle : rules.riskLow
        var name = "confidence"
        if session.lossStreak >= rules.streakLosses {
            tier *= rules.reduction
            name = "loss_streak"
        }
        if session.dailyLoss > rules.reducedDailyLoss {
            tier *= rules.reduction
            name = "daily_loss"
        }
        var bounds = [(tier, name), (rules.riskPerTrade * rules.riskCap, "risk_per_trade")]
        if session.reducedTradesLeft > 0 { bounds.append((configuration.breakers.streakRiskMax, "after_streak")) }
        if let kelly = session.quarterKelly(tradesMin: rules.kellyTradesMin) {
            bounds.append((max(kelly, rules.kellyFloor), "kelly"))
        }
        let least = bounds.min { $0.0 < $1.0 } ?? (0, "none")
        ratio = least.0 * sizeMultiplier
        bound = least.1
    }
}

extension RiskManager {
    /// Size by risk, cut to the margin caps; leverage as low as the cap allows, within its bounds.
    func size(
        _ setting: borrowing Setting, _ levels: Levels, _ share: RiskShare, balance: Notional
    ) throws(PlanRefusal) -> TradeTerms {
        let configuration = setting.configuration
        let rules = configuration.sizing
        let money = balance.double
        guard share.ratio > 0 else { throw PlanRefusal(.noBalance, "the risk allowed is zero (\(share.bound))") }
        let wanted = money * share.ratio / levels.stopRatio
        let leverage = try leverage(for: wanted, balance: money, setting)
        let room = min(rules.marginCap * money, rules.marginCapTotal * money - exposure.margin.double)
        guard room > 0 else {
            throw PlanRefusal(
                .marginCap, "margin in use \(exposure.margin) of \(rounded(rules.marginCapTotal * money))")
        }
        let affordable = room * Double(leverage)
        // More than one market order may take could not be closed by one.
        let exitable = (levels.entry * setting.rules.marketSlice(of: Quantity(raw: .max))).double
        guard let notional = Notional(min(wanted, affordable, exitable), rounding: .down) else {
            throw PlanRefusal(.marginCap, "size \(min(wanted, affordable)) is out of range")
        }
        try checkLiquidation(levels, notional: notional, leverage: leverage, setting)
        let quantity = setting.rules.quantity(atMost: notional.quantity(at: levels.entry))
        guard setting.rules.admits(quantity, at: levels.entry) else {
            throw PlanRefusal(.minNotional, "\(quantity) × \(levels.entry) < \(setting.rules.minNotional)")
        }
        let exits = configuration.exits(of: setting.strategy)
        let fees = FeeModel(maker: setting.makerFeeRate.double, taker: setting.takerFeeRate.double)
        let effective = fees.effectiveRewardToRisk(takeProfit: levels.takeProfitRatio, stop: levels.stopRatio)
        if configuration.effectiveRewardToRiskMin > 0, effective < configuration.effectiveRewardToRiskMin {
            throw PlanRefusal(
                .effectiveRewardToRisk, "\(rounded(effective)) after fees < \(configuration.effectiveRewardToRiskMin)")
        }
        var terms = TradeTerms(
            entryPrice: levels.entry, entryLevel: levels.entryLevel, quantity: quantity,
            notional: levels.entry * quantity, leverage: leverage,
            margin: levels.entry * quantity / Int64(leverage), stopDistance: levels.stop,
            takeProfitDistance: levels.takeProfit, trailDistance: levels.trail,
            takeProfitFraction: exits.takeProfitFraction, entryOffsetTicks: setting.entryOffsetTicks,
            entryTimeoutMs: exits.entryTimeoutMs, maxHoldMs: exits.maxHoldMs, riskRatio: share.ratio,
            riskBound: exitable < min(wanted, affordable)
                ? "market_order" : wanted <= affordable ? share.bound : "margin_cap",
            grossRewardToRisk: levels.grossRewardToRisk, effectiveRewardToRisk: effective,
            breakevenWinRate: fees.breakevenWinRate(takeProfit: levels.takeProfitRatio, stop: levels.stopRatio),
            makerFeeRate: setting.makerFeeRate,
            takerFeeRate: setting.takerFeeRate)
        terms.balance = balance
        return terms
    }

    private func leverage(for wanted: Double, balance: Double, _ setting: borrowing Setting) throws(PlanRefusal) -> Int
    {
        let rules = setting.configuration.sizing
        let bracket = Notional(wanted, rounding: .up).flatMap { setting.rules.bracket(of: $0)?.maxLeverage } ?? Int.max
        let most = min(rules.leverageMax, setting.regime.leverageMax, bracket)
        guard most >= 1 else { throw PlanRefusal(.marginCap, "no leverage is allowed") }
        let needed = (wanted / (balance * rules.marginCap)).rounded(.up)
        // Not a number, or beyond one: the most that is allowed.
        return needed < Double(most) ? min(max(Int(max(0, needed)), rules.leverageMin), most) : most
    }

    /// An isolated position is liquidated when its margin falls to the maintenance margin of its bracket.
    private func checkLiquidation(
        _ levels: Levels, notional: Notional, leverage: Int, _ setting: borrowing Setting
    ) throws(PlanRefusal) {
        let maintenance =
            setting.rules.maintenanceMargin(of: notional).map { $0.double / notional.double }
            ?? setting.configuration.sizing.maintenanceMarginRatio
        let distance = 1 / Double(leverage) - maintenance
        guard levels.stopRatio <= distance / 2 else {
            throw PlanRefusal(
                .liquidation, "stop \(percent(levels.stopRatio)) > half of the way to liquidation, \(percent(distance))"
            )
        }
    }
}
