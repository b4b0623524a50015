import Risk
import ServiceKit
import TradingPrimitives

// S2: reads decision, md.metric, execution, account, weights and command, writes plan, risk, alert and reply.
let context = ServiceContext.start(
    "risk-manager", purpose: "S2: turns decisions into plans, or says which rule refused.", isReplayable: true)
let settings = context.configureEach(
    common: ["breakers", "positions_max", "capital_limit_usdt", "margin_cap_total", "account_age_max_ms"]
) { section throws(ConfigurationError) in
    try RiskSettings(section, profile: context.settings.profile)
}
// A replay begins with an empty day: what tripped before its window is not known to it.
let keeper = context.isReplay ? nil : SessionKeeper(context, path: settings.usual.journal)
let host = ProcessorHost(context, sharing: .whole) {
    RiskManager(settings.usual.rules, own: settings.own.mapValues(\.rules), session: keeper?.latest() ?? RiskSession())
}
host.beforeCommit = { keeper?.keep(&$0) }
let metrics = RiskMetrics(context.metrics, host)
host.onOutput = { metrics.count($0) }
host.run().exit()
