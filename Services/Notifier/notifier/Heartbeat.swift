import ServiceKit
import SignalContracts
import StreamBus
import WebClient

/// Tells a watch outside of this machine that the suite is alive: a machine that is gone tells nobody. The watch is asked as long as
/// the executor speaks; its alarm is that it is not.
final class Heartbeat {
    private static let timeoutMs = 10_000
    /// The executor says at least every five seconds how the account is.
    private static let silenceMaxMs: Int64 = 60_000

    private let context: ServiceContext
    private let web: HTTPClient
    private let url: String
    private var redis: RedisClient?
    private var isAsking = false
    private let beats: Metrics.Counter

    init(_ context: ServiceContext, _ web: HTTPClient, url: String) {
        (self.context, self.web, self.url) = (context, web, url)
        beats = context.metrics.counter("heartbeats_total", help: "Heartbeats that the watch outside has taken.")
    }

    func start(everyMs: Int64) {
        context.reactor.every(ms: everyMs) { [unowned self] in beat() }
    }

    private func beat() {
        guard !isAsking else { return }
        if let reason = silence() { return skip(reason) }
        isAsking = true
        web.send(WebRequest(.get, url, timeoutMs: Self.timeoutMs)) { [weak self] result in
            guard let self else { return }
            isAsking = false
            switch result {
            case .success(let answer) where 200..<300 ~= answer.status: beats.add()
            case .success(let answer): skip("the watch answers HTTP \(answer.status)")
            case .failure(let failure): skip(failure.reason)
            }
        }
    }

    private func skip(_ reason: String) { context.log.warning("no_heartbeat") { $0.put("reason", reason) } }

    /// Why the suite can't be called alive; nil when it can.
    private func silence() -> String? {
        do throws(RedisError) {
            let client = try connect()
            guard let word = try client.newest(of: StreamName(.account)).first else {
                return "the executor never spoke"
            }
            let silentMs = (SystemClock.wallUs() - word.id.microseconds) / 1000
            return silentMs <= Self.silenceMaxMs ? nil : "the executor has been silent for \(silentMs / 1000) s"
        } catch {
            redis = nil
            return "Redis: \(error)"
        }
    }

    private func connect() throws(RedisError) -> RedisClient {
        if let redis { return redis }
        let made = try RedisClient(context.settings.redis, timeoutMs: 1500)
        redis = made
        return made
    }
}
