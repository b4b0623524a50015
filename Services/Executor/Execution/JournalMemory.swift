/// What the executor's journal tells beside the core's own records: whose it is, and which words may not have been said.
public struct JournalMemory {
    /// Name of the journal; nil for one that is older than names.
    public private(set) var identity: String?
    /// Of trading, that it was made in; nil for an older one.
    public private(set) var mode: String?
    /// Words that may not have been said, with their numbers, oldest first.
    public private(set) var unsaid: [(number: UInt64, message: ExecutorMessage)] = []

    public init() {}

    /// A record that stands in the journal, or will with the next sync.
    public mutating func take(_ number: UInt64, _ record: ExecutorRecord) {
        switch record {
        case .message(let message): unsaid.append((number, message))
        case .carried(let original, let message): unsaid.append((UInt64(clamping: original), message))
        case .identity(let name, let mode): (identity, self.mode) = (name, mode ?? self.mode)
        case .said(let upTo): unsaid.removeAll { $0.number <= UInt64(clamping: upTo) }
        case .position, .plan, .command, .closing, .entriesStopped: break
        }
    }

    /// All that a compact journal has: who reads it knows what who reads this one does.
    public func compact(_ core: Executor, identity: String, mode: String) -> [ExecutorRecord] {
        let words = unsaid.map { ExecutorRecord.carried(number: Int(clamping: $0.number), $0.message) }
        return [.identity(identity, mode: mode)] + core.records + words
    }
}
