import Sentiment
import SignalContracts
import TradingPrimitives

/// A crowd's metrics: a mark price a second, open interest every five, shares of accounts a minute, a liquidation now and then.
func crowdMetrics(_ symbol: Symbol, seconds: Int) -> [SentimentInput] {
    var random = SplitMix64(seed: 3)
    var price = 60_000.0, interest = 80_000.0
    var inputs: [SentimentInput] = []
    func add(_ time: Timestamp, _ value: MarketMetric.Value) {
        let id = StreamId(milliseconds: UInt64(time.milliseconds), sequence: UInt64(inputs.count))
        inputs.append(
            SentimentInput(symbol: symbol, id: id, event: .metric(MarketMetric(eventTime: time, value: value))))
    }
    for second in 0..<seconds {
        let time = Timestamp(milliseconds: 1_700_000_000_000 + Int64(second) * 1000)
        price *= 1 + 0.0004 * (random.uniform() - 0.5)
        let mark = Price(raw: Int64(price * 1e8))
        add(
            time,
            .markPrice(
                mark: mark, index: mark, fundingRate: Ratio(raw: 10_000),
                nextFundingTime: time.floored(to: 28_800_000) + 28_800_000))
        if second % 5 == 0 {
            interest *= 1 + 0.002 * (random.uniform() - 0.5)
            add(time, .openInterest(Quantity(raw: Int64(interest * 1e8))))
        }
        if second % 60 == 0 {
            let long = Int64(5e7 + 2e7 * random.uniform())
            add(time, .accountRatio(long: Ratio(raw: long), short: Ratio(raw: fixedScale - long)))
            add(time, .topTraderRatio(long: Ratio(raw: long), short: Ratio(raw: fixedScale - long)))
        }
        if second % 37 == 0 { add(time, .liquidation(side: .sell, price: mark, quantity: Quantity(raw: 50_000_000))) }
    }
    return inputs
}
