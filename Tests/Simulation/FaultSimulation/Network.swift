import BinanceFutures
import ExchangeSimulator
import InProcessSuite
import TradingPrimitives
import Venue
import WebClient

/// The lines between the suite and the venue, and what happens on them.
final class Network {
    private let world: World
    /// No byte passes in either direction.
    var isPartitioned = false { didSet { if !isPartitioned { reachableSinceUs = world.scheduler.nowUs } } }
    private(set) var reachableSinceUs: Int64 = 0
    /// The market streams are silent.
    var isMarketSilent = false
    /// The user stream is up and answers pings, but no frame comes.
    var isUserSilent = false
    private var user: StreamHub.Id?
    /// A TCP connection keeps its order.
    private var userBusyUntilUs: Int64 = 0
    private var stopsSentUs: [String: Int64] = [:]
    private static let timeoutMs: Int64 = 5000
    private static let invisibleMs: Int64 = 3000

    init(_ world: World) { self.world = world }

    // MARK: Frames

    func carry(market frames: [[UInt8]]) {
        guard !isPartitioned, !isMarketSilent else { return }
        world.scheduler.after(us: world.tripUs()) { [world] in
            for frame in frames {
                let absurd =
                    world.trouble.happens(.absurdity, 0.02) ? Absurdity.alter(market: frame, world.trouble) : nil
                world.hub.hear(absurd ?? frame, isAbsurd: absurd != nil)
            }
            world.hub.wake()
        }
    }

    func carry(user bytes: [UInt8], on connection: StreamHub.Id) {
        guard connection == user, !isPartitioned, !isUserSilent else { return }
        let trouble = world.trouble
        let absurd = trouble.happens(.absurdity, 0.1) ? Absurdity.alter(account: bytes, trouble) : nil
        let deliver = { [world] in
            guard connection == world.network.user else { return }
            (absurd ?? bytes).withUnsafeBytes { world.executor.hear(frame: $0, isAbsurd: absurd != nil) }
        }
        if trouble.happens(.frames, 0.2) { world.scheduler.after(ms: trouble.pick(1...1500), deliver) }
        // A frame that is held up without the next ones: what an unordered fan-out inside the venue does.
        if trouble.happens(.frames, 0.2) { return world.scheduler.after(ms: trouble.pick(20...2000), deliver) }
        let at = max(userBusyUntilUs, world.scheduler.nowUs + world.tripUs())
        userBusyUntilUs = at
        world.scheduler.after(us: at - world.scheduler.nowUs, deliver)
    }

    func connectUser() -> Bool {
        guard !isPartitioned else { return false }
        user = world.venue.openUserStream()
        return true
    }

    /// The user stream's connection breaks.
    func cutUser() {
        if let user { world.venue.closeUserStream(user) }
        user = nil
        world.executor.userStreamEnded()
    }

    /// The process at our end is gone.
    func dropUser() {
        if let user { world.venue.closeUserStream(user) }
        user = nil
    }

    // MARK: Requests

    /// How a request fares.
    private enum Fate {
        case served
        /// Is executed; the answer takes a while.
        case late
        /// Is on its way for a while, often longer than anybody waits for an answer, and is executed then: the venue takes
        /// requests that are up to five seconds old.
        case slow
        /// Is executed; a number in the answer can't be true.
        case absurd
        /// Never arrives; nobody answers.
        case lost
        /// Is executed; the answer does not come.
        case unanswered
        /// The venue's front answers in place of the exchange, or after it.
        case fronted(status: Int, body: String, isExecuted: Bool)
    }

    /// Carries a request to the venue and its outcome back.
    func carry(_ request: VenueRequest, _ completion: @escaping (VenueReply) -> Void) {
        let rest = RestRequest(request)
        let finish = { (outcome: RestOutcome) in completion(VenueReply(outcome, to: request)) }
        switch fate(of: rest) {
        case .lost:
            world.scheduler.after(ms: Self.timeoutMs) { finish(.unknown("timeout")) }
        case .served: serve(rest, backUs: world.tripUs(), finish)
        // Up to the last moment at which somebody waits for it.
        case .late: serve(rest, backUs: world.trouble.pick(1000...Self.timeoutMs - 50) * 1000, finish)
        case .slow:
            let wayMs = world.trouble.pick(1000...4900)
            world.scheduler.after(ms: wayMs) { [world] in
                let answer = world.venue.answer(rest)
                world.scheduler.after(us: world.tripUs()) {
                    finish(OutcomeClassifier.outcome(status: answer.status, body: answer.body))
                }
            }
        case .absurd: serve(rest, backUs: world.tripUs(), isAbsurd: true, finish)
        case .unanswered:
            world.scheduler.after(us: world.tripUs()) { [world] in
                _ = world.venue.answer(rest)
                world.scheduler.after(ms: world.trouble.pick(1...Self.timeoutMs)) { finish(.unknown("reset")) }
            }
        case .fronted(let status, let body, let isExecuted):
            world.scheduler.after(us: world.tripUs()) { [world] in
                if isExecuted { _ = world.venue.answer(rest) }
                world.scheduler.after(us: world.tripUs()) {
                    finish(OutcomeClassifier.outcome(status: status, body: Array(body.utf8)))
                }
            }
        }
    }

