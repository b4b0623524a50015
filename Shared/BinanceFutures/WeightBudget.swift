public import TradingPrimitives
import WebClient

/// Keeps our use of the venue's limits below a bound: weight by whole minutes, and orders by whole minutes and ten
/// seconds, as the venue counts.
public struct WeightBudget: Sendable {
    /// The venue's limit of one minute.
    public private(set) var limit: Int
    /// Share of each limit that ordinary requests may use; the rest is for critical ones.
    public let ordinaryShare: Double
    /// Those of this program, which nothing raises.
    private let usualLimits: (weight: Int, in10s: Int, in1m: Int)
    private var weight: Window
    private var ordersIn10s: Window
    private var ordersIn1m: Window
    private var blockedUntil = Timestamp.zero
    private var bannedUntil = Timestamp.zero

    private struct Window {
        let lengthMs: Int64
        var limit: Int
        var number: Int64 = 0
        var used = 0

        mutating func roll(_ time: Timestamp) {
            let now = time.milliseconds / lengthMs
            guard now != number else { return }
            number = now
            used = 0
        }

        func admits(_ count: Int, share: Double) -> Bool { count == 0 || used + count <= Int(Double(limit) * share) }
    }

    public init(
        limit: Int = 2400, ordinaryShare: Double = 0.8, ordersPer10s: Int = 300, ordersPerMinute: Int = 1200
    ) {
        usualLimits = (limit, ordersPer10s, ordersPerMinute)
        self.limit = limit
        self.ordinaryShare = ordinaryShare
        weight = Window(lengthMs: 60_000, limit: limit)
        ordersIn10s = Window(lengthMs: 10_000, limit: ordersPer10s)
        ordersIn1m = Window(lengthMs: 60_000, limit: ordersPerMinute)
    }

    /// What the venue's list of limits says of ours; nil for one that it does not name.
    public struct Told: Equatable, Sendable {
        public var weightPerMinute: Int?
        public var ordersPer10s: Int?
        public var ordersPerMinute: Int?

        public init(weightPerMinute: Int? = nil, ordersPer10s: Int? = nil, ordersPerMinute: Int? = nil) {
            self.weightPerMinute = weightPerMinute
            self.ordersPer10s = ordersPer10s
            self.ordersPerMinute = ordersPerMinute
        }
    }

    /// The least that can be true of each: with less nobody could trade, and a position not be looked after.
    private static let leastWeight = 240, leastOrdersPer10s = 30, leastOrdersPerMinute = 120

    /// Takes the venue's limits where they are lower than ours; one that is greater may be its mistake, or soon be taken back.
    /// Returns what can't be true, in words; such a limit stays as it was.
    public mutating func adopt(_ told: Told) -> [String] {
        var absurd: [String] = []
        func lower(_ limit: Int, _ told: Int?, _ least: Int, _ name: String) -> Int {
            guard let told else { return limit }
            guard told >= least else {
                absurd.append("\(name) \(told)")
                return limit
            }
            return min(limit, told)
        }
        limit = lower(usualLimits.weight, told.weightPerMinute, Self.leastWeight, "weight a minute")
        weight.limit = limit
        ordersIn10s.limit = lower(usualLimits.in10s, told.ordersPer10s, Self.leastOrdersPer10s, "orders in 10 s")
        ordersIn1m.limit = lower(usualLimits.in1m, told.ordersPerMinute, Self.leastOrdersPerMinute, "orders a minute")
        return absurd
    }

    /// Weight used in this minute.
    public var used: Int { weight.used }

    /// Nil when a request may be sent now, and then it is counted; otherwise why not.
    public mutating func take(_ request: RestRequest, at time: Timestamp) -> String? {
        if time < bannedUntil { return "banned until \(bannedUntil)" }
        if time < blockedUntil, !request.isCritical || request.method == .get {
            return "the venue wants no requests until \(blockedUntil)"
        }
        roll(time)
        let share = request.isCritical ? 1 : ordinaryShare
        guard weight.admits(request.weight, share: share) else { return "weight budget of this minute is spent" }
        let orders = request.isOrder ? 1 : 0
        guard ordersIn10s.admits(orders, share: share), ordersIn1m.admits(orders, share: share) else {
            return "the orders of this minute or ten seconds are spent"
        }
        weight.used += request.weight
        ordersIn10s.used += orders
        ordersIn1m.used += orders
        return nil
    }

    /// How long a request of such a weight has to wait from `time` on, milliseconds of the venue's time, if it may use this
    /// share of the limit.
    public func waitMs(forWeight count: Int, share: Double, at time: Timestamp) -> Int64 {
        let end = max(blockedUntil, bannedUntil)
        if time < end { return end - time }
        var minute = weight
        minute.roll(time)
        return minute.admits(count, share: share) ? 0 : (minute.number + 1) * minute.lengthMs - time.milliseconds
    }

    /// What the venue says that we have used; nil where it says nothing.
    public mutating func told(weight: Int?, ordersIn10s: Int?, ordersIn1m: Int?, at time: Timestamp) {
        roll(time)
        self.weight.used = max(self.weight.used, weight ?? 0)
        self.ordersIn10s.used = max(self.ordersIn10s.used, ordersIn10s ?? 0)
        self.ordersIn1m.used = max(self.ordersIn1m.used, ordersIn1m ?? 0)
    }

    /// The venue wants no request for so long (429). Orders that protect a position, and cancels, still go: they are few, and
    /// can't wait.
    public mutating func block(forMs ms: Int64, at time: Timestamp) {
        blockedUntil = max(blockedUntil, time + ms)
    }

    /// The venue answers nothing for so long (418): each request would only make it longer.
    public mutating func ban(forMs ms: Int64, at time: Timestamp) { bannedUntil = max(bannedUntil, time + ms) }

    public func isBlocked(at time: Timestamp) -> Bool { time < max(blockedUntil, bannedUntil) }

    private mutating func roll(_ time: Timestamp) {
        weight.roll(time)
        ordersIn10s.roll(time)
        ordersIn1m.roll(time)
    }
}
