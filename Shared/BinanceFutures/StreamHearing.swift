import TradingPrimitives
import Venue

/// Finds out by what REST tells whether the user stream tells all: a stream can stand, answer pings, and be silent.
struct StreamHearing {
    private struct Heard {
        let clientOrderId: String
        var updatedAt: Timestamp
    }

    /// What the stream has said of orders and stops, newest last.
    private var orders: [Heard] = []
    /// Ids of the trades that the stream has told, newest last.
    private var trades: [Int64] = []
    private var since = Timestamp.zero

    private static let keptMax = 512
    /// The stream may lag behind REST for so long, milliseconds of the venue.
    let lagMaxMs: Int64

    init(lagMaxMs: Int64 = 5000) { self.lagMaxMs = lagMaxMs }

    /// A new stream stands: what happened before, it need not tell.
    mutating func opened(at time: Timestamp) { since = time }

    mutating func heard(_ event: UserEvent) {
        switch event {
        case .order(let report, let fill):
            note(report.clientOrderId, report.updateTime)
            guard let fill else { return }
            trades.append(fill.tradeId)
            if trades.count > Self.keptMax { trades.removeFirst() }
        case .stop(let report): note(report.clientOrderId, report.updateTime)
        case .account, .funding, .listenKeyExpired, .leverageChanged, .marginCall: break
        }
    }

    private mutating func note(_ clientOrderId: String, _ time: Timestamp) {
        if let place = orders.firstIndex(where: { $0.clientOrderId == clientOrderId }) {
            orders[place].updatedAt = max(orders[place].updatedAt, time)
        } else {
            orders.append(Heard(clientOrderId: clientOrderId, updatedAt: time))
            if orders.count > Self.keptMax { orders.removeFirst() }
        }
    }

    /// What an answer tells that the stream should have told long ago; nil when it has told all.
    func missed(in reply: VenueReply, at now: Timestamp) -> String? {
        switch reply {
        case .order(let report): missed([(report.clientOrderId, report.updateTime)], now)
        case .openOrders(let reports): missed(reports.map { ($0.clientOrderId, $0.updateTime) }, now)
        case .stop(let report): missed([(report.clientOrderId, report.updateTime)], now)
        case .openStops(let reports): missed(reports.map { ($0.clientOrderId, $0.updateTime) }, now)
        case .fills(let fills):
            fills.first { isDue($0.time, now) && !trades.contains($0.tradeId) }.map { "trade \($0.tradeId)" }
        case .done, .rejected, .notExecuted, .unknown, .positions, .account, .commission, .brackets,
            .assetPrice:
            nil
        }
    }

    private func missed(_ reports: [(id: String, time: Timestamp)], _ now: Timestamp) -> String? {
        reports.first { report in
            guard isDue(report.time, now) else { return false }
            // The two sources may put one change a little apart.
            let heardAt = orders.first { $0.clientOrderId == report.id }?.updatedAt ?? .zero
            return report.time - heardAt > Self.slackMs
        }.map { "order \($0.id)" }
    }

    private static let slackMs: Int64 = 1000

    private func isDue(_ time: Timestamp, _ now: Timestamp) -> Bool {
        time > since + Self.slackMs && now - time > lagMaxMs
    }
}
