public import TradingPrimitives

/// The venue's counters: request weight by address and orders by account, in fixed windows of the venue's clock.
public struct RateLimits: Sendable {
    public static let weightPerMinute = 2400
    public static let ordersPerMinute = 1200
    public static let ordersPer10s = 300
    /// Requests refused in one minute before the address is shut out.
    private static let refusalsBeforeBan = 50

    private struct Window: Sendable {
        let spanMs: Int64
        var start = Timestamp.zero
        var count = 0

        mutating func roll(_ now: Timestamp) {
            let current = now.floored(to: spanMs)
            if current != start { (start, count) = (current, 0) }
        }
    }

    /// Requests in five minutes of routes that weigh nothing: statistics, and funding rates.
    private static let statisticsPer5m = 1000
    private static let fundingsPer5m = 500
    private var statistics = Window(spanMs: 300_000)
    private var fundings = Window(spanMs: 300_000)
    private var weight = Window(spanMs: 60_000)
    private var refusals = Window(spanMs: 60_000)
    private var orders10s: [Window] = []
    private var orders1m: [Window] = []
    private var bannedUntil = Timestamp.zero

    public init() {}

    public var usedWeight: Int { weight.count }

    /// Orders of an account in the last ten-second and one-minute windows.
    public func orderCounts(_ account: Int) -> (in10s: Int, in1m: Int) {
        guard account < orders10s.count else { return (0, 0) }
        return (orders10s[account].count, orders1m[account].count)
    }

    /// Counts a request. Throws when it is one too many.
    public mutating func spend(_ cost: Int, now: Timestamp) throws(Refusal) {
        weight.roll(now)
        refusals.roll(now)
        if now < bannedUntil { throw Self.banned(until: bannedUntil.milliseconds) }
        weight.count += cost
        guard weight.count > Self.weightPerMinute else { return }
        refusals.count += 1
        if refusals.count > Self.refusalsBeforeBan {
            bannedUntil = now + 120_000
            throw Self.banned(until: bannedUntil.milliseconds)
        }
        throw Self.tooManyRequests
    }

    /// Counts a request of a route that has a limit of its own. Throws when it is one too many.
    public mutating func spend(onOwnLimitOf path: String, now: Timestamp) throws(Refusal) {
        if path.hasPrefix("/futures/data/") {
            try Self.spend(&statistics, Self.statisticsPer5m, now)
        } else if path == "/fapi/v1/fundingRate" || path == "/fapi/v1/fundingInfo" {
            try Self.spend(&fundings, Self.fundingsPer5m, now)
        }
    }

    private static func spend(_ window: inout Window, _ limit: Int, _ now: Timestamp) throws(Refusal) {
        window.roll(now)
        window.count += 1
        if window.count > limit {
            throw Refusal(
                -1003, "Too many requests; current limit of IP is \(limit) requests per 5 minutes.", status: 429,
                windowMs: 300_000)
        }
    }

    static let tooManyRequests = Refusal(
        -1003,
        "Too many requests; current limit of IP is \(weightPerMinute) requests per minute. "
            + "Please use the websocket for live updates to avoid polling the API.", status: 429)

    /// `time`: milliseconds since 1970.
    static func banned(until time: Int64) -> Refusal {
        Refusal(
            -1003,
            "Way too many requests; IP banned until \(time). "
                + "Please use the websocket for live updates to avoid bans.", status: 418)
    }

    /// Counts a request of orders: `cost` on ten seconds, one on the minute. Throws when it is one too many.
    public mutating func spendOrders(_ cost: Int, _ account: Int, now: Timestamp) throws(Refusal) {
        while orders10s.count <= account {
            orders10s.append(Window(spanMs: 10_000))
            orders1m.append(Window(spanMs: 60_000))
        }
        orders10s[account].roll(now)
        orders1m[account].roll(now)
        orders10s[account].count += cost
        orders1m[account].count += 1
        if orders10s[account].count > Self.ordersPer10s {
            throw Refusal(
                -1015, "Too many new orders; current limit is \(Self.ordersPer10s) orders per TEN_SECONDS.",
                status: 429,
                windowMs: 10_000)
        }
        if orders1m[account].count > Self.ordersPerMinute {
            throw Refusal(
                -1015, "Too many new orders; current limit is \(Self.ordersPerMinute) orders per MINUTE.", status: 429)
        }
    }
}
