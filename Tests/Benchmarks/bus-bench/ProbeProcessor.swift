import SignalContracts
import TradingPrimitives

/// A number that goes from hop to hop.
struct ProbeInput: StreamInput, SymbolKeyed {
    let number: Int64
    let cause: StreamId
    let symbol: Symbol

    static var streams: [StreamKind] { [.trade] }
    static func warmUpMs(of kind: StreamKind) -> Int64 { 600_000 }

    init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError) {
        guard let symbol = stream.symbol else { return nil }
        number = try fields.required("n")
        cause = try fields.optional("cause") ?? id
        self.symbol = symbol
    }
}

struct ProbeOutput: StreamOutput {
    let stream: StreamName
    let number: Int64
    let cause: StreamId
    /// Sum of the last ten numbers: it is right only if the state has seen each of them once, in order.
    let sum: Int64

    func encode(into fields: inout Fields) {
        fields.put("v", 1)
        fields.put("cause", cause)
        fields.put("n", number)
        fields.put("sum", sum)
    }
}

/// Passes each number on, with the sum of the last ten.
struct ProbeProcessor: StreamProcessor {
    let output: StreamKind
    private var last: [Int64] = []

    init(output: StreamKind) { self.output = output }

    mutating func process(_ input: ProbeInput, emit: (ProbeOutput) -> Void) {
        last.append(input.number)
        if last.count > 10 { last.removeFirst() }
        emit(
            ProbeOutput(
                stream: StreamName(output, input.symbol), number: input.number, cause: input.cause,
                sum: last.reduce(0, +)))
    }
}
