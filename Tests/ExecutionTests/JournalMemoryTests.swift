import Execution
import SignalContracts
import Testing
import TradingPrimitives

struct JournalMemoryTests {
    private func alert(_ text: String) -> ExecutorMessage {
        .alert(
            Alert(
                eventTime: Timestamp(milliseconds: 1), severity: .info, service: "executor", event: "test", symbol: nil,
                text: text))
    }

    @Test func `words stay until they are said, and keep their numbers in a compact journal`() throws {
        var memory = JournalMemory()
        memory.take(1, .identity("a1", mode: "paper"))
        for number in 2...5 as ClosedRange<UInt64> { memory.take(number, .message(alert("word \(number)"))) }
        memory.take(6, .said(upTo: 3))
        #expect(memory.unsaid.map(\.number) == [4, 5])

        let symbol = try #require(Symbol("BTCUSDT"))
        let core = Executor(symbols: [symbol], ExecutorConfiguration())
        let compact = memory.compact(core, identity: "a1", mode: "paper")
        var next = JournalMemory()
        for (offset, record) in compact.enumerated() {
            next.take(UInt64(7 + offset), try ExecutorRecord(bytes: record.bytes[...]))
        }
        #expect(next.identity == "a1" && next.mode == "paper")
        #expect(next.unsaid.map(\.number) == [4, 5])
        #expect(next.unsaid.map(\.message) == [alert("word 4"), alert("word 5")])
        next.take(20, .said(upTo: 5))
        #expect(next.unsaid.isEmpty)
    }
}
