import ServiceKit
import SignalContracts
import TradingPrimitives

/// The suite's services, by what can be asked of them.
enum Services {
    /// Their workers share the contracts.
    static let sharing = [
        "order-flow-engine", "tick-engine", "technical-engine", "sentiment-engine", "regime-filter",
    ]
    /// One instance works, others stand by.
    static let single = ["data-hub", "decision-engine", "risk-manager", "executor"]
    /// Their work is that of a processor alone, so that it can be done again.
    static let replayable = sharing + ["decision-engine", "risk-manager"]
    /// Each reads its own section of the configuration.
    static let programs = sharing + single + ["trade-recorder", "learner"]
    static let restartable = SuiteSettings.services.filter { $0 != "vortexctl" && $0 != "bus-probe" }
}
