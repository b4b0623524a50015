import DataHub
import Decisions
import Execution
import Risk
import SignalContracts
import TradingPrimitives

/// Configurations that trade often and briefly: simulations are about what is never lost, not about profit.
struct Rules {
    var hub = HubConfiguration()
    var executor = ExecutorConfiguration()
    var decision = DecisionConfiguration()
    var risk = RiskConfiguration()

    init(_ trouble: Trouble, _ mutation: Mutation?) {
        decision.profile = .phase1
        decision.orderFlowScoreMin = 0.1
        decision.tickScoreMin = 0.1
        decision.scoreJumpMax = 2
        decision.publishEveryMs = 1000
        risk.profile = .phase1
        risk.rewardToRiskMin = 0
        risk.profitMin = 0
        risk.sizing.riskPerTrade = 0.0005
        risk.stopDistanceMin = 0.0001
        risk.momentum.stopAtr = Double(trouble.pick(1...8)) / 10
        risk.momentum.takeProfitAtr = Double(trouble.pick(1...5)) / 20
        risk.momentum.trailAtr = 0.05
        risk.momentum.maxHoldMs = trouble.pick(3...12) * 1000
        risk.momentum.entryTimeoutMs = trouble.pick(8...25) * 100
        risk.breakers.streakLosses = 1000
        risk.breakers.hourlyLosses = 1000
        risk.breakers.hourlyTrades = 100_000
        risk.breakers.dailyLossMax = trouble.pick(0...2) == 0 ? 0.0004 : 0.02
        // A hub that drops nothing absurd: then the executor alone must see it.
        if trouble.pick(0...1) == 0 { hub.markBandRatio = 1000 }
        decision.technicalAgeMaxMs = 60_000
        risk.technicalAgeMaxMs = 60_000
        executor.trailIntervalMs = 500
        executor.trailEveryMs = 2000
        if mutation == .believeAbsenceEarly { executor.entryAbsenceMs = executor.absenceMs }
        if mutation == .noWatchdog {
            executor.nakedMaxMs = 1_000_000
            executor.recoveryNakedMaxMs = 1_000_000
        }
    }
}
