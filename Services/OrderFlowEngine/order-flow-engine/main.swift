import OrderFlow
import ServiceKit
import SignalContracts
import TradingPrimitives

// E1: reads md.trade and md.book, writes signal.
let context = ServiceContext.start(
    "order-flow-engine", purpose: "E1: says which way the book and the taker volume press.", isReplayable: true)
let settings = context.configureEach(OrderFlowConfiguration.init)
let host = ProcessorHost(context, sharing: .symbols) { PerSymbol { OrderFlow(settings[$0]) } }
host.run().exit()
