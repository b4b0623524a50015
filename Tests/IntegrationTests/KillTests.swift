import Foundation
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// kill -9 of any service at any moment, audited on the venue's ledger.
@Suite(.serialized)
struct KillTests {
    /// `VORTEX7_KILLS=100` for the long run; a short one by default.
    static let kills = Int(ProcessInfo.processInfo.environment["VORTEX7_KILLS"] ?? "") ?? 12
    static let seed = UInt64(ProcessInfo.processInfo.environment["VORTEX7_SEED"] ?? "") ?? 5

    /// Rules that make many short trades: this test is about what is never lost, not about profit.
    static let eager = """
        profile: phase1
        decision-engine: {order_flow_score_min: 0.1, tick_score_min: 0.1, score_jump_max: 2, publish_every_ms: 1000}
        risk-manager: {journal: @/risk-manager.journal, reward_to_risk_min: 0, profit_min: 0, risk_per_trade: 0.0005, \
        momentum: {max_hold_ms: 4000, entry_timeout_ms: 1500}, \
        breakers: {streak_losses: 1000, hourly_losses: 1000, hourly_trades: 100000, daily_loss_max: 1}}
        executor: {journal: @/executor.journal}
        """

    @Test func `no entry is lost or doubled, no plan entered twice, no position left without its stop`() throws {
        let suite = try #require(PaperSuite(settings: Self.eager))
        let services = PaperSuite.engines + ["data-hub", "executor"]
        suite.start(PaperSuite.engines + ["executor"])
        suite.startSimulator(["--seed", "\(Self.seed)"])
        suite.start(["data-hub"])
        var executorUp: [[Int64]] = []
        var executorSince = PaperSuite.nowMs()
        try #require(
            suite.wait {
                try suite.entries("execution:{ETHUSDT}").contains { $0.fields["event"] == "ENTRY_SENT" }
            },
            "no entry: \(suite.log("executor").suffix(800))")

        var random = SplitMix64(seed: Self.seed)
        for _ in 0..<Self.kills {
            usleep(UInt32(200_000 + random.next() % 2_000_000))
            let service = services[Int(random.next() % UInt64(services.count))]
            suite.kill(service)
            if service == "executor" { executorUp.append([executorSince, PaperSuite.nowMs()]) }
            usleep(UInt32(random.next() % 500_000))
            suite.start([service])
            if service == "executor" { executorSince = PaperSuite.nowMs() }
        }
        try suite.flatten()
        executorUp.append([executorSince, PaperSuite.nowMs()])
        var audit = RunAudit(seed: Self.seed, title: "seed \(Self.seed), \(Self.kills) kills")
        audit.executorUp = executorUp
        try audit.check(suite)
    }
}
