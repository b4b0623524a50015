import SignalContracts
import TradingPrimitives
public import Venue
public import WebClient

extension UserEvent {
    /// Reads a frame of the user stream, raw or in the combined wrapper. Nil for an event that is of no concern here
    /// (`TRADE_LITE` repeats what `ORDER_TRADE_UPDATE` says in full).
    public static func read(_ frame: UnsafeRawBufferPointer) throws(FrameError) -> UserEvent? {
        var value = try JSONValue(frame)
        if let data = value["data"] { value = data }
        switch value["e"]?.text {
        case "ORDER_TRADE_UPDATE": return try order(value)
        case "ALGO_UPDATE": return try stop(value)
        case "ACCOUNT_UPDATE": return try account(value)
        case "listenKeyExpired": return .listenKeyExpired
        case "MARGIN_CALL": return .marginCall
        case "ACCOUNT_CONFIG_UPDATE":
            guard let change = value["ac"] else { return nil }
            guard let symbol = change.symbol("s"), let leverage = change["l"]?.integer else {
                throw .badField("ac")
            }
            guard 1...1000 ~= leverage else { throw .badField("l, out of range") }
            return .leverageChanged(symbol, Int(leverage))
        default: return nil
        }
    }

    private static func order(_ event: JSONValue) throws(FrameError) -> UserEvent {
        guard let order = event["o"], let symbol = order.symbol("s"), let clientOrderId = order["c"]?.text,
            let orderId = order["i"]?.integer, let side = order.word("S", Side.self),
            let price: Price = order["p"]?.truncated(), let quantity: Quantity = order["q"]?.decimal(),
            let executed: Quantity = order["z"]?.decimal(), let time = order["T"]?.integer
        else { throw .badField("o") }
        guard let status = status(order["X"]?.text ?? "", executed: executed, of: quantity) else {
            throw .badField("X")
        }
        let report = OrderReport(
            symbol: symbol, clientOrderId: clientOrderId, orderId: orderId, side: side, status: status, price: price,
            quantity: quantity, executedQuantity: executed, isReduceOnly: order["R"]?.bool ?? false,
            updateTime: Timestamp(milliseconds: time))
        guard report.isPlausible else { throw .badField("o, out of range") }
        let isFill = order["x"]?.text == "TRADE" || order["x"]?.text == "CALCULATED"
        guard isFill, let last: Quantity = try order.ifTold("l"), last != .zero else {
            return .order(report, fill: nil)
        }
        return .order(report, fill: try fill(order, report, last))
    }

    private static func fill(
        _ order: JSONValue, _ report: OrderReport, _ quantity: Quantity
    ) throws(FrameError) -> Fill {
        guard let tradeId = order["t"]?.integer, let price: Price = order["L"]?.truncated() else {
            throw .badField("t, L")
        }
        let fill = Fill(
            symbol: report.symbol, tradeId: tradeId, orderId: report.orderId, clientOrderId: report.clientOrderId,
            side: report.side, price: price, quantity: quantity,
            fee: (try order.ifTold("n") ?? Notional.zero).magnitude,
            feeAsset: order["N"]?.text.map(ExecutionAsset.name) ?? ExecutionAsset.settlement,
            isMaker: order["m"]?.bool ?? false,
            realizedPnl: try order.ifTold("rp") ?? .zero, time: report.updateTime)
        guard fill.isPlausible else { throw .badField("t, L, l, n, rp, out of range") }
        return fill
    }

    /// Orders that the venue makes by itself (liquidation, deleveraging) have states of their own.
    private static func status(_ text: String, executed: Quantity, of quantity: Quantity) -> OrderStatus? {
        if let status = OrderStatus(rawValue: text) { return status }
        guard text == "NEW_ADL" || text == "NEW_INSURANCE" || text == "CALCULATED" else { return nil }
        return executed >= quantity ? .filled : executed > .zero ? .partiallyFilled : .new
    }

    private static func stop(_ event: JSONValue) throws(FrameError) -> UserEvent {
        guard let order = event["o"], let symbol = order.symbol("s"), let clientOrderId = order["caid"]?.text,
            let algoId = order["aid"]?.integer, let side = order.word("S", Side.self),
            let status = order.word("X", StopStatus.self), let triggerPrice: Price = order["tp"]?.truncated(),
            let time = event["T"]?.integer ?? event["E"]?.integer
        else { throw .badField("o") }
        let quantity: Quantity? = try order.ifTold("q")
        let report = StopReport(
            symbol: symbol, clientOrderId: clientOrderId, algoId: algoId, side: side, status: status,
            triggerPrice: triggerPrice, quantity: quantity.flatMap { $0 == .zero ? nil : $0 },
            orderId: order["ai"]?.integer.flatMap { $0 > 0 ? $0 : nil },
            reason: order["rm"]?.text.flatMap { $0.isEmpty ? nil : String($0.prefix(200)) },
            updateTime: Timestamp(milliseconds: time))
        guard report.isPlausible else { throw .badField("o, out of range") }
        return .stop(report)
    }

    private static func account(_ event: JSONValue) throws(FrameError) -> UserEvent {
        guard let change = event["a"] else { throw .badField("a") }
        var balance: Notional?, moved: Notional?
        for asset in change["B"]?.elements ?? [] where asset["a"]?.text == "USDT" {
            balance = try asset.ifTold("wb")
            moved = try asset.ifTold("bc")
        }
        guard isMoney(balance ?? .zero), isMoney(moved ?? .zero) else { throw .badField("wb, bc, out of range") }
        var positions: [PositionChange] = []
        for position in change["P"]?.elements ?? [] {
            guard let symbol = position.symbol("s"), let quantity: Quantity = position["pa"]?.decimal(),
                let entryPrice: Price = position["ep"]?.truncated()
            else { throw .badField("P") }
            positions.append(PositionChange(symbol: symbol, quantity: quantity, entryPrice: entryPrice))
        }
        let reason = change["m"]?.text ?? ""
        if reason == "FUNDING_FEE", let moved, let time = event["T"]?.integer {
            guard MarketBounds.times ~= Timestamp(milliseconds: time) else { throw .badField("T, out of range") }
            return .funding(
                change.symbol("S") ?? positions.first?.symbol, amount: moved, time: Timestamp(milliseconds: time),
                walletBalance: balance)
        }
        let isTransfer = !resultReasons.contains(reason)
        return .account(
            walletBalance: balance, transferred: isTransfer ? moved ?? .zero : .zero, positions: positions)
    }

    /// Reasons of a change of balance that trading has: all others move money in or out.
    private static let resultReasons: Set = ["", "ORDER", "FUNDING_FEE", "ADJUSTMENT", "INSURANCE_CLEAR"]
}
