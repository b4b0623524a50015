import CCurl
public import ServiceKit
import TradingPrimitives

/// The venue's REST interface on a reactor: libcurl's connections, kept alive; signatures, weights, outcomes.
public final class RestClient {
    private let context: ServiceContext
    private let loop: CurlLoop
    private let baseURL: String
    private let signer: Signer?
    public private(set) var budget: WeightBudget
    private var hasDoubtedLimits = false
    /// Of the request that was answered last.
    public private(set) var lastRoundTripMs: Int64 = 0
    /// Longest age of a signed request on its arrival, milliseconds.
    public var receiveWindowMs = 5000
    private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
    /// Those whose departure someone waits for.
    private var departing: [UnsafeMutableRawPointer] = []
    private var idle: [UnsafeMutableRawPointer] = []
    private let requests: Metrics.Counter
    private let failures: Metrics.Counter
    private let unknowns: Metrics.Counter
    private let roundTrip: Metrics.Histogram

    /// `signer` is needed for requests that are not open. Nil when libcurl does not start.
    public init?(_ context: ServiceContext, baseURL: String, signer: Signer? = nil, budget: WeightBudget = .init()) {
        guard let loop = CurlLoop(context.reactor) else { return nil }
        self.context = context
        self.loop = loop
        self.baseURL = baseURL
        self.signer = signer
        self.budget = budget
        let metrics = context.metrics
        requests = metrics.counter("rest_requests_total", help: "Requests to the venue.")
        failures = metrics.counter("rest_failures_total", help: "Requests that were refused or not executed.")
        unknowns = metrics.counter("rest_unknown_total", help: "Requests whose outcome is unknown.")
        roundTrip = metrics.histogram("rest_roundtrip_seconds", help: "From sending a request to its answer.")
        metrics.gauge(
            "rate_limit_used_ratio", help: "Share of the venue's weight used in this minute.",
            labels: [("bucket", "request_weight")]
        ) { [weak self] in self.map { Double($0.budget.used) / Double($0.budget.limit) } ?? 0 }
        metrics.gauge("venue_blocked", help: "1 while the venue wants no requests from us (429, 418).") {
            [weak self] in self.map { $0.budget.isBlocked(at: $0.context.venueClock.now()) ? 1 : 0 } ?? 0
        }
        loop.onProgress = { [unowned self] in tellDepartures() }
        loop.onFinished = { [unowned self] in finish($0, $1) }
    }

    deinit {
        for (easy, _) in transfers {
            loop.remove(easy)
            curl_easy_cleanup(easy)
        }
        for easy in idle { curl_easy_cleanup(easy) }
    }

    /// A request that is signed and ready to leave: to be sent, or dropped, once.
    public struct ReadyRequest {
        fileprivate enum Form {
            case transfer(UnsafeMutableRawPointer, Transfer)
            case refused(String, (RestOutcome) -> Void)
        }
        fileprivate let form: Form
    }

    /// Sends a request; `completion` is called once, from the loop, never before this returns. `onSent` is called when the
    /// body of a POST has gone to the system.
    public func send(
        _ request: RestRequest, onSent: (() -> Void)? = nil, _ completion: @escaping (RestOutcome) -> Void
    ) {
        send(prepare(request, onSent: onSent, completion))
    }

    /// Does all that can be done before a request leaves. `completion` is called once it has been sent, as with `send`.
    public func prepare(
        _ request: RestRequest, onSent: (() -> Void)? = nil, _ completion: @escaping (RestOutcome) -> Void
    ) -> ReadyRequest {
        let finish: (RestOutcome) -> Void = { [weak self] outcome in
            self?.count(outcome)
            completion(outcome)
        }
        if request.security != .open, signer == nil { return ReadyRequest(form: .refused("no API key", finish)) }
        if let refusal = budget.take(request, at: context.venueClock.now()) {
            return ReadyRequest(form: .refused(refusal, finish))
        }
        guard let easy = idle.popLast() ?? curl_easy_init() else {
            return ReadyRequest(form: .refused("out of memory", finish))
        }
        let transfer = Transfer(request, text: text(of: request), onSent: onSent, finish)
        transfer.prepare(easy, baseURL: baseURL, apiKey: request.security == .open ? nil : signer?.apiKey)
        return ReadyRequest(form: .transfer(easy, transfer))
    }

