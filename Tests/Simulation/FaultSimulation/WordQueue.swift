import Execution
import SignalContracts
import TradingPrimitives

/// The executor's words on their way to the streams: each once and in order, by the number that goes with it.
final class WordQueue {
    private struct Word {
        let number: UInt64
        let message: ExecutorMessage
    }

    private let world: World
    private var words: [Word] = []

    init(_ world: World) { self.world = world }

    func add(_ message: ExecutorMessage, number: UInt64) { words.append(Word(number: number, message: message)) }

    /// Says what has not been said. A server that lost its last moments has lost the numbers with the words.
    func flush() {
        guard world.bus.isUp else { return }
        for word in words {
            let symbol = word.message.stream.symbol
            let isNew = word.number > world.bus.markers[symbol] ?? 0 || world.mutation == .sayAgain
            guard isNew else { continue }
            var fields = Fields()
            word.message.encode(into: &fields)
            world.bus.say(Bus.Word(stream: word.message.stream, fields: fields), number: word.number)
        }
    }
}
