/// The disk under the executor's journal: what survives a crash is what a sync has promised, and perhaps what was on its
/// way, all of it or nothing.
final class Disk {
    struct Record {
        let number: UInt64
        let bytes: [UInt8]
    }

    private(set) var durable: [Record] = []
    private var waiting: [Record] = []
    /// How many of those have been given to the system.
    private var begunCount = 0
    private var lastNumber: UInt64 = 0
    /// Refuses to sync.
    var isBroken = false

    /// Returns the record's number.
    func append(_ bytes: [UInt8]) -> UInt64 {
        lastNumber += 1
        waiting.append(Record(number: lastNumber, bytes: bytes))
        return lastNumber
    }

    func begin() { begunCount = waiting.count }

    func sync() -> Bool {
        guard !isBroken else { return false }
        durable += waiting
        (waiting, begunCount) = ([], 0)
        return true
    }

    /// Puts other records in the place of all, in one step. Numbers go on. Nothing may wait for a sync.
    func replace(by records: [[UInt8]]) {
        for bytes in records { _ = append(bytes) }
        durable = waiting
        (waiting, begunCount) = ([], 0)
    }

    /// The process is gone. What was on its way may have come to the disk.
    func crash(isKept: Bool) {
        if isKept, !isBroken, begunCount == waiting.count { durable += waiting }
        waiting = []
        begunCount = 0
        lastNumber = durable.last?.number ?? 0
    }
}
