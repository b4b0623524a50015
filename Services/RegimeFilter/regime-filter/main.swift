import Regime
import ServiceKit
import SignalContracts
import TradingPrimitives

// E5: reads md.candle and md.book, writes signal.
let context = ServiceContext.start(
    "regime-filter", purpose: "E5: says what state the market is in, and with what weights to trade it.",
    isReplayable: true)
let settings = context.configureEach(
    common: [
        "correlation_symbols", "correlation_low", "correlation_high", "correlation_memory_minutes",
        "correlation_pairs_min",
    ], RegimeConfiguration.init)
// A return reaches the other workers two seconds late when its contract's worker has died. Those are seconds of our clock: a
// venue that is played faster is further by then.
let delayMs = min(max(settings.usual.correlationDelayMs, Int64(3000 * context.settings.venue.clockRate)), 240_000)
var usual = settings.usual
usual.correlationDelayMs = delayMs
let host = ProcessorHost(context, sharing: .symbols) { [usual] in RegimeFilter(usual, own: settings.own) }
// The correlation's ten minutes, and the half hour that it is remembered for.
host.refer(to: usual.pair(among: context.settings.symbols).map { StreamName(.signal, $0) }, windowMs: 45 * 60_000)
host.run().exit()
