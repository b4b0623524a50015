import Execution
import Journal
import ServiceKit
import SignalContracts

/// The executor's journal: read at the start, compacted then if it has grown, appended to and synced after.
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

    /// Opens the journal and gives what it holds to `core`, and words that may not have been said to `unsaid`.
    /// Ends the process when it is in use (6), damaged (6) or can't be opened (1).
    init(_ context: ServiceContext, path: String, core: inout Executor, unsaid: (UInt64, ExecutorMessage) -> Void) {
        self.context = context
        self.path = path
        syncSeconds = context.metrics.histogram(
            "journal_sync_seconds", help: "Time that the disk took for a sync.", bounds: Metrics.latencyBounds)
        makeFolder(of: path)
        var remembered = core
        var unreadable: (UInt64, ContractError)?
        var name: String?
        var words: [(number: UInt64, message: ExecutorMessage)] = [], saidUpTo: UInt64 = 0
        do throws(JournalError) {
            let opened = try Journal(path: path) { sequence, payload in
                do throws(ContractError) {
                    let record = try ExecutorRecord(bytes: payload)
                    remembered.remember(record)
                    if case .message(let message) = record { words.append((sequence, message)) }
                    if case .identity(let given) = record { name = given }
                    if case .said(let number) = record { saidUpTo = max(saidUpTo, UInt64(clamping: number)) }
                } catch {
                    unreadable = (sequence, error)
                }
            }
            if let unreadable {
                complain("executor: journal \(path), record \(unreadable.0): \(unreadable.1)")
                ExitCode.unsafeState.exit()
            }
            core = remembered
            for word in words where word.number > saidUpTo { unsaid(word.number, word.message) }
            context.log.info("journal_open") {
                $0.put("path", path)
                $0.put("records", Int64(opened.sequence))
            }
            let isNew = opened.sequence == 0
            identity = name ?? (isNew ? String(UInt64.random(in: .min ... .max), radix: 36) : "")
            let isLong = opened.byteCount > Self.compactAboveBytes
            let compact = ([.identity(identity)] + core.records).map(\.bytes)
            journal = isLong || isNew ? try opened.replaced(by: compact) : consume opened
        } catch {
            complain("executor: \(error)")
            switch error {
            case .io: ExitCode.failure.exit()
            case .inUse, .damaged: ExitCode.unsafeState.exit()
            }
        }
    }

    /// Adds a record for the next sync. Returns its number.
    func append(_ record: ExecutorRecord) -> UInt64 {
        bytes.removeAll(keepingCapacity: true)
        record.write(into: &bytes, using: &fields)
        return journal?.append(bytes) ?? 0
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
