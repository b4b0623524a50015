import Sentiment
import ServiceKit
import SignalContracts
import TradingPrimitives

// E4: reads md.metric, writes signal, and heatmap for its successor.
let context = ServiceContext.start(
    "sentiment-engine", purpose: "E4: says which way the crowd leans, and where its liquidations wait.",
    isReplayable: true)
let settings = context.configureEach(SentimentConfiguration.init)
let host = ProcessorHost(context, sharing: .symbols) { PerSymbol { Sentiment(settings[$0]) } }
host.run().exit()
