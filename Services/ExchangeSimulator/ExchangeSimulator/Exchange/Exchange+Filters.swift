import TradingPrimitives

// The contract's filters, each with the venue's code.
extension Exchange {
    /// `isChild`: an order that a trigger made; its value was checked when the conditional order came.
    func checkFilters(_ request: OrderRequest, isChild: Bool) throws(Refusal) {
        let instrument = instruments[request.instrument]
        try checkQuantity(request.quantity, instrument, isMarket: request.type == .market)
        let mark = books[request.instrument].markPrice
        if request.type == .limit {
            try checkPrice(request.price, instrument)
            let highest = mark * instrument.multiplierUp
            let lowest = mark * instrument.multiplierDown
            if mark > .zero, request.side == .buy, request.price > highest {
                throw .priceAbove(instrument.rules.price(highest, rounding: .down).description)
            }
            if mark > .zero, request.side == .sell, request.price < lowest {
                throw .priceBelow(instrument.rules.price(lowest, rounding: .up).description)
            }
        } else if let best = books[request.instrument][request.side.opposite].best, mark > .zero {
            let isOutside =
                request.side == .buy
                ? best.price > mark * instrument.multiplierUp : best.price < mark * instrument.multiplierDown
            if isOutside { throw .marketPriceOutside }
        }
        if !request.isReduceOnly, !isChild {
            let value = (request.type == .limit ? request.price : mark) * request.quantity
            if value < instrument.rules.minNotional {
                throw .notionalTooSmall(instrument.rules.minNotional.description)
            }
        }
        let open = books[request.instrument].restingBuys.count + books[request.instrument].restingSells.count
        if open >= instrument.maxOpenOrders { throw .tooManyOrders }
    }

    func checkQuantity(_ quantity: Quantity, _ instrument: Instrument, isMarket: Bool) throws(Refusal) {
        if quantity <= .zero { throw .quantityBelowZero }
        if quantity.raw % powerOfTen(8 - instrument.quantityPrecision) != 0 { throw .badPrecision }
        if quantity < instrument.rules.minQuantity { throw .quantityTooSmall }
        if quantity > (isMarket ? instrument.rules.maxMarketQuantity : instrument.rules.maxQuantity) {
            throw .quantityTooLarge
        }
        if !quantity.isMultiple(of: instrument.rules.stepSize) { throw .quantityOffStep }
    }

    func checkPrice(_ price: Price, _ instrument: Instrument) throws(Refusal) {
        if price <= .zero { throw .priceBelowZero }
        if price.raw % powerOfTen(8 - instrument.pricePrecision) != 0 { throw .badPrecision }
        if price < instrument.minPrice { throw .priceTooLow }
        if price > instrument.maxPrice { throw .priceTooHigh }
        if !price.isMultiple(of: instrument.rules.tickSize) { throw .priceOffTick }
    }

    private func powerOfTen(_ exponent: Int) -> Int64 {
        var power: Int64 = 1
        for _ in 0..<max(exponent, 0) { power *= 10 }
        return power
    }
}
