import Regime
import ServiceKit
import SignalContracts

// E5: reads md.candle and md.book, writes signal.
let context = ServiceContext.start(
    "regime-filter", purpose: "E5: says what state the market is in, and with what weights to trade it.")
let settings = context.configure(RegimeConfiguration.init)
let host = ProcessorHost(context) { RegimeFilter(settings) }
host.run().exit()
