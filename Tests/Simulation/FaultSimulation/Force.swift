import ExchangeSimulator
import TradingPrimitives

/// What the market and the venue do to a position.
enum Force {
    /// Frames of the market tell crossed books, or prices that are many times too high; nothing trades there.
    static func distort(_ world: World) {
        let isCrossed = world.trouble.pick(0...1) == 0, lifeMs = world.trouble.pick(50...4000)
        let factor = world.trouble.pick(2...10)
        world.venue.act { exchange in
            let fault = Fault(isCrossed ? .crossedBooks : .absurdPrices, lifeMs: lifeMs) { $0.factor = factor }
            _ = exchange.faults.add(fault, now: exchange.now)
        }
    }

    static func strike(_ world: World) {
        let index = Int(world.trouble.pick(0...Int64(world.symbols.count - 1)))
        let amount = world.venue.exchange.accounts[world.venue.account].positions[index].amount
        let kind = world.trouble.pick(0...5)
        world.venue.act { exchange in
            do throws(Refusal) {
                switch kind {
                case 0 where amount != .zero: try exchange.liquidate(world.venue.account, index)
                case 1 where amount != .zero:
                    try exchange.deleverage(
                        world.venue.account, index, Ratio(raw: world.trouble.pick(1...9) * fixedScale / 10))
                default:
                    // Up to 0.4 %, either way.
                    try exchange.gap(index, by: Ratio(raw: world.trouble.pick(-40...40) * fixedScale / 10_000))
                }
            } catch {
                // A part that is less than the least quantity, a market without a price: nothing happens.
            }
        }
    }
}
