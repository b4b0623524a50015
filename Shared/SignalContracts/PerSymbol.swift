public import TradingPrimitives

/// One processor for each symbol, made when the symbol is first heard of. An entry whose time can't be is kept from it.
public struct PerSymbol<Processor: StreamProcessor>: StreamProcessor, SymbolSharing where Processor.Input: SymbolKeyed {
    public typealias Input = Processor.Input
    public typealias Output = Processor.Output

    private let make: (Symbol) -> Processor
    private var indexOf: [Symbol: Int] = [:]
    private var processors: [Processor] = []
    /// Of the processor in the same place.
    private var gates: [TimeGate] = []
    /// Places in `processors` whose symbol has been forgotten.
    private var free: [Int] = []

    public init(make: @escaping (Symbol) -> Processor) { self.make = make }

    public mutating func process(_ input: Input, emit: (Output) -> Void) {
        let index = index(of: input.symbol)
        if let moment = input.moment {
            switch gates[index].judge(moment) {
            case .goesOn: break
            case .doubtful: return
            case .beganAnew: processors[index] = make(input.symbol)
            }
        }
        processors[index].process(input, emit: emit)
    }

    private mutating func index(of symbol: Symbol) -> Int {
        if let index = indexOf[symbol] { return index }
        let index = place(make(symbol))
        indexOf[symbol] = index
        return index
    }

    private mutating func place(_ processor: Processor) -> Int {
        guard let index = free.popLast() else {
            processors.append(processor)
            gates.append(TimeGate())
            return processors.count - 1
        }
        processors[index] = processor
        gates[index] = TimeGate()
        return index
    }

    public mutating func forget(_ symbol: Symbol) {
        if let index = indexOf.removeValue(forKey: symbol) { free.append(index) }
    }
}
