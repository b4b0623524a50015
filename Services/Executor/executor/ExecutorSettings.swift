import Execution
import ServiceKit
import TradingPrimitives
import Venue

/// The section `executor`.
struct ExecutorSettings {
    var rules = ExecutorConfiguration()
    /// Where the journal stands; its folder is made.
    var journalPath: String
    /// Words that may wait for Redis before no entry is taken.
    var outboxMax: Int
    /// Time between two questions for the contracts' rules.
    var rulesEveryMs: Int64

    /// `clockRate`: how fast the venue's clock runs beside ours.
    init(_ section: ConfigurationSection, clockRate: Double) throws(ConfigurationError) {
        journalPath = try section.string("journal", default: "var/journal/executor.journal")
        outboxMax = try section.int("outbox_max", default: 5000, in: 10...40_000)
        rulesEveryMs = try Self.ms(section, "rules_every_ms", 60_000, 1000...3_600_000)
        rules.repricesMax = try section.int("reprices_max", default: rules.repricesMax, in: 0...10)
        rules.nakedMaxMs = try Self.ms(section, "naked_max_ms", rules.nakedMaxMs, 200...60_000)
        rules.recoveryNakedMaxMs = try Self.ms(section, "recovery_naked_max_ms", rules.recoveryNakedMaxMs, 500...60_000)
        rules.workingPrice = try section.bool("stop_by_mark_price", default: false) ? .mark : .last
        rules.trailEveryMs = try Self.ms(section, "trail_every_ms", rules.trailEveryMs, 100...600_000)
        rules.trailIntervalMs = try Self.ms(section, "trail_interval_ms", rules.trailIntervalMs, 100...600_000)
        rules.maxHoldMs = try Self.ms(section, "max_hold_ms", rules.maxHoldMs, 1000...1_200_000)
        rules.bookAgeMaxMs = try Self.ms(section, "book_age_max_ms", rules.bookAgeMaxMs, 200...60_000)
        rules.markBandRatio = try section.double("mark_band", default: rules.markBandRatio, in: 0.001...0.5)
        rules.markAgeMaxMs = try Self.ms(section, "mark_age_max_ms", rules.markAgeMaxMs, 2000...600_000)
        let flattenMinutes = try section.int("flatten_before_end_minutes", default: 30, in: 5...10_080)
        rules.flattenBeforeEndMs = Int64(flattenMinutes) * 60_000
        rules.feedLossMaxMs = try Self.ms(section, "feed_loss_max_ms", rules.feedLossMaxMs, 1000...600_000)
        let emergency = try section.section("emergency")
        rules.onFeedLoss = try emergency.word("on_feed_loss", default: rules.onFeedLoss)
        rules.feedLossMs = try Self.ms(emergency, "feed_loss_ms", rules.feedLossMs, 1000...60_000)
        rules.stopVerifyMs = try Self.ms(emergency, "stop_verify_ms", rules.stopVerifyMs, 500...60_000)
        rules.emergency.slowCalls = try emergency.int("slow_calls", default: rules.emergency.slowCalls, in: 1...1000)
        rules.emergency.slowCallMs = try Self.ms(emergency, "slow_call_ms", rules.emergency.slowCallMs, 100...60_000)
        rules.emergency.gapRatio = try emergency.double("gap_ratio", default: rules.emergency.gapRatio, in: 0.0001...1)
        rules.emergency.balanceDropRatio = try emergency.double(
            "balance_drop_ratio", default: rules.emergency.balanceDropRatio, in: 0.001...1)
        rules.emergency.pauseMs = try Self.ms(emergency, "pause_ms", rules.emergency.pauseMs, 0...3_600_000)
        rules.reconcileEveryMs = try Self.ms(section, "reconcile_every_ms", rules.reconcileEveryMs, 1000...60_000)
        rules.positionsMax = try section.int("positions_max", default: rules.positionsMax, in: 1...100)
        let notional = try section.int("notional_max", default: Int(rules.notionalMax.double), in: 1...100_000_000)
        rules.notionalMax = Notional(raw: Int64(notional) * fixedScale)
        if clockRate > 1 { allow(for: clockRate) }
    }

    /// Limits in the venue's time that pass while this machine is merely busy would close positions for nothing: each is at least
    /// what a loaded machine of two cores may take by our clock.
    private mutating func allow(for clockRate: Double) {
        func atLeast(_ realMs: Double, _ ms: Int64) -> Int64 { max(ms, Int64(realMs * clockRate)) }
        rules.nakedMaxMs = atLeast(500, rules.nakedMaxMs)
        rules.recoveryNakedMaxMs = atLeast(2000, rules.recoveryNakedMaxMs)
        rules.emergency.slowCallMs = atLeast(1000, rules.emergency.slowCallMs)
        rules.feedLossMs = atLeast(1000, rules.feedLossMs)
        rules.stopVerifyMs = atLeast(1000, rules.stopVerifyMs)
    }

    private static func ms(
        _ section: ConfigurationSection, _ key: String, _ value: Int64, _ range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int64 {
        Int64(try section.int(key, default: Int(value), in: range))
    }
}
