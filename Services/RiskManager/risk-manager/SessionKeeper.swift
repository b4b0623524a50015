import Journal
import Risk
import ServiceKit
import SignalContracts
import StreamBus

/// The risk manager's journal: the session as it was after each change, the newest last.
final class SessionKeeper {
    private static let compactAboveBytes = 4 << 20

    private var journal: Journal?
    private let context: ServiceContext
    /// As it stands on the disk.
    private(set) var session = RiskSession()

    /// Opens the journal and reads the last session. Ends the process when it is in use (6), damaged (6) or can't be
    /// opened (1).
    init(_ context: ServiceContext, path: String) {
        self.context = context
        makeFolder(of: path)
        var last: ArraySlice<UInt8> = []
        do throws(JournalError) {
            let opened = try Journal(path: path, growth: 1 << 18) { _, payload in last = payload }
            if !last.isEmpty { session = try read(last, path) }
            context.log.info("journal_open") {
                $0.put("path", path)
                $0.put("records", Int64(opened.sequence))
            }
            journal = consume opened
            try compactIfLong()
        } catch {
            complain("risk-manager: \(error)")
            switch error {
            case .io: ExitCode.failure.exit()
            case .inUse, .damaged: ExitCode.unsafeState.exit()
            }
        }
    }

    private func read(_ record: ArraySlice<UInt8>, _ path: String) throws(JournalError) -> RiskSession {
        do throws(ContractError) {
            let fields = try Fields(record: record)
            context.requireOwnMode(fields["mode"], ofJournal: path)
            return try RiskSession(fields)
        } catch {
            complain("risk-manager: journal \(path), last record: \(error)")
            ExitCode.unsafeState.exit()
        }
    }

    /// The newest session is all that counts.
    private func compactIfLong() throws(JournalError) {
        guard let size = journal?.byteCount, size > Self.compactAboveBytes else { return }
        try journal?.replace(by: [record])
    }

    private var record: [UInt8] {
        var fields = Fields()
        session.encode(into: &fields)
        fields.put("mode", context.settings.mode.rawValue)
        return fields.record
    }

    /// The session to begin with: the journal's, or what another instance has shown in Redis since. To be asked when this one
    /// becomes the owner.
    func latest() -> RiskSession {
        guard let client = try? RedisClient(context.settings.redis, timeoutMs: 1500),
            let shown = try? client.command("HGETALL", "risk_session"), !shown.elements.isEmpty
        else { return session }
        guard let theirs = try? RiskSession(Fields(shown)), theirs.revision > session.revision else { return session }
        context.log.warning("session_of_another") {
            $0.put("revision", theirs.revision)
            $0.put("own", session.revision)
        }
        return theirs
    }

    /// Puts a changed session on the disk; while that fails, no plan is approved.
    func keep(_ manager: inout RiskManager) {
        let isNew = manager.session.revision != session.revision
        guard isNew || !manager.isJournalWritable else { return }
        if isNew {
            session = manager.session
            journal?.append(record)
        }
        do throws(JournalError) {
            try journal?.sync()
            try compactIfLong()
            manager.isJournalWritable = true
        } catch {
            manager.isJournalWritable = false
            context.log.error("journal_not_written") { $0.put("error", error) }
        }
    }
}
