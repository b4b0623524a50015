import Glibc
import Synchronization

/// Keeps this process from trying a password that Redis has refused again and again: many parts of a service connect, each by its own
/// timer. A login that was refused is tried again after some seconds, then more seldom.
public enum LoginGate {
    private struct Shut {
        let address: RedisAddress
        let refusal: RedisError
        var untilMs: Int64
        var waitMs: Int64
    }

    private struct State {
        var shut: [Shut] = []
        /// Refusals that nobody has been told of.
        var news: [(address: RedisAddress, refusal: RedisError)] = []
    }

    private static let refusals = ["WRONGPASS", "NOAUTH", "ERR AUTH", "ERR Client sent AUTH", "ERR invalid password"]
    private static let waitLeastMs: Int64 = 2000
    private static let waitGreatestMs: Int64 = 30_000
    private static let state = Mutex(State())

    /// Why this login is not to be tried now; nil when it may be.
    static func refusal(of address: RedisAddress) -> RedisError? {
        state.withLock { state in
            state.shut.first { $0.address.isLoginEqual(to: address) && now() < $0.untilMs }?.refusal
        }
    }

    /// Nil for an error that says nothing of the login.
    static func refused(_ address: RedisAddress, _ error: String) -> RedisError? {
        guard refusals.contains(where: error.hasPrefix) else { return nil }
        let refusal = RedisError.loginRefused(address.loginComplaint(error))
        state.withLock { state in
            let old = state.shut.firstIndex { $0.address.isLoginEqual(to: address) }
            let waitMs = old.map { min(waitGreatestMs, state.shut[$0].waitMs * 2) } ?? waitLeastMs
            // Connections that were begun together are refused together: that is one refusal.
            if let old, now() < state.shut[old].untilMs { return }
            if let old { state.shut.remove(at: old) }
            state.shut.append(Shut(address: address, refusal: refusal, untilMs: now() + waitMs, waitMs: waitMs))
            state.news.append((address, refusal))
        }
        return refusal
    }

    static func opened(_ address: RedisAddress) {
        state.withLock { $0.shut.removeAll { $0.address.isLoginEqual(to: address) } }
    }

    /// Refusals since the last time, for who tells people of them.
    public static func takeNews() -> [(address: RedisAddress, refusal: RedisError)] {
        state.withLock { state in
            defer { state.news = [] }
            return state.news
        }
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension RedisAddress {
    fileprivate func isLoginEqual(to other: RedisAddress) -> Bool {
        endpoint == other.endpoint && user == other.user && password == other.password
    }

    fileprivate func loginComplaint(_ error: String) -> String {
        guard password != nil else { return "it wants a password, and none is set: \(error)" }
        let name = user.map { "the password of user '\($0)'" } ?? "the password"
        let hint =
            isDecoded
            ? "; in redis.url %40 and the like stand for the character itself: a percent sign of the password is written %25"
            : ""
        return "\(name) is refused: \(error)\(hint)"
    }
}
