public import ServiceKit
import TradingPrimitives
import WebClient

/// The venue's REST interface on a reactor: libcurl's connections, kept alive; signatures, weights, outcomes.
public final class RestClient {
    private let context: ServiceContext
    private let http: HTTPClient
    private let baseURL: String
    private let signer: Signer?
    public private(set) var budget: WeightBudget
    /// exchangeInfo is about 1 MB.
    private static let answerMax = 32 << 20
    private var hasDoubtedLimits = false
    /// Of the request that was answered last.
    public private(set) var lastRoundTripMs: Int64 = 0
    /// Longest age of a signed request on its arrival, milliseconds.
    public var receiveWindowMs = 5000
    private let requests: Metrics.Counter
    private let failures: Metrics.Counter
    private let unknowns: Metrics.Counter
    private let roundTrip: Metrics.Histogram

    /// `signer` is needed for requests that are not open. Nil when libcurl does not start.
    public init?(_ context: ServiceContext, baseURL: String, signer: Signer? = nil, budget: WeightBudget = .init()) {
        guard let http = HTTPClient(context.reactor) else { return nil }
        self.context = context
        self.http = http
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
    }

    /// A request that is signed and ready to leave: to be sent, or dropped, once.
    public struct ReadyRequest {
        fileprivate enum Form {
            case ready(HTTPClient.ReadyRequest)
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
        let ready = http.prepare(httpRequest(request), onSent: onSent) { [unowned self] in finish(finished($0)) }
        guard let ready else { return ReadyRequest(form: .refused("out of memory", finish)) }
        return ReadyRequest(form: .ready(ready))
    }

    private func httpRequest(_ request: RestRequest) -> WebRequest {
        let text = text(of: request), isUpload = request.method == .post
        let query = isUpload || text.isEmpty ? "" : "?\(text)"
        var headers: [(name: String, value: String)] = []
        if request.security != .open, let signer { headers.append(("X-MBX-APIKEY", signer.apiKey)) }
        return WebRequest(
            request.method, "\(baseURL)\(request.path)\(query)", body: isUpload ? text : "", headers: headers,
            timeoutMs: request.timeoutMs, connectTimeoutMs: 3000, answerMax: Self.answerMax)
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
        case .ready(let ready): http.send(ready)
        }
    }

    /// Lets go of a request that is not to be sent; its completion is not called.
    public func drop(_ ready: ReadyRequest) {
        if case .ready(let ready) = ready.form { http.drop(ready) }
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

    private func finished(_ result: Result<WebAnswer, WebFailure>) -> RestOutcome {
        let tookUs: Int64, outcome: RestOutcome
        switch result {
        case .success(let answer):
            takeIn(answer)
            tookUs = answer.tookUs
            outcome = OutcomeClassifier.outcome(status: answer.status, body: answer.body)
        case .failure(let failure):
            if let begun = failure.begun { takeIn(begun) }
            tookUs = failure.tookUs
            // Nothing of the request has left while no connection stood.
            outcome = failure.mayHaveArrived ? .unknown(failure.reason) : .notExecuted(failure.reason)
        }
        lastRoundTripMs = tookUs / 1000
        roundTrip.observe(Double(tookUs) / 1e6)
        return outcome
    }

    /// What the answer's head says of the venue's limits.
    private func takeIn(_ answer: WebAnswer) {
        func number(_ name: String) -> Int? { answer.header(name).flatMap { Int($0.filter(\.isNumber)) } }
        let now = context.venueClock.now()
        budget.told(
            weight: number("x-mbx-used-weight-1m"), ordersIn10s: number("x-mbx-order-count-10s"),
            ordersIn1m: number("x-mbx-order-count-1m"), at: now)
        guard answer.status == 429 || answer.status == 418 else { return }
        let seconds = Int64(number("retry-after") ?? 60)
        if answer.status == 418 {
            budget.ban(forMs: seconds * 1000, at: now)
        } else {
            budget.block(forMs: seconds * 1000, at: now)
        }
        context.log.error("venue_rate_limit") {
            $0.put("status", answer.status)
            $0.put("seconds", seconds)
        }
    }
}
