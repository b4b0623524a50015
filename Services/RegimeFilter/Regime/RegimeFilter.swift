public import SignalContracts
public import TradingPrimitives

/// E5: says what state the market is in: whether to trade, and with what weights and multipliers. It has no direction.
///
/// Books are its clock. Evaluated at the first book of each 30 s of event time, and at the first one after a candle's close, on
/// closed 3m candles; a close that may still come is waited for. Published then, when the spread gate changes, and at each
/// multiple of 5 s with the return of those 5 s. The returns of the two contracts that
/// are watched as a pair come back from the streams, so that each worker knows their correlation, whatever symbols it has.
/// Definitions: strategy reference, "E5 regime".
public struct RegimeFilter: StreamProcessor, SymbolSharing {
    private let configuration: RegimeConfiguration
    /// Of contracts that have their own.
    private let own: [Symbol: RegimeConfiguration]
    private var indexOf: [Symbol: Int] = [:]
    private var markets: [Market] = []
    private var pair: PairCorrelation

    /// `own`: of contracts in which it is another; what is watched as a pair is of all.
    public init(
        _ configuration: RegimeConfiguration = RegimeConfiguration(), own: [Symbol: RegimeConfiguration] = [:]
    ) {
        self.configuration = configuration
        self.own = own
        pair = PairCorrelation(configuration)
    }

    public mutating func process(_ input: RegimeInput, emit: (RegimeOutput) -> Void) {
        switch input.event {
        case .candle(let candle): markets[index(of: input.symbol)].take(candle)
        case .book(let book): take(book, input, market: index(of: input.symbol), emit: emit)
        case .signal(let signal): pair.record(signal, of: input.symbol)
        }
    }

    public mutating func forget(_ symbol: Symbol) {
        if let index = indexOf[symbol] { markets[index] = Market(configuration(of: symbol)) }
    }

    private func configuration(of symbol: Symbol) -> RegimeConfiguration {
        own.isEmpty ? configuration : own[symbol] ?? configuration
    }

    private mutating func index(of symbol: Symbol) -> Int {
        if let index = indexOf[symbol] { return index }
        markets.append(Market(configuration(of: symbol)))
        indexOf[symbol] = markets.count - 1
        return markets.count - 1
    }

    private mutating func take(
        _ book: BookUpdate, _ input: RegimeInput, market index: Int, emit: (RegimeOutput) -> Void
    ) {
        switch markets[index].judge(book) {
        case .goesOn: break
        case .doubtful: return
        case .beganAnew: markets[index].beginAnew(configuration(of: input.symbol))
        }
        let step = markets[index].take(book)
        let time = markets[index].time
        let isEvaluated = markets[index].evaluate(configuration(of: input.symbol))
        let isOpen = markets[index].gate.isOpen
        guard isEvaluated || step != nil || isOpen != markets[index].isOpenTold else { return }
        markets[index].isOpenTold = isOpen

        var signal = RegimeSignal(cause: input.id, eventTime: time)
        signal.isSpreadOk = isOpen
        signal.spread = markets[index].gate.spread
        signal.return5s = step?.logReturn
        signal.correlation = pair.value(at: time)
        markets[index].reading.describe(&signal, isRiskOff: pair.isRiskOff(at: time))
        let isShown = markets[index].pace.isDue(at: time)
        emit(RegimeOutput(symbol: input.symbol, signal: signal, isShown: isShown))
    }
}
