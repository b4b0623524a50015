import ServiceKit
import SignalContracts
import Technical
import TradingPrimitives

// E3: reads md.candle and md.forming, writes signal.
let context = ServiceContext.start(
    "technical-engine", purpose: "E3: says what indicators on candles show, with the trend and against an extreme.",
    isReplayable: true)
let settings = context.configureEach(TechnicalConfiguration.init)
let host = ProcessorHost(context, sharing: .symbols) { PerSymbol { Technical(settings[$0]) } }
host.run().exit()
