import Regime
import ServiceKit
import SignalContracts

// E5: reads md.candle and md.book, writes signal.
let context = ServiceContext.start(
    "regime-filter", purpose: "E5: says what state the market is in, and with what weights to trade it.",
    isReplayable: true)
let settings = context.configure(RegimeConfiguration.init)
let host = ProcessorHost(context, sharing: .symbols) { RegimeFilter(settings) }
// The correlation's ten minutes, and the half hour that it is remembered for.
host.refer(to: settings.pair(among: context.settings.symbols).map { StreamName(.signal, $0) }, windowMs: 45 * 60_000)
host.run().exit()
