import BinanceFutures
import DataHub
import ServiceKit
import SignalContracts
import TradingPrimitives
import WebClient

/// What the hub asks the venue for by REST: its time, its rules, candles of the past, open interest, ratios, funding.
final class MarketPolls {
    private unowned let shell: HubShell
    private let context: ServiceContext
    private let rest: RestClient
    private let time: VenueTime
    private var isTimeKnown = false
    private var whenKnown: (() -> Void)?
    private var rules: [InstrumentRules] = []
    private var random: SplitMix64
    private var lastLookUs: Int64 = 0
    private static let lookEveryUs: Int64 = 1_000_000
    private static let ratioGridMs: Int64 = 300_000

    private struct WantedCandles {
        let index: Int
        let timeframe: Timeframe
        /// The newest ones where it is nil.
        var from: Timestamp?
        var limit: Int
        var attempt: Int
        /// What it takes of what may be asked for at once: a short answer is a request, too.
        var cost: Int { max(limit, 150) }
    }
    private var wanted: [WantedCandles] = []
    /// What has been asked for and not answered yet, in candles.
    private var candlesAsked = 0
    private var isResting = false
    private static let candlesAskedMax = 1500
    /// Entries that may wait for Redis when more of the past is asked for.
    private static let waitingMax = 10_000
    private static let attemptsMax = 20

    init(_ shell: HubShell) {
        self.shell = shell
        context = shell.context
        rest = shell.rest
        time = VenueTime(context, rest) { [unowned shell] in shell.venueTimeObserved($0) }
        random = SplitMix64(seed: UInt64(truncatingIfNeeded: SystemClock.wallUs()))
    }

    /// Learns the venue's time, and nothing else yet.
    func learnTime() {
        time.start { [unowned self] in
            isTimeKnown = true
            whenKnown?()
        }
    }

    /// Calls `whenKnown` once the venue's time is known, and begins to ask.
    func start(whenKnown: @escaping () -> Void) {
        self.whenKnown = { [unowned self] in
            whenKnown()
            begin()
        }
        if isTimeKnown { self.whenKnown?() }
    }

    /// Asks for what has been, and for what is told seldom.
    func fetchPast(of indices: [Int]) {
        for index in indices { wantPast(index) }
        fetchCandles()
        for index in indices {
            let symbol = shell.symbols[index]
            fetchOpenInterest(index, symbol)
            fetchRatios(index, symbol)
            ask(MarketRest.premiumIndex(symbol), index) { value throws(MarketRest.Flaw) in
                try MarketRest.markPrice(value)
            }
        }
    }

    /// Asks for the venue's time before its turn, once a second at most.
    func lookAtTime() {
        let now = SystemClock.monotonicUs()
        guard now - lastLookUs > Self.lookEveryUs else { return }
        lastLookUs = now
        time.synchronize()
    }

    private func begin() {
        fetchRules()
        fetchPast(of: Array(shell.symbols.indices))
        let reactor = context.reactor
        reactor.every(ms: 3_600_000) { [unowned self] in if !shell.contracts.hasFlaw { fetchRules() } }
        reactor.every(ms: 60_000) { [unowned self] in tellRules() }
        scheduleOpenInterest()
        scheduleRatios()
    }

    // MARK: Rules

    private func fetchRules() {
        rest.send(MarketRest.exchangeInfo()) { [unowned self] outcome in
            guard case .success(let value) = outcome else {
                tell(outcome, "exchangeInfo")
                context.reactor.after(ms: 10_000) { [unowned self] in fetchRules() }
                return
            }
            rest.learn(MarketRest.limits(value))
            take(value)
        }
    }

    /// The venue's list of contracts. One that it does not have costs itself alone; it is looked for again each minute, for it may
    /// not be listed yet.
    private func take(_ value: JSONValue) {
        rules = MarketRest.instruments(value, shell.symbols)
        let listings = MarketRest.listings(value, shell.symbols).map { listing -> ContractWatch.Listing in
            if listing.status == "ABSENT" { return .missing("the venue does not list it") }
            if let flaw = MarketRest.flaw(value, listing.symbol) { return .missing("its rules do not fit: \(flaw)") }
            return listing.status == "TRADING"
                ? .good : .paused("the venue does not trade it now: \(listing.status)")
        }
        let returned = shell.contracts.listed(listings)
        if !returned.isEmpty {
            shell.returned(returned)
            for index in returned { wantPast(index) }
            fetchCandles()
        }
        tellRules()
        guard shell.contracts.hasFlaw else { return }
        context.reactor.after(ms: 60_000) { [unowned self] in fetchRules() }
    }

