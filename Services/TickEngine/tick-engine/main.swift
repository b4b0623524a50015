import ServiceKit
import SignalContracts
import TickFlow

// E2: reads md.trade, writes signal.
let context = ServiceContext.start(
    "tick-engine", purpose: "E2: says where takers push, from the trades alone.", isReplayable: true)
let settings = context.configure(TickFlowConfiguration.init)
let host = ProcessorHost(context, sharing: .symbols) { PerSymbol { _ in TickFlow(settings) } }
host.run().exit()
