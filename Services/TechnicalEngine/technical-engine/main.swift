import ServiceKit
import SignalContracts
import Technical

// E3: reads md.candle and md.forming, writes signal.
let context = ServiceContext.start(
    "technical-engine", purpose: "E3: says what indicators on candles show, with the trend and against an extreme.",
    isReplayable: true)
let settings = context.configure(TechnicalConfiguration.init)
let host = ProcessorHost(context, sharing: .symbols) { PerSymbol { _ in Technical(settings) } }
host.run().exit()
