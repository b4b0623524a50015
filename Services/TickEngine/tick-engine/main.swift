import ServiceKit
import SignalContracts
import TickFlow
import TradingPrimitives

// E2: reads md.trade, writes signal.
let context = ServiceContext.start(
    "tick-engine", purpose: "E2: says where takers push, from the trades alone.", isReplayable: true)
let settings = context.configureEach(TickFlowConfiguration.init)
let host = ProcessorHost(context, sharing: .symbols) { PerSymbol { TickFlow(settings[$0]) } }
host.run().exit()
