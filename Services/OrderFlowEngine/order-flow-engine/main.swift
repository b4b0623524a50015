import OrderFlow
import ServiceKit
import SignalContracts

// E1: reads md.trade and md.book, writes signal.
let context = ServiceContext.start(
    "order-flow-engine", purpose: "E1: says which way the book and the taker volume press.", isReplayable: true)
let settings = context.configure(OrderFlowConfiguration.init)
let host = ProcessorHost(context, sharing: .symbols) { PerSymbol { _ in OrderFlow(settings) } }
host.run().exit()
