import Execution
import ServiceKit
import SignalContracts
import TradingPrimitives
import Venue

/// What the executor sends and says, counted, and what it holds.
final class ExecutorMetrics {
    private let context: ServiceContext
    private let metrics: Metrics
    private let journal: JournalKeeper
    private let requests: Metrics.Counter
    private let stage: Metrics.Histogram
    private let roundTrip: Metrics.Histogram
    private var sentUs: [RequestId: Int64] = [:]
    /// Value that was filled, and what of it as maker: of entries, and of everything.
    private var entered = (all: 0.0, asMaker: 0.0)
    private var traded = (all: 0.0, asMaker: 0.0)
    private var highestEquity = 0.0
    private static let mismatches = ["position_mismatch", "position_adopted", "orphan_order", "orphan_stop"]

    init(_ context: ServiceContext, _ journal: JournalKeeper) {
        self.context = context
        self.journal = journal
        metrics = context.metrics
        requests = metrics.counter("venue_requests_total", help: "Requests sent to the venue.")
        stage = metrics.histogram(
            "pipeline_stage_seconds", help: "From the market event to an entry's departure.",
            labels: [("stage", "order")])
        roundTrip = metrics.histogram(
            "order_roundtrip_seconds", help: "From sending an order or a stop to the venue's answer.")
        for kind in Self.mismatches { _ = mismatch(kind) }
    }

    private func mismatch(_ kind: String) -> Metrics.Counter {
        metrics.counter(
            "reconcile_mismatch_total", help: "Looks at the venue that found something else than we know of.",
            labels: [("kind", kind)])
    }

    /// Shows what `core` holds whenever the metrics are read.
    func show(_ core: @escaping () -> Executor) {
        func gauge(_ name: String, _ help: String, _ value: @escaping (Executor) -> Double) {
            metrics.gauge(name, help: help) { value(core()) }
        }
        gauge("position_unprotected_seconds", "Longest time that a position is without a confirmed stop now.") {
            $0.longestNakedMs.map { Double($0) / 1000 } ?? 0
        }
        gauge("unknown_orders", "Orders whose outcome is not known.") { Double($0.unknownOrderCount) }
        gauge("accepts_entries", "1 while plans are taken.") { $0.acceptsEntries ? 1 : 0 }
        for hindrance in EntryHindrance.allCases where hindrance.isOfAll {
            metrics.gauge(
                "entry_hindrance", help: "1 while this keeps entries of all contracts out.",
                labels: [("hindrance", hindrance.rawValue)]
            ) { core().entryHindrances.contains(hindrance) ? 1 : 0 }
        }
        gauge("open_positions", "Positions that are held.") { Double($0.openPositionCount) }
        gauge("equity_usdt", "Wallet and what is not realised yet, as the venue last told.") {
            $0.equity?.double ?? .nan
        }
        gauge("drawdown_ratio", "How far the equity is below its highest since this process began.") {
            [unowned self] in
            guard let equity = $0.equity?.double else { return 0 }
            highestEquity = max(highestEquity, equity)
            return highestEquity > 0 ? 1 - equity / highestEquity : 0
        }
        metrics.gauge(
            "maker_fill_ratio", help: "Part of all fills that was a maker's, by value, since this process began."
        ) { [unowned self] in traded.all > 0 ? traded.asMaker / traded.all : .nan }
        metrics.gauge(
            "maker_entry_ratio", help: "Part of the entries that was a maker's, by value, since this process began."
        ) { [unowned self] in entered.all > 0 ? entered.asMaker / entered.all : .nan }
        metrics.gauge("journal_writable", help: "1 while the journal takes records.") { [unowned self] in
            journal.isWritable ? 1 : 0
        }
        metrics.gauge("disk_used_ratio", help: "Part of the journal's disk that is used.") { [unowned self] in
            DiskWatch.usedRatio(of: journal.path) ?? .nan
        }
    }

    // MARK: What leaves and what comes back

    func sent(_ id: RequestId, _ request: VenueRequest) {
        requests.add()
        guard let (symbol, type) = request.order else { return }
        sentUs[id] = SystemClock.monotonicUs()
        metrics.counter(
            "orders_submitted_total", help: "Orders and stops sent to the venue.",
            labels: [("venue", context.settings.mode.rawValue), ("symbol", symbol.name), ("type", type)]
        ).add()
    }

    func answered(_ id: RequestId) {
        guard let sent = sentUs.removeValue(forKey: id) else { return }
        roundTrip.observe(Double(SystemClock.monotonicUs() - sent) / 1e6)
    }

    /// An entry has left, set off by a market event of that time.
    func departed(causeUs: Int64) { stage.observe(Double(SystemClock.wallUs() - causeUs) / 1e6) }

    private func count(_ fill: ExecutionEvent) {
        guard let isMaker = fill.isMaker, let price = fill.price, let quantity = fill.quantity else { return }
        let value = (price * quantity).double
        traded.all += value
        if isMaker { traded.asMaker += value }
        guard fill.kind == .entryFilled else { return }
        entered.all += value
        if isMaker { entered.asMaker += value }
    }

    // MARK: What is said

    func said(_ message: ExecutorMessage) {
        switch message {
        case .alert(let alert):
            context.alerts.add(alert)
            if Self.mismatches.contains(alert.event) { mismatch(alert.event).add() }
        case .execution(let symbol, let event):
            count(event)
            guard let summary = event.summary else { return }
            metrics.counter(
                "trades_total", help: "Trades that ended, by why.",
                labels: [("symbol", symbol.name), ("reason", summary.exitReason.rawValue)]
            ).add()
        case .account, .contract, .reply: break
        }
    }
}

extension VenueRequest {
    /// The contract and the kind of what it adds to the venue's books; nil for all else.
    fileprivate var order: (Symbol, String)? {
        switch self {
        case .placeStop(let stop): return (stop.symbol, "stop")
        case .placeOrder(let order):
            if case .market = order.kind { return (order.symbol, "market") }
            return (order.symbol, order.isReduceOnly ? "target" : "entry")
        default: return nil
        }
    }
}
