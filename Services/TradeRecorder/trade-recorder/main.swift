import ServiceKit

// Reads decision, plan, execution and alert, writes PostgreSQL.
let context = ServiceContext.start(
    "trade-recorder", purpose: "Writes decisions, plans, trades and alerts down in PostgreSQL.")
context.configure { _ throws(ConfigurationError) in }
Recorder(context).run().exit()
