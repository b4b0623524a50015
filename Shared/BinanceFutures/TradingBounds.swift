import SignalContracts
import TradingPrimitives
import Venue

// What the venue's words about our account can hold. What is beyond can't be true, whatever it is: the frame is one that can't be
// read, and the answer leaves its outcome unknown, so that the venue is looked at again.
extension OrderReport {
    var isPlausible: Bool {
        orderId >= 0 && clientOrderId.utf8.count <= 64 && price >= .zero && isAmount(quantity)
            && isAmount(executedQuantity) && MarketBounds.admits(quantity, at: price)
            && MarketBounds.times ~= updateTime
    }
}

extension StopReport {
    var isPlausible: Bool {
        clientOrderId.utf8.count <= 64 && triggerPrice >= .zero && triggerPrice.raw <= .max / 2
            && quantity.map(isAmount) ?? true && MarketBounds.times ~= updateTime
    }
}

extension Fill {
    var isPlausible: Bool {
        tradeId >= 0 && orderId >= 0 && clientOrderId.map { $0.utf8.count <= 64 } ?? true
            && MarketBounds.prices ~= price
            && MarketBounds.quantities ~= quantity && MarketBounds.admits(quantity, at: price) && isMoney(fee)
            && isMoney(realizedPnl) && MarketBounds.times ~= time
    }
}

extension PositionReport {
    var isPlausible: Bool {
        entryPrice >= .zero && entryPrice.raw <= .max / 2 && markPrice >= .zero
            && MarketBounds.admits(quantity.magnitude, at: entryPrice) && isMoney(unrealizedPnl)
    }
}

extension AccountReport {
    var isPlausible: Bool { isMoney(walletBalance) && isMoney(availableBalance) && isMoney(unrealizedPnl) }
}

extension CommissionReport {
    /// A tenth of the notional at most; below zero for a rebate.
    var isPlausible: Bool {
        let most = Ratio(raw: fixedScale / 10)
        return makerFeeRate.magnitude <= most && takerFeeRate.magnitude <= most
    }
}

/// Ten thousand million at most, either way.
func isMoney(_ amount: Notional) -> Bool {
    amount.magnitude <= Notional(raw: MarketBounds.valueMax * fixedScale)
}

private func isAmount(_ quantity: Quantity) -> Bool { MarketBounds.amounts ~= quantity }
