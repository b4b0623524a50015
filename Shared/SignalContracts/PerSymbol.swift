public import TradingPrimitives

/// One processor for each symbol, made when the symbol is first heard of.
public struct PerSymbol<Processor: StreamProcessor>: StreamProcessor, SymbolSharing where Processor.Input: SymbolKeyed {
    public typealias Input = Processor.Input
    public typealias Output = Processor.Output

    private let make: (Symbol) -> Processor
    private var indexOf: [Symbol: Int] = [:]
    private var processors: [Processor] = []
    /// Places in `processors` whose symbol has been forgotten.
    private var free: [Int] = []

    public init(make: @escaping (Symbol) -> Processor) { self.make = make }

    public mutating func process(_ input: Input, emit: (Output) -> Void) {
        let symbol = input.symbol
        if let index = indexOf[symbol] {
            processors[index].process(input, emit: emit)
        } else {
            let index = place(make(symbol))
            indexOf[symbol] = index
            processors[index].process(input, emit: emit)
        }
    }

    private mutating func place(_ processor: Processor) -> Int {
        guard let index = free.popLast() else {
            processors.append(processor)
            return processors.count - 1
        }
        processors[index] = processor
        return index
    }

    public mutating func forget(_ symbol: Symbol) {
        if let index = indexOf.removeValue(forKey: symbol) { free.append(index) }
    }
}
