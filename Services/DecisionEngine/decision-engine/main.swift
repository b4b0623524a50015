import Decisions
import ServiceKit
import TradingPrimitives

// S1: reads signal, plan, execution, account, risk and weights, writes decision, readiness and alert.
let context = ServiceContext.start(
    "decision-engine", purpose: "S1: turns the engines' signals into decisions.", isReplayable: true)
let settings = context.configureEach(common: ["engines", "positions_max", "reliability"]) {
    section throws(ConfigurationError) in
    try DecisionConfiguration(section, profile: context.settings.profile, mode: context.settings.mode)
}
let host = ProcessorHost(context, sharing: .whole) {
    DecisionEngine(symbols: context.settings.symbols, settings.usual, own: settings.own)
}
let metrics = DecisionMetrics(context.metrics, context.settings.symbols) { context.venueClock.now() }
host.onOutput = { metrics.count($0) }
host.run().exit()
