import SignalContracts

// What people see of a position: the key `position:{S}`.
extension Executor {
    /// Shows what a desk holds, or that it holds nothing.
    mutating func show(_ index: Int) {
        let desk = desks[index]
        var shown: Fields?
        if let position = desk.position, !position.isOver {
            var fields = position.hotState
            fields.put("liquidation", desk.liquidationPrice)
            fields.put("close_by", position.endOfHold(configuration))
            shown = fields
        }
        effects.append(.project(desk.symbol, shown))
    }
}

extension Position {
    fileprivate var hotState: Fields {
        var fields = Fields()
        fields.put("plan", plan.id)
        fields.put("state", state)
        fields.put("side", direction)
        fields.put("strategy", plan.strategy)
        fields.put("size", held)
        fields.put("entry", entered.averagePrice)
        fields.put("sl", stopPrice)
        fields.put("tp1", orders(.target).last?.price)
        // What is left after the target leaves where the price turns: by the stop that trails.
        fields.put("tp2", state == .trailing ? stopPrice : nil)
        fields.put("leverage", terms.leverage)
        fields.put("open_time", entered.firstTime)
        return fields
    }
}
