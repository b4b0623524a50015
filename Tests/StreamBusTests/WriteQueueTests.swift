import StreamBus
import Testing

struct WriteQueueTests {
    private func queue(_ commands: [(text: String, isOnce: Bool)], bytesMax: Int = 1000) -> WriteQueue {
        var queue = WriteQueue(bytesMax: bytesMax)
        for command in commands { _ = queue.add(isOnce: command.isOnce) { $0.command([command.text]) } }
        return queue
    }

    private func sent(_ queue: inout WriteQueue) -> String {
        var bytes: [UInt8] = []
        queue.takeUnsent { taken, _ in bytes += taken }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").filter { $0.allSatisfy(\.isLetter) }
            .joined()
    }

    @Test func `what was confirmed is forgotten and the rest is sent again`() {
        var queue = queue([("A", false), ("B", false)])
        #expect(sent(&queue) == "AB")
        #expect(queue.answered(error: nil) == .confirmed)
        _ = queue.add(isOnce: false) { $0.command(["C"]) }
        #expect(queue.prepareResend() == 0)
        #expect(sent(&queue) == "BC")
    }

    @Test func `a transaction ends where a stream would overtake another one of its contract`() {
        var queue = WriteQueue(bytesMax: 1000)
        // Trades and books of two contracts, with a key that nobody waits for.
        for (text, stream, group) in [("A", 0, 0), ("B", 0, 0), ("C", 1, 0), ("D", 2, 2), ("E", 0, 0), ("F", 1, 0)] {
            _ = queue.add(isOnce: false, at: WriteQueue.Place(stream: stream, group: group)) { $0.command([text]) }
            _ = queue.add(isOnce: false) { $0.command(["x"]) }
        }
        func transaction() -> String {
            var bytes: [UInt8] = []
            queue.takeUnsent(asTransaction: true) { taken, _ in bytes += taken }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").filter { $0.allSatisfy(\.isLetter) }
                .joined()
        }
        #expect(transaction() == "AxBxCxDx" && transaction() == "ExFx" && transaction() == "")
    }

    @Test func `what must not be sent twice is dropped, unless it was never sent`() {
        var queue = queue([("A", true), ("B", false)])
        #expect(sent(&queue) == "AB")
        _ = queue.add(isOnce: true) { $0.command(["C"]) }
        #expect(queue.prepareResend() == 1)
        #expect(sent(&queue) == "BC")
    }

    @Test func `an entry that stands already is confirmed only if it was sent before`() {
        let error = "ERR The ID specified in XADD is equal or smaller than the target stream top item"
        var queue = queue([("A", false)])
        #expect(sent(&queue) == "A")
        #expect(queue.prepareResend() == 0)
        #expect(sent(&queue) == "A")
        #expect(queue.answered(error: error) == .confirmed)
        _ = queue.add(isOnce: false) { $0.command(["B"]) }
        #expect(sent(&queue) == "B")
        #expect(queue.answered(error: error) == .lost(error))
    }

    @Test func `refused writes stay and go again when all answers are in`() {
        var queue = queue([("A", false), ("B", false)])
        #expect(sent(&queue) == "AB")
        #expect(queue.answered(error: "OOM command not allowed") == .refused("OOM command not allowed"))
        #expect(queue.isRefused)
        #expect(queue.answered(error: nil) == .confirmed)
        #expect(sent(&queue) == "")
        #expect(queue.prepareResend() == 0)
        #expect(sent(&queue) == "A")
        #expect(queue.answered(error: nil) == .confirmed)
        #expect(queue.recordCount == 0)
    }

    @Test func `the bound holds`() {
        var queue = queue([("AAAAAAAAAA", false)], bytesMax: 10)
        #expect(!queue.add(isOnce: false) { $0.command(["B"]) })
        #expect(sent(&queue) == "AAAAAAAAAA")
        #expect(queue.answered(error: nil) == .confirmed)
        #expect(queue.add(isOnce: false) { $0.command(["B"]) })
    }
}
