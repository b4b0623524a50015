import Execution
import Journal
import ServiceKit
import SignalContracts

/// The executor's journal: read at the start, appended to and synced after, and compacted when it has grown.
final class JournalKeeper {
    private static let compactAboveBytes = 16 << 20

    private var journal: Journal?
    /// Of the record in hand; their memory is used again.
    private var fields = Fields()
    private var bytes: [UInt8] = []
    let path: String
    private let context: ServiceContext
    private let syncSeconds: Metrics.Histogram
    /// Name of this journal; empty for one that is older than names.
    private(set) var identity = ""
    /// Whether the last sync succeeded.
    private(set) var isWritable = true
    private var memory = JournalMemory()

    /// Opens the journal and gives what it holds to `core`. Ends the process when it is in use (6), damaged (6) or can't be
    /// opened (1).
    init(_ context: ServiceContext, path: String, core: inout Executor) {
        self.context = context
        self.path = path
        syncSeconds = context.metrics.histogram(
            "journal_sync_seconds", help: "Time that the disk took for a sync.", bounds: Metrics.latencyBounds)
        makeFolder(of: path)
        var past = core, memory = memory
        var unreadable: (number: UInt64, error: ContractError)?
        do throws(JournalError) {
            let opened = try Journal(path: path) { number, bytes in
                do throws(ContractError) {
                    let record = try ExecutorRecord(bytes: bytes)
                    past.remember(record)
                    memory.take(number, record)
                } catch { unreadable = unreadable ?? (number, error) }
            }
            if let unreadable {
                complain("executor: journal \(path), record \(unreadable.number): \(unreadable.error)")
                ExitCode.unsafeState.exit()
            }
            context.requireOwnMode(memory.mode, ofJournal: path)
            core = past
            self.memory = memory
            context.log.info("journal_open") {
                $0.put("path", path)
                $0.put("records", Int64(opened.sequence))
            }
            let isNew = opened.sequence == 0
            identity = memory.identity ?? (isNew ? String(UInt64.random(in: .min ... .max), radix: 36) : "")
            journal = consume opened
            if isNew { try replace(core) }
        } catch {
            complain("executor: \(error)")
            switch error {
            case .io: ExitCode.failure.exit()
            case .inUse, .damaged: ExitCode.unsafeState.exit()
            }
        }
    }

    /// Words that may not have been said, with their numbers.
    var unsaid: [(number: UInt64, message: ExecutorMessage)] { memory.unsaid }

    /// Adds a record for the next sync. Returns its number.
    func append(_ record: ExecutorRecord) -> UInt64 {
        bytes.removeAll(keepingCapacity: true)
        record.write(into: &bytes, using: &fields)
        let number = journal?.append(bytes) ?? 0
        memory.take(number, record)
        return number
    }

    /// All words up to this number have been said.
    func noteSaid(upTo number: UInt64) {
        _ = append(.said(upTo: Int(clamping: number)))
        begin()
    }

    /// Puts a compact journal in the place of one that has grown long.
    func compactIfLong(_ core: Executor) {
        // A disk that refuses is the next event's affair: the core hears of it, and that it takes again.
        guard let size = journal?.byteCount, size > Self.compactAboveBytes, isWritable else { return }
        do throws(JournalError) {
            try journal?.sync()
            try replace(core)
            context.log.info("journal_compacted") {
                $0.put("bytes_before", size)
                $0.put("bytes", journal?.byteCount ?? 0)
            }
        } catch {
            context.log.error("journal_not_compacted") { $0.put("error", error) }
        }
    }

    private func replace(_ core: Executor) throws(JournalError) {
        let records = memory.compact(core, identity: identity, mode: context.settings.mode.rawValue)
        try journal?.replace(by: records.map(\.bytes))
    }

    /// Gives up the lock; to be called before the process ends itself.
    func close() { journal = nil }

    /// Lets the disk begin with what was appended; `sync` waits for it.
    func begin() { journal?.begin() }

    /// Makes what was appended durable; false when the disk does not take it. It is tried again with the next call.
    func sync() -> Bool {
        let began = SystemClock.monotonicUs()
        do throws(JournalError) {
            try journal?.sync()
            isWritable = true
        } catch {
            isWritable = false
            context.log.error("journal_not_written") { $0.put("error", error) }
        }
        syncSeconds.observe(Double(SystemClock.monotonicUs() - began) / 1e6)
        return isWritable
    }
}
