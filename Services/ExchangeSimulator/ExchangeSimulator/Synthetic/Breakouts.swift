import TradingPrimitives

/// Set-ups at the opening of a demonstration: each minute or so a contract breaks out the way that the market has been
/// going. Makers lean, takers of one side come in quick succession, some of them take their profit, and the price goes on.
/// It is what strategy A looks for, far more often than a market has it.
struct Breakouts: Sendable {
    /// What the makers and takers of one contract do for a while.
    struct Phase: Sendable {
        let lengthMs: Int64
        /// The makers' lean, and what is added to the takers' bias, along the breakout.
        let lean: Double
        let bias: Double
        /// Orders of each of the bursts that come one after the other; below zero they go against the breakout.
        var burstOrders = 0
    }

    private static let phases = [
        Phase(lengthMs: 3000, lean: 2.4, bias: 0.5),
        Phase(lengthMs: 1500, lean: 2.4, bias: 4, burstOrders: 14),
        Phase(lengthMs: 3000, lean: -0.6, bias: -1.2, burstOrders: -4),
        Phase(lengthMs: 45_000, lean: 0.5, bias: 1),
    ]
    private static let everyMs: Int64 = 75_000
    private static let firstMs: Int64 = 60_000
    /// From one contract to the next.
    private static let apartMs: Int64 = 30_000
    private static let burstEveryMs: Int64 = 120
    /// What one order moves the price by, as a share of it; at least a tick.
    private static let step = 3e-6

    let side: Side
    private let first: Timestamp
    private let end: Timestamp
    private var nextBurst: Timestamp

    init(_ side: Side, index: Int, start: Timestamp, lengthMs: Int64) {
        self.side = side
        first = start + Self.firstMs + Int64(index) * Self.apartMs
        end = start + lengthMs
        nextBurst = start
    }

    /// Nil between two breakouts.
    func phase(at now: Timestamp) -> Phase? {
        guard now >= first, now < end else { return nil }
        var passed = (now - first) % Self.everyMs
        for phase in Self.phases {
            if passed < phase.lengthMs { return phase }
            passed -= phase.lengthMs
        }
        return nil
    }

    /// The lean after `seconds` of the phase.
    func pull(_ lean: Double, _ phase: Phase, _ seconds: Double) -> Double {
        lean + (phase.lean * Double(side.sign) - lean) * min(1, seconds / 0.4)
    }

    /// The burst that begins now, if one does.
    mutating func burst(
        _ phase: Phase, at now: Timestamp, price: Double, tickSize: Double
    ) -> SyntheticInstrument.Burst? {
        guard phase.burstOrders != 0, now >= nextBurst else { return nil }
        nextBurst = now + Self.burstEveryMs
        let orders = abs(phase.burstOrders)
        return SyntheticInstrument.Burst(
            side: phase.burstOrders > 0 ? side : side.opposite, orders: orders,
            ticks: orders * max(1, Int(price * Self.step / tickSize)))
    }
}
