import SignalContracts
import TradingPrimitives

/// Best prices at the decision.
struct Quote {
    let bid: Price
    let ask: Price

    init(_ signal: OrderFlowSignal?) throws(Refusal) {
        guard let bid = signal?.bestBid, let ask = signal?.bestAsk, bid > .zero, ask > bid else {
            throw Refusal(.noBook, "the decision holds no valid best prices")
        }
        self.bid = bid
        self.ask = ask
    }

    /// (ask − bid)/bid.
    var spread: Double { Double(ask.raw - bid.raw) / Double(bid.raw) }

    /// Inside the spread by the offset, but never taking: LONG min(bid + offset, ask − 1 tick), SHORT mirrored.
    func entryPrice(_ direction: Direction, offsetTicks: Int, tick: Price) -> Price {
        let offset = tick * Int64(offsetTicks)
        return direction == .long ? min(bid + offset, ask - tick) : max(ask - offset, bid + tick)
    }
}

/// Distances of stop, target and trail from the entry, on the tick.
struct Distances {
    let stop: Price
    let takeProfit: Price
    let trail: Price
    /// As parts of the entry price.
    let stopRatio: Double
    let takeProfitRatio: Double
    let atrRatio: Double

    var grossRewardToRisk: Double { takeProfitRatio / stopRatio }

    init(atr: Double, price: Price, rules: InstrumentRules, _ configuration: RiskConfiguration) throws(Refusal) {
        let entry = price.double
        guard atr > 0, entry > 0 else { throw Refusal(.noAtr, "ATR \(atr) at price \(price)") }
        stopRatio = min(
            max(configuration.stopAtr * atr / entry, configuration.stopDistanceMin), configuration.stopDistanceMax)
        takeProfitRatio = min(configuration.takeProfitAtr * atr / entry, configuration.takeProfitDistanceMax)
        atrRatio = atr / entry
        // First the noise of binary arithmetic goes, on the 1e-8 grid; then stop and target take the nearer tick.
        guard let stop = Price(stopRatio * entry, rounding: .nearest),
            let takeProfit = Price(takeProfitRatio * entry, rounding: .nearest),
            let trail = Price(configuration.trailAtr * atr, rounding: .nearest)
        else { throw Refusal(.noAtr, "ATR \(atr) is out of range") }
        self.stop = max(rules.tickSize, rules.price(stop, rounding: .down))
        self.takeProfit = max(rules.tickSize, rules.price(takeProfit, rounding: .down))
        self.trail = max(rules.tickSize, rules.price(trail, rounding: .up))
    }
}

extension RiskManager {
    /// Size by risk, cut to the margin caps; leverage as low as the cap allows, within its bounds.
    func size(
        _ decision: Decision, entry: Price, distances: Distances, balance: Notional, rules: InstrumentRules
    ) throws(Refusal) -> TradeTerms {
        let money = balance.double
        let wanted = money * configuration.riskPerTrade / distances.stopRatio
        let needed = Int((wanted / (money * configuration.marginCap)).rounded(.up))
        let leverage = min(max(needed, configuration.leverageMin), configuration.leverageMax)
        let room = min(configuration.marginCap * money, configuration.marginCapTotal * money - exposure.margin.double)
        guard room > 0 else {
            throw Refusal(
                .marginCap, "margin in use \(exposure.margin) of \(rounded(configuration.marginCapTotal * money))")
        }
        let affordable = room * Double(leverage)
        let liquidationRatio = 1 / Double(leverage) - configuration.maintenanceMarginRatio
        guard distances.stopRatio <= liquidationRatio / 2 else {
            throw Refusal(
                .liquidation,
                "stop \(rounded(distances.stopRatio * 100)) % > half of \(rounded(liquidationRatio * 100)) %")
        }
        guard let notional = Notional(min(wanted, affordable), rounding: .down) else {
            throw Refusal(.marginCap, "size \(min(wanted, affordable)) is out of range")
        }
        let quantity = rules.quantity(atMost: notional.quantity(at: entry))
        guard rules.admits(quantity, at: entry) else {
            throw Refusal(.minNotional, "\(quantity) × \(entry) < \(rules.minNotional)")
        }
        let entryFee = configuration.makerFeeRate.double
        let gain = distances.takeProfitRatio - entryFee - configuration.makerFeeRate.double
        let effective = gain / (distances.stopRatio + entryFee + configuration.takerFeeRate.double)
        return TradeTerms(
            entryPrice: entry, quantity: quantity, notional: entry * quantity, leverage: leverage,
            margin: Notional(raw: (entry * quantity).raw / Int64(leverage)), stopDistance: distances.stop,
            takeProfitDistance: distances.takeProfit, trailDistance: distances.trail,
            takeProfitFraction: configuration.takeProfitFraction, entryOffsetTicks: configuration.entryOffsetTicks,
            entryTimeoutMs: configuration.entryTimeoutMs, maxHoldMs: configuration.maxHoldMs,
            riskRatio: configuration.riskPerTrade, riskBound: wanted <= affordable ? "risk_per_trade" : "margin_cap",
            grossRewardToRisk: distances.grossRewardToRisk, effectiveRewardToRisk: effective,
            breakevenWinRate: 1 / (1 + effective), makerFeeRate: configuration.makerFeeRate,
            takerFeeRate: configuration.takerFeeRate)
    }
}
