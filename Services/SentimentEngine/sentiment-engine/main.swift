import Sentiment
import ServiceKit
import SignalContracts

// E4: reads md.metric, writes signal, and heatmap for its successor.
let context = ServiceContext.start(
    "sentiment-engine", purpose: "E4: says which way the crowd leans, and where its liquidations wait.",
    isReplayable: true)
let settings = context.configure(SentimentConfiguration.init)
let host = ProcessorHost(context, sharing: .symbols) { PerSymbol { _ in Sentiment(settings) } }
host.run().exit()
