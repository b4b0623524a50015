import Risk
import ServiceKit

// S2: reads decision, md.candle, md.metric, execution and account, writes plan.
let context = ServiceContext.start(
    "risk-manager", purpose: "S2: turns decisions into plans, or says which rule refused.")
let settings = context.configure(RiskConfiguration.init)
let host = ProcessorHost(context) { RiskManager(symbols: context.settings.symbols, settings) }
host.run().exit()
