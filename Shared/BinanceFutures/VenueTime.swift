public import ServiceKit
import SignalContracts
public import TradingPrimitives
import WebClient

/// Keeps the service's idea of the venue's time: asks for it at the start until it is told, then every 30 s, and when
/// wanted.
public final class VenueTime {
    private let context: ServiceContext
    private let rest: RestClient
    private let onTime: (Timestamp) -> Void
    private var waiting: [(Bool) -> Void] = []
    private var isAsking = false
    private var isStarted = false
    private var isKnown = false
    /// Round trip of the last answer.
    public private(set) var roundTripMs: Int64 = 0
    private static let periodMs: Int64 = 30_000
    private static let lookAgainMs: Int64 = 600
    private static let retryMs: Int64 = 500
    /// The answer that the rate is measured from.
    private var anchor: VenueClock.Sample?
    /// Shortest distance of two samples that tell a rate, microseconds.
    private static let rateSpanUs: Int64 = 500_000
    /// A rate that differs by less from 1 is taken for the error of the measurement.
    private static let rateTolerance = 0.02

    /// `onTime` is called with each answer.
    public init(_ context: ServiceContext, _ rest: RestClient, onTime: @escaping (Timestamp) -> Void = { _ in }) {
        self.context = context
        self.rest = rest
        self.onTime = onTime
        context.metrics.gauge("clock_offset_seconds", help: "How far the venue's clock is ahead of ours.") {
            Double(context.venueClock.offsetMs()) / 1000
        }
    }

    /// `whenKnown` is called once, with the first answer: before it nothing that depends on the venue's time can begin.
    /// Only the first call does something.
    public func start(whenKnown: @escaping () -> Void) {
        guard !isStarted else { return }
        isStarted = true
        // The second one soon: it tells whether a simulated venue's time runs faster than ours.
        context.reactor.after(ms: Self.lookAgainMs) { [weak self] in self?.synchronize() }
        context.reactor.every(ms: Self.periodMs) { [weak self] in self?.synchronize() }
        learn(whenKnown)
    }

    private func learn(_ whenKnown: @escaping () -> Void) {
        synchronize { [weak self] isTold in
            guard let self, !isKnown else { return }
            guard isTold else {
                context.reactor.after(ms: Self.retryMs) { [weak self] in self?.learn(whenKnown) }
                return
            }
            isKnown = true
            whenKnown()
        }
    }

    /// Asks for the time now; `completion` says whether it was told.
    public func synchronize(_ completion: @escaping (Bool) -> Void = { _ in }) {
        waiting.append(completion)
        guard !isAsking else { return }
        isAsking = true
        let sent = SystemClock.monotonicUs()
        rest.send(MarketRest.time()) { [weak self] outcome in self?.answered(outcome, sent) }
    }

    /// A simulator may play faster than real time, or begin anew; a real venue does not.
    private func measureRate(_ sample: VenueClock.Sample) {
        guard context.settings.mode == .paper else { return }
        guard let anchor, sample.time > anchor.time else {
            anchor = sample
            return
        }
        guard sample.middleUs - anchor.middleUs >= Self.rateSpanUs else { return }
        self.anchor = sample
        guard let measured = context.venueClock.rate(from: anchor, to: sample), measured > 0.001, measured < 10_000
        else { return }
        let target = abs(measured - 1) < Self.rateTolerance ? 1 : measured
        let rate = context.venueClock.rate
        guard target != rate else { return }
        context.venueClock.setRate(target)
        guard abs(target - rate) > rate * Self.rateTolerance else { return }
        context.log.info("venue_clock_rate") { $0.put("rate", target) }
        // One that was behind runs fast while it makes up for it: another look shows whether it still does.
        context.reactor.after(ms: Self.lookAgainMs) { [weak self] in self?.synchronize() }
    }

    private func answered(_ outcome: RestOutcome, _ sent: Int64) {
        isAsking = false
        var isTold = false
        if case .success(let value) = outcome, let time = MarketRest.serverTime(value) {
            let received = SystemClock.monotonicUs()
            roundTripMs = (received - sent) / 1000
            measureRate(VenueClock.Sample(time: time, sentUs: sent, receivedUs: received))
            context.venueClock.observe(serverTime: time, sentAtUs: sent, receivedAtUs: received)
            onTime(time)
            isTold = true
        } else {
            context.log.warning("venue_time_unknown") { $0.put("outcome", String("\(outcome)".prefix(200))) }
        }
        let completions = waiting
        waiting.removeAll()
        for completion in completions { completion(isTold) }
    }
}
