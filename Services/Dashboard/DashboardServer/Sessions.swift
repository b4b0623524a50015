/// Who is logged in, and who has tried too often. All times are monotonic seconds.
struct Sessions {
    struct Session: Equatable {
        let token: String
        let role: Role
        /// What the pages send back with whatever changes something.
        let csrf: String
        fileprivate let beganAt: Int64
        fileprivate var seenAt: Int64
    }

    static let idleMax: Int64 = 12 * 3600
    static let lifeMax: Int64 = 7 * 86_400
    private static let countMax = 200
    /// Wrong passwords that cost nothing but time to type.
    static let freeFailures = 5
    private static let waitLeast: Int64 = 30
    private static let waitGreatest: Int64 = 900
    /// After so long without a wrong password all is forgotten.
    private static let failureMemory: Int64 = 3600

    private var sessions: [Session] = []
    private var failures: [Role: (count: Int, last: Int64)] = [:]

    mutating func open(_ role: Role, at now: Int64) -> Session {
        failures[role] = nil
        sessions = sessions.filter { isAlive($0, now) }
        if sessions.count == Self.countMax { sessions.removeFirst() }
        let session = Session(
            token: Secrets.random(byteCount: 32), role: role, csrf: Secrets.random(byteCount: 16), beganAt: now,
            seenAt: now)
        sessions.append(session)
        return session
    }

    /// Nil for a token that is not, or no longer, one.
    mutating func find(_ token: String, at now: Int64) -> Session? {
        guard let index = sessions.firstIndex(where: { Secrets.areEqual($0.token, token) }) else { return nil }
        guard isAlive(sessions[index], now) else {
            sessions.remove(at: index)
            return nil
        }
        sessions[index].seenAt = now
        return sessions[index]
    }

    mutating func close(_ token: String) { sessions.removeAll { $0.token == token } }

    private func isAlive(_ session: Session, _ now: Int64) -> Bool {
        now - session.seenAt <= Self.idleMax && now - session.beganAt <= Self.lifeMax
    }

    // MARK: Wrong passwords

    /// Seconds until this one may be tried again; 0 for now.
    func wait(for role: Role, at now: Int64) -> Int64 {
        guard let failure = failures[role], now - failure.last <= Self.failureMemory else { return 0 }
        let surplus = failure.count - Self.freeFailures
        guard surplus >= 0 else { return 0 }
        let wait = min(Self.waitGreatest, Self.waitLeast << Int64(min(surplus, 10)))
        return max(0, failure.last + wait - now)
    }

    mutating func fail(_ role: Role, at now: Int64) {
        let before = failures[role].flatMap { now - $0.last <= Self.failureMemory ? $0.count : nil } ?? 0
        failures[role] = (before + 1, now)
    }
}
