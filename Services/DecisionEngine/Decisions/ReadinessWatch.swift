import SignalContracts
import TradingPrimitives

/// Watches for one contract whether an entry is possible, so that nobody has to guess why nothing happens.
struct ReadinessWatch {
    private(set) var obstacles = Obstacles()
    private var possibleAt = Timestamp.zero
    private var since = Timestamp.zero
    /// Since when nothing but faults has stopped it, without a break.
    private var brokenSince: Timestamp?
    private var brokenToldAt: Timestamp?
    private var told: (obstacles: Obstacles, at: Timestamp)?
    private var evaluatedAt = Timestamp.zero
    /// Since when it has been locked though the executor knows of no order of unknown outcome.
    private var lockedAloneSince: Timestamp?

    /// Least and greatest distance of two words, and the times after which a person hears.
    private static let tellLeastMs: Int64 = 1000
    private static let tellMostMs: Int64 = 15_000
    private static let brokenTellMs: Int64 = 900_000
    private static let lockedAloneMs: Int64 = 60_000
    /// Silence of the contract's evaluations that is no longer the pace of the market.
    private static let silenceMs: Int64 = 10_000

    /// What was found at `time`. `isEvaluation`: by an evaluation; else the clock alone went on.
    mutating func note(_ found: Obstacles, at time: Timestamp, isEvaluation: Bool) {
        var found = found
        if isEvaluation {
            evaluatedAt = max(evaluatedAt, time)
        } else if time - evaluatedAt > Self.silenceMs {
            found.silences.insert(.market)
        } else {
            // The last evaluation stands.
            return
        }
        if found != obstacles || since == .zero { since = time }
        obstacles = found
        if found.isEmpty { possibleAt = time }
        brokenSince = found.isFault ? brokenSince ?? time : nil
        if brokenSince == nil { brokenToldAt = nil }
    }

    /// Whether a word is due: soon after a change, else once in a while.
    func isWordDue(at time: Timestamp) -> Bool {
        guard let told else { return true }
        let ageMs = time - told.at
        return ageMs >= Self.tellMostMs || told.obstacles != obstacles && ageMs >= Self.tellLeastMs
    }

    /// The word, with its reason in words for what stops it.
    mutating func word(at time: Timestamp, reason: String) -> Readiness {
        told = (obstacles, time)
        return Readiness(
            eventTime: time, possibleAt: possibleAt, since: since, obstacles: obstacles, isFault: obstacles.isFault,
            reason: reason)
    }

    /// For how long faults alone have stopped it, when a person should hear of it: after a quarter of an hour, and then every
    /// quarter of an hour.
    mutating func brokenForMs(at time: Timestamp) -> Int64? {
        guard let brokenSince, time - (brokenToldAt ?? brokenSince) >= Self.brokenTellMs else { return nil }
        brokenToldAt = time
        return time - brokenSince
    }

    /// Whether it has been locked for a minute with nothing to lock it for.
    mutating func isLockedAlone(_ isLocked: Bool, unknownOrders: Int, at time: Timestamp) -> Bool {
        guard isLocked, unknownOrders == 0 else {
            lockedAloneSince = nil
            return false
        }
        guard let lockedAloneSince else {
            lockedAloneSince = time
            return false
        }
        guard time - lockedAloneSince >= Self.lockedAloneMs else { return false }
        self.lockedAloneSince = nil
        return true
    }
}
