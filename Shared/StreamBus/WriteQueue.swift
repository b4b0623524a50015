import SignalContracts

/// Commands on their way to Redis, kept until they are confirmed, so that they can be sent again after a reconnection.
///
/// An entry with an explicit id can be sent twice without harm: Redis refuses the second one. Commands that would do harm
/// twice (a list's push) are dropped instead of being sent again.
public struct WriteQueue {
    private enum State {
        case unsent
        case sent
        /// Sent on a connection that broke before the answer.
        case sentBefore
        /// Redis would not take it then.
        case refused
    }

    private struct Record {
        var byteCount: Int
        var replyCount: Int
        var state: State
        var isOnce: Bool
        var place: Place?
    }

    /// The stream that a command adds to, and the first of the streams that are read in one order with it.
    public struct Place: Equatable, Sendable {
        let stream: Int
        let group: Int

        public init(stream: Int, group: Int) { (self.stream, self.group) = (stream, group) }
    }

    /// What became of a command whose answer has come.
    public enum Outcome: Equatable, Sendable {
        /// It stands, or stood already.
        case confirmed
        /// The commands of one record are not all answered yet.
        case incomplete
        /// Redis takes no writes now: send nothing until `prepareResend`.
        case refused(String)
        /// It can't be carried out, now or later, and is given up.
        case lost(String)
    }

    private var commands = CommandBuffer()
    private var records: [Record] = []
    private var bytesDone = 0
    private var recordsDone = 0
    private var bytesSent = 0
    private var recordsSent = 0
    private var repliesToRecord = 0
    /// The streams of the transaction that is being cut, by their first command; its memory is used again.
    private var seen: [Place] = []
    private var failure: String?
    /// Records that Redis refused and that are to be sent again; the memory is not compacted while there are some.
    private var refusedRecords: [Int] = []
    public private(set) var isRefused = false
    /// Bound of the bytes kept.
    public let bytesMax: Int

    public init(bytesMax: Int) { self.bytesMax = bytesMax }

    public var byteCount: Int { commands.bytes.count - (isRefused ? 0 : bytesDone) }
    /// Commands that have not been confirmed.
    public var recordCount: Int { records.count - recordsDone + refusedRecords.count }
    public var unansweredCount: Int { recordsSent - recordsDone }
    public var unsentCount: Int { records.count - recordsSent }

    /// Adds what `body` writes; false, and nothing, when the bound has been reached. `isOnce`: never sent a second time.
    public mutating func add(isOnce: Bool, at place: Place? = nil, _ body: (inout CommandBuffer) -> Void) -> Bool {
        guard byteCount < bytesMax else { return false }
        let bytes = commands.bytes.count
        let count = commands.commandCount
        body(&commands)
        guard commands.commandCount > count else { return true }
        records.append(
            Record(
                byteCount: commands.bytes.count - bytes, replyCount: commands.commandCount - count, state: .unsent,
                isOnce: isOnce, place: place))
        return true
    }

    /// Gives the bytes of what has not been sent, of `recordsMax` records at most, and how many answers they will have; and counts
    /// them as sent.
    ///
    /// `asTransaction`: up to the first that must not be seen together with those before it. Who waits for several streams is
    /// given all that is new in the first of them that gets something; of what comes in one transaction, a stream that comes
    /// again after another one would overtake that.
    public mutating func takeUnsent(
        atMost recordsMax: Int = .max, asTransaction: Bool = false,
        _ send: (ArraySlice<UInt8>, _ replies: Int) -> Void
    ) {
        guard !isRefused, recordsSent < records.count else { return }
        var end = recordsSent + min(recordsMax, records.count - recordsSent)
        if asTransaction { end = orderedEnd(before: end) }
        var bytes = 0, replies = 0
        for index in recordsSent..<end {
            bytes += records[index].byteCount
            replies += records[index].replyCount
            if records[index].state == .unsent { records[index].state = .sent }
        }
        send(commands.bytes[bytesSent..<(bytesSent + bytes)], replies)
        bytesSent += bytes
        recordsSent = end
    }