    /// Keeps to the venue's own limits where they are lower. Says once what can't be true of them.
    public func learn(_ limits: WeightBudget.Told) {
        let before = budget.limit, absurd = budget.adopt(limits)
        if budget.limit != before { context.log.info("weight_limit") { $0.put("a_minute", budget.limit) } }
        guard !absurd.isEmpty, !hasDoubtedLimits else { return }
        hasDoubtedLimits = true
        context.log.warning("limits_absurd") {
            $0.put("told", absurd.joined(separator: ", "))
            $0.put("next", "goes on with its own")
        }
    }

    /// How long to keep a request that can wait and may use this share of the weight of a minute, by our clock.
    public func waitMs(for request: RestRequest, share: Double) -> Int64 {
        let venueMs = budget.waitMs(forWeight: request.weight, share: share, at: context.venueClock.now())
        return Int64((Double(venueMs) / context.venueClock.rate).rounded(.up))
    }

    public func send(_ ready: ReadyRequest) {
        requests.add()
        switch ready.form {
        case .refused(let reason, let finish): context.reactor.after(ms: 0) { finish(.notExecuted(reason)) }
        case .transfer(let easy, let transfer):
            transfer.beganUs = SystemClock.monotonicUs()
            transfers[easy] = transfer
            if transfer.onSent != nil { departing.append(easy) }
            loop.add(easy)
            depart()
        }
    }

    /// Lets go of a request that is not to be sent; its completion is not called.
    public func drop(_ ready: ReadyRequest) {
        guard case .transfer(let easy, let transfer) = ready.form else { return }
        reuse(easy, transfer)
    }

    private func reuse(_ easy: UnsafeMutableRawPointer, _ transfer: Transfer) {
        transfer.release()
        curl_easy_reset(easy)
        idle.append(easy)
    }

    /// Lets libcurl send at once what it has been given, over a kept connection, in place of a turn of the loop later. What
    /// has ended meanwhile is told by the loop.
    private func depart() {
        let running = loop.kick()
        tellDepartures()
        guard running < transfers.count else { return }
        loop.turnSoon()
    }

    private func count(_ outcome: RestOutcome) {
        switch outcome {
        case .success: return
        case .unknown: unknowns.add()
        case .rejected, .notExecuted: failures.add()
        }
    }

    /// The parameters as they are signed and sent.
    private func text(of request: RestRequest) -> String {
        var parts = request.parameters.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }
        guard request.security == .signed, let signer else { return parts.joined(separator: "&") }
        parts.append("recvWindow=\(receiveWindowMs)")
        parts.append("timestamp=\(context.venueClock.now().milliseconds)")
        let text = parts.joined(separator: "&")
        return "\(text)&signature=\(signer.signature(of: text))"
    }

    private func tellDepartures() {
        while let index = departing.firstIndex(where: { transfers[$0]?.isUploaded($0) == true }) {
            transfers[departing.remove(at: index)]?.onSent?()
        }
    }

    private func finish(_ easy: UnsafeMutableRawPointer, _ result: CURLcode) {
        loop.remove(easy)
        guard let transfer = transfers.removeValue(forKey: easy) else { return }
        let outcome = transfer.outcome(easy, result)
        let now = context.venueClock.now()
        budget.told(
            weight: transfer.usedWeight, ordersIn10s: transfer.ordersIn10s, ordersIn1m: transfer.ordersIn1m, at: now)
        if transfer.status == 429 || transfer.status == 418 {
            let seconds = Int64(transfer.retryAfterSeconds ?? 60)
            if transfer.status == 418 {
                budget.ban(forMs: seconds * 1000, at: now)
            } else {
                budget.block(forMs: seconds * 1000, at: now)
            }
            context.log.error("venue_rate_limit") {
                $0.put("status", transfer.status)
                $0.put("seconds", seconds)
            }
        }
        let roundTripUs = SystemClock.monotonicUs() - transfer.beganUs
        lastRoundTripMs = roundTripUs / 1000
        roundTrip.observe(Double(roundTripUs) / 1e6)
        departing.removeAll { $0 == easy }
        reuse(easy, transfer)
        transfer.completion(outcome)
    }
}
