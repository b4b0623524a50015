import Indicators
import OrderFlow
import Regime
import Sentiment
import SignalContracts
import Technical
import TestSupport
import TickFlow
import TradingPrimitives

/// Blocks that an output may ask for in steady state, by what is measured. E3 has a list of levels in each, S1 a name and
/// a reason in words that tells of each strategy what it waits for, and each quarter of a minute the word on readiness.
private let budgets = [
    "E1": 0.0, "E2": 0.0, "E3": 1.05, "E4": 0.0, "E5": 0.05, "S1, nothing to say": 6, "S1, a decision each time": 14,
    "S2, a metric": 0.0, "S2, a decision and its end": 0.0,
]

/// Each processor over a random market: time and allocations an event in the second half. Returns whether all are
/// within their budgets.
func measureProcessors() throws -> Bool {
    guard let symbol = Symbol("BTCUSDT"), let other = Symbol("ETHUSDT") else { return false }
    let market = try MarketStory.random(seed: 1, books: 20_000)
    let candles = CandleStory.random(seed: 1, minutes: 1800).entries(fetched: 1500, updates: 40)
    var orderFlow: [OrderFlowInput] = [], trades: [TickFlowInput] = [], regime: [RegimeInput] = []
    for event in market.events {
        switch event {
        case .trade(let id, let trade):
            orderFlow.append(OrderFlowInput(symbol: symbol, id: id, event: .trade(trade)))
            trades.append(TickFlowInput(symbol: symbol, id: id, trade: trade))
        case .book(let id, let book):
            orderFlow.append(OrderFlowInput(symbol: symbol, id: id, event: .book(book)))
            for symbol in [symbol, other] { regime.append(RegimeInput(symbol: symbol, id: id, event: .book(book))) }
        }
    }
    // Candles first, then two symbols' books.
    let past = [symbol, other].flatMap { symbol in
        candles.filter { $0.candle.timeframe == .threeMinutes }
            .map { RegimeInput(symbol: symbol, id: $0.id, event: .candle($0.candle)) }
    }
    let technical = candles.map { TechnicalInput(symbol: symbol, id: $0.id, candle: $0.candle) }
    var configuration = RegimeConfiguration()
    configuration.references = (symbol, other)

    var isWithinBudget = measure("E1", OrderFlow(), orderFlow)
    isWithinBudget = measure("E2", TickFlow(), trades) && isWithinBudget
    isWithinBudget = measure("E3", Technical(), technical) && isWithinBudget
    isWithinBudget = measure("E4", Sentiment(), crowdMetrics(symbol, seconds: 40_000)) && isWithinBudget
    isWithinBudget = measure("E5", RegimeFilter(configuration), past + regime) && isWithinBudget
    isWithinBudget = try measureDecisions(symbol) && isWithinBudget
    return measureRecords(symbol) && isWithinBudget
}

/// Time and allocations an event in the second half of `inputs`; whether they are within the budget of that name.
func measure<Processor: StreamProcessor>(
    _ name: String, _ processor: Processor, _ inputs: [Processor.Input]
) -> Bool where Processor.Output: StreamOutput {
    let half = inputs.count / 2
    var outputs = 0
    func run(_ body: (Processor.Output) -> Void) -> Cost {
        var processor = processor
        for input in inputs[..<half] { processor.process(input) { _ in } }
        outputs = 0
        return Cost.of {
            for input in inputs[half...] {
                processor.process(input) { output in
                    outputs += 1
                    body(output)
                }
            }
        }
    }
    let alone = (0..<3).map { _ in run { _ in } }
    var fields = Fields()
    let written = (0..<3).map { _ in
        run { output in
            fields.removeAll()
            output.encode(into: &fields)
            output.forEachProjection { blackHole($0) }
        }
    }
    let count = Double(inputs.count - half)
    func best(_ costs: [Cost]) -> (us: Double, allocations: Double) {
        ((costs.map(\.us).min() ?? 0) / count, Double(costs.map(\.allocations).min() ?? 0) / count)
    }
    let (processing, writing) = (best(alone), best(written))
    print(
        "\(name): \(rounded(processing.us, 3)) µs and \(rounded(processing.allocations, 3)) allocations an event; "
            + "with its text \(rounded(writing.us, 3)) µs, \(rounded(writing.allocations, 3)) allocations; "
            + "\(inputs.count - half) events, \(outputs) outputs")
    guard let budget = budgets[name], processing.allocations * count > budget * Double(outputs) else { return true }
    print("\(name): more than its \(budget) allocations an output")
    return false
}
