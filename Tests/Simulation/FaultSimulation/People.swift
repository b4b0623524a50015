import BinanceFutures
import ExchangeSimulator
import TradingPrimitives
import WebClient

/// A person with the venue's app, on the same account.
enum People {
    static func act(_ world: World) {
        let symbol = world.trouble.pick(of: world.symbols)
        guard let index = world.symbols.firstIndex(of: symbol) else { return }
        let amount = world.venue.exchange.accounts[world.venue.account].positions[index].amount
        world.checker.personActed()
        switch world.trouble.pick(0...5) {
        case 0 where amount != .zero:
            order(world, symbol, amount > .zero ? .sell : .buy, amount.magnitude, isReduceOnly: true)
        case 1 where amount != .zero: order(world, symbol, amount > .zero ? .buy : .sell, amount.magnitude)
        // Where nothing is held, or into a position of ours.
        case 5:
            let mark = world.venue.exchange.books[index].mark.price
            let quantity = Notional(raw: world.trouble.pick(150...600) * fixedScale).buys(at: mark)
            let step = world.venue.exchange.instruments[index].rules.stepSize
            order(
                world, symbol, world.trouble.pick(0...1) == 0 ? .buy : .sell,
                quantity.rounded(toMultipleOf: step, .down))
        case 2:
            _ = world.venue.answer(RestRequest(.delete, "/fapi/v1/allOpenOrders", [("symbol", symbol.name)]))
        case 3:
            _ = world.venue.answer(RestRequest(.delete, "/fapi/v1/algoOpenOrders", [("symbol", symbol.name)]))
        default:
            _ = world.venue.answer(
                RestRequest(
                    .post, "/fapi/v1/leverage",
                    [("symbol", symbol.name), ("leverage", "\(world.trouble.pick(5...20))")]))
        }
    }

    private static func order(
        _ world: World, _ symbol: Symbol, _ side: Side, _ quantity: Quantity, isReduceOnly: Bool = false
    ) {
        var parameters = [
            ("symbol", symbol.name), ("side", side.rawValue), ("type", "MARKET"), ("quantity", quantity.description),
        ]
        if isReduceOnly { parameters.append(("reduceOnly", "true")) }
        _ = world.venue.answer(RestRequest(.post, "/fapi/v1/order", parameters))
    }
}
