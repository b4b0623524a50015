import Risk
import ServiceKit

// S2: reads decision, md.metric, execution, account, weights and command, writes plan, risk, alert and reply.
let context = ServiceContext.start(
    "risk-manager", purpose: "S2: turns decisions into plans, or says which rule refused.")
let settings = context.configure { section throws(ConfigurationError) in
    try RiskSettings(section, profile: context.settings.profile)
}
let keeper = SessionKeeper(context, path: settings.journal)
let host = ProcessorHost(context, sharing: .whole) {
    RiskManager(settings.rules, session: keeper.latest())
}
host.beforeCommit = { keeper.keep(&$0) }
host.run().exit()
