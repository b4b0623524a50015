import Glibc
import Journal
import ServiceKit
import SignalContracts
import StreamBus

extension Console {
    private static let dump = "database.dump", shown = "configuration.yaml"

    /// The database, the journals as they stand, and the configuration without secrets.
    func backup(into parent: String) -> ExitCode {
        let stamp = String("\(SystemClock.now())".prefix(23).filter { $0.isNumber })
        let folder = "\(parent)/vortex7-\(stamp)"
        makeFolder(of: folder + "/x")
        guard dumpDatabase(to: "\(folder)/\(Self.dump)") else { return .failure }
        var code = ExitCode.success
        for path in journals where access(path, R_OK) == 0 {
            // Copied while it grows: its tail may be torn, which opening it mends.
            guard let bytes = readFile(path), write(bytes, to: "\(folder)/\(fileName(path))") else {
                complain("vortexctl: \(path) can't be copied")
                return .failure
            }
            do throws(JournalError) {
                _ = try Journal.verify(path: "\(folder)/\(fileName(path))")
            } catch {
                // Saved as it is: a damaged journal must not cost the database its backup.
                complain("vortexctl: \(error)")
                code = .unsafeState
            }
        }
        guard write(Array(configuration.redacted.utf8), to: "\(folder)/\(Self.shown)"),
            ChildRun.run(
                "/bin/sh",
                [
                    "-c", "cd \"$1\" && sha256sum -- * > ../.manifest && mv ../.manifest \(BackupShelf.manifest)", "sh",
                    folder,
                ])
                == 0
        else {
            complain("vortexctl: \(folder) can't be written")
            return .failure
        }
        if let command = invocation.copyCommand, !copy(folder, command) { code = .failure }
        let json = JSONNode.object([("folder", .text(folder))])
        print(
            invocation.isJSON
                ? json.line : "saved in \(folder)\nnext: vortexctl restore \(folder), on a suite that is down")
        return code
    }

    /// Runs what brings a backup to another place. It is marked until that has ended well, and so it is after a kill.
    func copy(_ folder: String, _ command: String) -> Bool {
        let mark = "\(folder)/\(BackupShelf.uncopiedMark)"
        guard write([], to: mark) else {
            complain("vortexctl: \(folder) can't be written")
            return false
        }
        let code = ChildRun.run("/bin/sh", ["-c", command], environment: ["BACKUP": folder])
        guard code == 0 else {
            complain("vortexctl: \(folder) is not copied: '\(command)' ended with \(code ?? -1)")
            return false
        }
        return unlink(mark) == 0
    }

    private func dumpDatabase(to path: String) -> Bool {
        let code = ChildRun.run(
            "pg_dump", ["-Fc", "--no-owner", "-d", settings.postgres.url, "-f", path], environment: password)
        if code == nil { complain("vortexctl: pg_dump is not installed (postgresql-client)") }
        return code == 0
    }

    private var password: [String: String] { settings.postgres.password.map { ["PGPASSWORD": $0] } ?? [:] }

    /// Brings a backup's database back. Nothing may run meanwhile.
    func restore() throws(RedisError) -> ExitCode {
        guard let folder = invocation.arguments.first else { Invocation.refuse("restore needs a backup's folder") }
        guard access("\(folder)/\(BackupShelf.manifest)", R_OK) == 0 else {
            complain("vortexctl: \(folder) is no backup: it has no \(BackupShelf.manifest)")
            return .notFound
        }
        guard
            ChildRun.run("/bin/sh", ["-c", "cd \"$1\" && sha256sum --quiet -c \(BackupShelf.manifest)", "sh", folder])
                == 0
        else {
            complain("vortexctl: \(folder) is not what was saved")
            return .verificationFailed
        }
        if let running = try runningService() {
            complain("vortexctl: \(running) is at work; stop the services first (make down, or docker compose stop)")
            return .unsafeState
        }
        let code = ChildRun.run(
            "pg_restore",
            [
                "--clean", "--if-exists", "--no-owner", "--single-transaction", "-d", settings.postgres.url,
                "\(folder)/\(Self.dump)",
            ], environment: password)
        guard code == 0 else {
            complain(
                code == nil
                    ? "vortexctl: pg_restore is not installed (postgresql-client)" : "vortexctl: pg_restore failed")
            return .failure
        }
        print("the database is as it was saved")
        for path in journals {
            let saved = "\(folder)/\(fileName(path))"
            guard access(saved, R_OK) == 0 else { continue }
            if access(path, F_OK) == 0 {
                print("\(path) is there and stays: it is newer")
                continue
            }
            makeFolder(of: path)
            guard let bytes = readFile(saved), write(bytes, to: path) else {
                complain("vortexctl: \(path) can't be written")
                return .failure
            }
            print("\(path) is as it was saved")
        }
        print(
            "next: start the suite; the recorder reads again what the streams still hold, the executor asks the venue")
        return .success
    }

    /// A service that has a lease or writes, by Redis; nil also when Redis is away, for then nobody records.
    private func runningService() throws(RedisError) -> String? {
        guard let client = try? RedisClient(settings.redis, timeoutMs: 2000) else { return nil }
        return try SuiteView(client, settings).services.first { ($0.idleMs ?? .max) < 3000 }?.name
    }

    private func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    private func write(_ bytes: [UInt8], to path: String) -> Bool {
        guard let file = fopen(path, "we") else { return false }
        let written = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        return (fclose(file) == 0) && written == bytes.count
    }
}