    func tellRules() {
        let now = context.venueClock.now()
        for rules in rules {
            guard let index = shell.symbols.firstIndex(of: rules.symbol) else { continue }
            shell.receive(.metric(MarketMetric(eventTime: now, value: .instrument(rules))), symbol: index)
        }
    }

    // MARK: Candles

    /// Fetches the candles that closed while no data came.
    func fillCandles(afterGapMs gapMs: Int64) {
        let venueMs = Int64(Double(gapMs) * context.venueClock.rate)
        for index in shell.symbols.indices {
            for timeframe in Timeframe.allCases {
                let count = Int(venueMs / timeframe.milliseconds) + 3
                want(index, timeframe, min(count, candlesMax(timeframe)))
            }
        }
        fetchCandles()
    }

    /// Fetches what a close that did not come has left open: before all else, for readers wait for it.
    func fillClose(_ index: Int, _ timeframe: Timeframe, _ missing: MissingClose) {
        if !wanted.contains(where: { $0.index == index && $0.timeframe == timeframe }) {
            wanted.insert(
                WantedCandles(
                    index: index, timeframe: timeframe, from: missing.openTime, limit: missing.limit, attempt: 1),
                at: 0)
        }
        fetchCandles()
    }

    private func wantPast(_ index: Int) {
        for timeframe in Timeframe.allCases { want(index, timeframe, candlesMax(timeframe)) }
    }

    private func want(_ index: Int, _ timeframe: Timeframe, _ limit: Int, attempt: Int = 1) {
        if let known = wanted.firstIndex(where: { $0.index == index && $0.timeframe == timeframe }) {
            // The newest ones are as many as reach back to a close that is missing, and more.
            wanted[known].limit = max(wanted[known].limit, limit)
            wanted[known].from = nil
        } else {
            wanted.append(WantedCandles(index: index, timeframe: timeframe, limit: limit, attempt: attempt))
        }
    }

    /// Asks for what is wanted, a few requests at a time: all at once would need much memory, more room than there is for what
    /// waits to be written, and more of the venue's weight than it gives in a minute.
    private func fetchCandles() {
        while let next = wanted.first, !isResting {
            let isRoom = candlesAsked == 0 || candlesAsked + next.cost <= Self.candlesAskedMax
            guard isRoom else { return }
            guard shell.writer.unconfirmedCount < Self.waitingMax else { return pause(ms: 20) }
            let request = MarketRest.candles(
                shell.symbols[next.index], next.timeframe, from: next.from, limit: next.limit)
            // What is asked for all the time needs some of the weight.
            let waitMs = rest.waitMs(for: request, share: 0.5)
            guard waitMs == 0 else { return pause(ms: waitMs) }
            wanted.removeFirst()
            candlesAsked += next.cost
            let askedAt = context.venueClock.now()
            rest.send(request) { [unowned self] in answered($0, next, askedAt) }
        }
    }

    private func answered(_ outcome: RestOutcome, _ asked: WantedCandles, _ askedAt: Timestamp) {
        candlesAsked -= asked.cost
        if case .success(let value) = outcome,
            let candles = MarketRest.candles(value, asked.timeframe, now: askedAt)
        {
            for candle in candles.candles { shell.receive(.candle(candle), symbol: asked.index) }
            for flaw in candles.flaws { shell.refuse(refusal(of: flaw, .candle), symbol: asked.index) }
            shell.candlesCame(asked.timeframe, symbol: asked.index)
            return fetchCandles()
        }
        tell(outcome, "klines")
        // The venue does not know it: when it lists it, its past is asked for anew.
        if case .rejected(MarketRest.unknownSymbol, _) = outcome { return fetchCandles() }
        // A close that is still missing is asked for again by who misses it.
        if asked.from == nil, asked.attempt < Self.attemptsMax {
            want(asked.index, asked.timeframe, asked.limit, attempt: asked.attempt + 1)
        }
        pause(ms: Int64(min(asked.attempt, 6)) * 5000)
    }

