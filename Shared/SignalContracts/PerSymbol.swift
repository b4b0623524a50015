public import TradingPrimitives

/// One processor for each symbol, made when the symbol is first heard of.
public struct PerSymbol<Processor: StreamProcessor>: StreamProcessor where Processor.Input: SymbolKeyed {
    public typealias Input = Processor.Input
    public typealias Output = Processor.Output

    private let make: (Symbol) -> Processor
    private var indexOf: [Symbol: Int] = [:]
    private var processors: [Processor] = []

    public init(make: @escaping (Symbol) -> Processor) { self.make = make }

    public mutating func process(_ input: Input, emit: (Output) -> Void) {
        let symbol = input.symbol
        if let index = indexOf[symbol] {
            processors[index].process(input, emit: emit)
        } else {
            indexOf[symbol] = processors.count
            processors.append(make(symbol))
            processors[processors.count - 1].process(input, emit: emit)
        }
    }
}