    private mutating func orderedEnd(before end: Int) -> Int {
        seen.removeAll(keepingCapacity: true)
        for index in recordsSent..<end {
            guard let place = records[index].place else { continue }
            if let last = seen.last(where: { $0.group == place.group }), last != place, seen.contains(place) {
                return index
            }
            if !seen.contains(place) { seen.append(place) }
        }
        return end
    }

    /// What was sent and not answered was not carried out at all: it is as if it had not been sent.
    public mutating func takeBackSent() {
        for index in recordsDone..<recordsSent where records[index].state == .sent { records[index].state = .unsent }
        recordsSent = recordsDone
        bytesSent = bytesDone
        repliesToRecord = 0
        failure = nil
    }

    /// Takes in the next answer. `error` is its text if it is one.
    public mutating func answered(error: String?) -> Outcome {
        guard recordsDone < recordsSent else { return .lost("an answer without a command") }
        if let error, failure == nil { failure = error }
        repliesToRecord += 1
        let record = records[recordsDone]
        guard repliesToRecord == record.replyCount else { return .incomplete }
        let outcome = outcome(of: record)
        finishRecord(outcome)
        return outcome
    }

    private func outcome(of record: Record) -> Outcome {
        guard let failure else { return .confirmed }
        if failure.hasPrefix("ERR The ID specified in XADD is equal or smaller") {
            return record.state == .sentBefore ? .confirmed : .lost(failure)
        }
        let passing = [
            "OOM", "MISCONF", "READONLY", "NOPERM", "LOADING", "BUSY", "NOREPLICAS", "CLUSTERDOWN", "NOAUTH",
        ]
        return passing.contains { failure.hasPrefix($0) } ? .refused(failure) : .lost(failure)
    }

    private mutating func finishRecord(_ outcome: Outcome) {
        repliesToRecord = 0
        failure = nil
        if case .refused = outcome {
            isRefused = true
            refusedRecords.append(recordsDone)
        }
        bytesDone += records[recordsDone].byteCount
        recordsDone += 1
        if refusedRecords.isEmpty { compact() }
    }

    /// Drops confirmed records when they are more than half of a large memory.
    private mutating func compact() {
        if recordsDone == records.count {
            commands.removeAll()
            records.removeAll(keepingCapacity: true)
            bytesDone = 0
            recordsDone = 0
            bytesSent = 0
            recordsSent = 0
        } else if bytesDone > 1 << 20, bytesDone > commands.bytes.count / 2 {
            commands.removeFirst(bytes: bytesDone)
            records.removeFirst(recordsDone)
            bytesSent -= bytesDone
            recordsSent -= recordsDone
            bytesDone = 0
            recordsDone = 0
        }
    }

    /// After a reconnection, or once all answers have come after a refusal: what was not confirmed is to be sent again.
    /// Gives how many records were dropped because they must not be sent twice.
    public mutating func prepareResend() -> Int {
        var kept = CommandBuffer()
        var keptRecords: [Record] = []
        var dropped = 0
        var offset = 0
        for (index, record) in records.enumerated() {
            let bytes = commands.bytes[offset..<(offset + record.byteCount)]
            offset += record.byteCount
            let wasRefused = refusedRecords.contains(index)
            if index < recordsDone, !wasRefused { continue }
            var next = record
            if index < recordsSent {
                if record.isOnce {
                    dropped += 1
                    continue
                }
                next.state = wasRefused ? .refused : .sentBefore
            }
            kept.append(bytes: bytes, commandCount: record.replyCount)
            keptRecords.append(next)
        }
        commands = kept
        records = keptRecords
        refusedRecords.removeAll()
        (bytesDone, recordsDone, bytesSent, recordsSent, repliesToRecord) = (0, 0, 0, 0, 0)
        failure = nil
        isRefused = false
        return dropped
    }
}
