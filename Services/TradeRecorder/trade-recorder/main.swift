import ServiceKit

// Reads decision, plan, execution, risk and alert, writes PostgreSQL.
let context = ServiceContext.start(
    "trade-recorder", purpose: "Writes decisions, plans, trades and alerts down in PostgreSQL.")
let settings = context.configure { section throws(ConfigurationError) in try RecorderSettings(section) }
Recorder(context, settings).run().exit()