    private func serve(
        _ request: RestRequest, backUs: Int64, isAbsurd: Bool = false, _ finish: @escaping (RestOutcome) -> Void
    ) {
        world.scheduler.after(us: world.tripUs()) { [world] in
            let answer = world.venue.answer(request)
            let body = isAbsurd ? Absurdity.alter(account: answer.body, world.trouble) ?? answer.body : answer.body
            world.scheduler.after(us: backUs) { [self] in
                if isPartitioned {
                    return world.scheduler.after(ms: Self.timeoutMs) { finish(.unknown("timeout")) }
                }
                finish(OutcomeClassifier.outcome(status: answer.status, body: body))
            }
        }
    }

    private func fate(of request: RestRequest) -> Fate {
        if isPartitioned { return .lost }
        let trouble = world.trouble
        if trouble.happens(.lateness, 0.1) { return trouble.pick(0...1) == 0 ? .late : .slow }
        if trouble.happens(.absurdity, 0.05) { return .absurd }
        if request.path.hasPrefix("/fapi/v1/algoOrder"), let fate = fateOfStop(request) { return fate }
        guard trouble.happens(.requests, 0.12) else { return throttled(request) }
        switch trouble.pick(0...7) {
        case 0: return .lost
        case 1: return .unanswered
        case 2, 3:
            let text = #"{"code":-1000,"msg":"Unknown error, please check your request or try again later."}"#
            return .fronted(status: 503, body: text, isExecuted: trouble.pick(0...1) == 0)
        case 4, 5:
            let text = #"{"code":-1007,"msg":"Timeout waiting for response from backend server."}"#
            return .fronted(status: 408, body: text, isExecuted: trouble.pick(0...1) == 0)
        case 6:
            return .fronted(status: 503, body: #"{"code":-1001,"msg":"Service Unavailable."}"#, isExecuted: false)
        default:
            let text = #"{"code":-1000,"msg":"Internal error; unable to process your request. Please try again."}"#
            return .fronted(status: 503, body: text, isExecuted: false)
        }
    }

    /// The service of conditional orders has troubles of its own; nil when none strikes.
    private func fateOfStop(_ request: RestRequest) -> Fate? {
        let trouble = world.trouble
        let id = request.parameters.first { $0.name == "clientAlgoId" }?.value ?? ""
        if request.method == .post { stopsSentUs[id] = world.scheduler.nowUs }
        // A young order may not be found yet.
        let isYoung = world.scheduler.nowUs - (stopsSentUs[id] ?? 0) < Self.invisibleMs * 1000
        guard request.method != .get || isYoung, trouble.happens(.stops, 0.4) else { return nil }
        if request.method == .get {
            return .fronted(status: 400, body: #"{"code":-2013,"msg":"Order does not exist."}"#, isExecuted: false)
        }
        switch trouble.pick(0...(request.method == .post ? 3 : 2)) {
        case 0: return .lost
        case 1: return .unanswered
        case 2:
            let text = #"{"code":-1007,"msg":"Timeout waiting for response from backend server."}"#
            return .fronted(status: 408, body: text, isExecuted: trouble.pick(0...1) == 0)
        default:
            return .fronted(
                status: 400, body: #"{"code":-4045,"msg":"Reach max stop order limit."}"#, isExecuted: false)
        }
    }

    /// Under load the venue refuses what opens risk, and lets through what closes.
    private func throttled(_ request: RestRequest) -> Fate {
        let isReducing = request.parameters.contains {
            ($0.name == "reduceOnly" || $0.name == "closePosition") && $0.value == "true"
        }
        guard request.method == .post, !isReducing, world.trouble.happens(.throttling, 0.5) else { return .served }
        let text = #"{"code":-1008,"msg":"Request throttled by system-level protection. Please try again."}"#
        return .fronted(status: 503, body: text, isExecuted: false)
    }
}
