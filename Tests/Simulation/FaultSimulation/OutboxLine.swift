import Execution
import InProcessSuite
import SignalContracts
import TradingPrimitives

/// The executor's words on their way to the bus, in the lanes of the service's outbox, over a connection that may break.
final class OutboxLine {
    private let world: World
    private let symbols: [Symbol?]
    private var lanes: [WordLane<ExecutorMessage>]
    /// Of the bus; 0 for none.
    private var connection = 0
    private var isOver = false
    private static let againMs: Int64 = 100

    init(_ world: World) {
        self.world = world
        symbols = world.symbols + [nil]
        lanes = symbols.map { _ in WordLane() }
    }

    /// Number up to which all words have been said.
    var saidUpTo: UInt64 { WordLane.saidUpTo(lanes) }

    /// Asks for an answer.
    func ask() {
        guard world.bus.isUp, connection == world.bus.connection else { return }
        for lane in lanes.indices { lanes[lane].heard(atUs: world.scheduler.nowUs) }
    }

    func say(_ message: ExecutorMessage, number: UInt64) {
        guard let lane = symbols.firstIndex(of: message.stream.symbol), lanes[lane].say(message, number: number) else {
            return world.checker.violated("the outbox has no room")
        }
    }

    /// The process is gone.
    func end() { isOver = true }

    func flush() {
        guard !isOver, world.bus.isUp else { return }
        if connection != world.bus.connection { connect() }
        for lane in lanes.indices {
            for word in lanes[lane].takeUnsent() {
                if world.isCut() { return disconnect() }
                write(word, lane)
                if world.isCut() { return disconnect() }
                lanes[lane].confirmed(atUs: world.scheduler.nowUs)
            }
        }
    }

    private func connect() {
        connection = world.bus.connection
        for lane in lanes.indices {
            lanes[lane].disconnected()
            let mark = world.mutation == .sayAgain ? 0 : world.bus.markers[symbols[lane]]
            if let first = lanes[lane].found(mark: mark, atUs: world.scheduler.nowUs) {
                world.bus.mark(symbols[lane], first)
            }
        }
    }

    private func disconnect() {
        connection = 0
        world.scheduler.after(ms: Self.againMs) { [weak self] in self?.flush() }
    }

    private func write(_ word: WordLane<ExecutorMessage>.Word, _ lane: Int) {
        let last = world.bus.markers[symbols[lane]] ?? 0
        world.bus.say(
            MemoryBus.Word(word.message.stream, word.message.message),
            number: world.mutation == .reuseNumber ? last : word.number)
    }
}
