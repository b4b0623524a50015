/// The disk under the executor's journal: what survives a crash is what a sync has promised, and perhaps what was on its
/// way, all of it or nothing.
final class Disk {
    private(set) var durable: [[UInt8]] = []
    private var waiting: [[UInt8]] = []
    /// How many of those have been given to the system.
    private var begunCount = 0
    /// Refuses to sync.
    var isBroken = false

    /// Returns the record's number.
    func append(_ record: [UInt8]) -> UInt64 {
        waiting.append(record)
        return UInt64(durable.count + waiting.count)
    }

    func begin() { begunCount = waiting.count }

    func sync() -> Bool {
        guard !isBroken else { return false }
        durable += waiting
        (waiting, begunCount) = ([], 0)
        return true
    }

    /// The process is gone. What was on its way may have come to the disk.
    func crash(isKept: Bool) {
        if isKept, !isBroken, begunCount == waiting.count { durable += waiting }
        waiting = []
        begunCount = 0
    }
}
