import Regime
import ServiceKit
import SignalContracts

// E5: reads md.candle and md.book, writes signal.
let context = ServiceContext.start(
    "regime-filter", purpose: "E5: says what state the market is in, and with what weights to trade it.",
    isReplayable: true)
var settings = context.configure(RegimeConfiguration.init)
// A return reaches the other workers two seconds late when its contract's worker has died. Those are seconds of our clock: a
// venue that is played faster is further by then.
settings.correlationDelayMs = min(
    max(settings.correlationDelayMs, Int64(3000 * context.settings.venue.clockRate)), 240_000)
let host = ProcessorHost(context, sharing: .symbols) { [settings] in RegimeFilter(settings) }
// The correlation's ten minutes, and the half hour that it is remembered for.
host.refer(to: settings.pair(among: context.settings.symbols).map { StreamName(.signal, $0) }, windowMs: 45 * 60_000)
host.run().exit()
