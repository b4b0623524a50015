import ServiceKit
import SignalContracts
import TradingPrimitives

/// A closed minute, with its id on the stream.
struct Minute: MessageInput, SymbolKeyed {
    static let streams: [StreamKind] = [.candle]
    static func warmUpMs(of kind: StreamKind) -> Int64 { 300_000 }
    let symbol: Symbol, id: StreamId, candle: CandleUpdate

    init?(stream: StreamName, id: StreamId, message: SuiteMessage) {
        guard let symbol = stream.symbol, case .candle(let candle) = message, candle.timeframe == .oneMinute else {
            return nil
        }
        (self.symbol, self.id, self.candle) = (symbol, id, candle)
    }
}

struct Saying: MessageOutput {
    let symbol: Symbol, signal: ForeignSignal
    var stream: StreamName { StreamName(.signal, symbol) }
    var message: SuiteMessage { .signal(.foreign(signal)) }
}

/// Says which way the last three minutes closed.
struct ThreeCandles: StreamProcessor {
    let engine: EngineId
    private var closes: [Price] = []

    init(_ engine: EngineId) { self.engine = engine }

    mutating func process(_ input: Minute, emit: (Saying) -> Void) {
        closes = closes.suffix(3) + [input.candle.close]
        let moves = zip(closes, closes.dropFirst()).map { $1 > $0 ? 1 : $1 < $0 ? -1 : 0 }
        let sum = moves.reduce(0, +)
        guard !input.candle.isBackfill else { return }
        let signal = ForeignSignal(
            engine, cause: input.id, eventTime: input.candle.eventTime, isWarm: moves.count == 3, sign: sum / 3,
            strength: Double(abs(sum)) / 3, confidence: 0.5)
        emit(Saying(symbol: input.symbol, signal: signal))
    }
}

let context = ServiceContext.start("three-candles", purpose: "Says which way the last three minutes closed.")
context.finishConfiguration()
guard let engine = EngineId(context.name) else { ExitCode.configuration.exit() }
let host = ProcessorHost(context, sharing: .symbols) { PerSymbol { _ in ThreeCandles(engine) } }
host.run().exit()