    /// Goes on asking for candles after a while.
    private func pause(ms: Int64) {
        guard !isResting else { return }
        isResting = true
        context.reactor.after(ms: ms) { [unowned self] in
            isResting = false
            fetchCandles()
        }
    }

    /// As many as cover the time of the 1m candles, and at least as many as the hot state shows.
    private func candlesMax(_ timeframe: Timeframe) -> Int {
        let minutes = Int(timeframe.milliseconds / Timeframe.oneMinute.milliseconds)
        let settings = shell.settings
        return max(
            (settings.backfillCandles + minutes - 1) / minutes,
            min(settings.backfillCandles, settings.hub.candlesMax))
    }

    // MARK: Positioning

    /// Each symbol at its own moment of the period, so that the requests do not come all at once.
    private func scheduleOpenInterest() {
        // Of the venue's time; ten a second at most, a quarter of the weight.
        let venueMs = max(shell.settings.openInterestSeconds * 1000, shell.symbols.count * 100)
        let periodMs = max(50, Int64(Double(venueMs) / context.venueClock.rate))
        for (index, symbol) in shell.symbols.enumerated() {
            context.reactor.after(ms: periodMs * Int64(index) / Int64(shell.symbols.count)) { [unowned self] in
                context.reactor.every(ms: periodMs) { [unowned self] in fetchOpenInterest(index, symbol) }
            }
        }
    }

    private func fetchOpenInterest(_ index: Int, _ symbol: Symbol) {
        ask(MarketRest.openInterest(symbol), index) { value throws(MarketRest.Flaw) in
            try MarketRest.openInterest(value)
        }
    }

    private func fetchRatios(_ index: Int, _ symbol: Symbol) {
        ask(MarketRest.accountRatio(symbol), index) { value throws(MarketRest.Flaw) in
            try MarketRest.ratio(value, isTopTraders: false)
        }
        ask(MarketRest.topTraderRatio(symbol), index) { value throws(MarketRest.Flaw) in
            try MarketRest.ratio(value, isTopTraders: true)
        }
    }

    /// The ratios appear at multiples of five minutes; they are asked for a little later, not all at once.
    private func scheduleRatios() {
        let now = context.venueClock.now()
        let untilGrid = now.floored(to: Self.ratioGridMs) + Self.ratioGridMs - now
        let waitMs = Int64(Double(untilGrid) / context.venueClock.rate)
        for (index, symbol) in shell.symbols.enumerated() {
            let jitterMs = Int64(Double.random(in: 5000...25_000, using: &random) / context.venueClock.rate)
            context.reactor.after(ms: waitMs + jitterMs) { [unowned self] in fetchRatios(index, symbol) }
        }
        context.reactor.after(ms: waitMs + 1) { [unowned self] in scheduleRatios() }
    }

    private func ask(
        _ request: RestRequest, _ index: Int,
        _ read: @escaping (JSONValue) throws(MarketRest.Flaw) -> MarketMetric
    ) {
        guard !shell.contracts.isMissing(index) else { return }
        rest.send(request) { [unowned self] outcome in
            guard case .success(let value) = outcome else { return tell(outcome, request.path) }
            do throws(MarketRest.Flaw) {
                shell.receive(.metric(try read(value)), symbol: index)
            } catch {
                shell.refuse(refusal(of: error, .metric), symbol: index)
            }
        }
    }

    private func refusal(of flaw: MarketRest.Flaw, _ kind: DataHub.Kind) -> RefusedInput {
        switch flaw {
        case .bad(let field): RefusedInput(kind, field, "nothing that can be read", .range)
        case .unfit(let value): RefusedInput(kind, value.field, value.text, .unfit)
        }
    }

    private func tell(_ outcome: RestOutcome, _ what: String) {
        context.log.warning("venue_request_failed") {
            $0.put("request", what)
            $0.put("outcome", String("\(outcome)".prefix(200)))
        }
    }
}
