import Foundation
import RedisTestSupport
import TestSupport

/// A real PostgreSQL of a test's own, to be killed and paused.
final class PostgresServer {
    let url: String
    private let folder: String
    private let port = freePort()
    private var process: ChildProcess?

    private static let programs: String? = {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.max { (Double($0) ?? 0) < (Double($1) ?? 0) }.map { "\(root)/\($0)/bin" }
    }()

    static var isInstalled: Bool { programs != nil }

    /// PostgreSQL does not run as root.
    private static let asOwner =
        getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []

    /// Nil when it can't be made.
    init?() {
        var template = Array("/tmp/vortex7-postgres-XXXXXX".utf8CString)
        guard let programs = Self.programs, mkdtemp(&template) != nil else { return nil }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        url = "postgresql://vortex7@127.0.0.1:\(port)/postgres"
        if !Self.asOwner.isEmpty {
            _ = try? Subprocess.run("/usr/bin/env", ["chown", "postgres:", folder])
        }
        let made = try? Subprocess.run(
            "/usr/bin/env",
            Self.asOwner + [
                "\(programs)/initdb", "-D", "\(folder)/data", "-U", "vortex7", "--auth=trust", "-E", "UTF8",
                "--locale=C", "-N",
            ])
        guard made?.exitCode == 0 else { return nil }
        start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func start() {
        guard let programs = Self.programs else { return }
        let arguments =
            Self.asOwner + [
                "\(programs)/postgres", "-D", "\(folder)/data", "-p", "\(port)", "-c", "listen_addresses=127.0.0.1",
                "-c", "unix_socket_directories=", "-c", "fsync=off",
            ]
        process = ChildProcess("env", arguments, output: "\(folder)/log")
    }

    /// Starts it again if it has ended: after a kill it refuses to while its old backends are there.
    func keepUp() { if process?.isAlive != true { start() } }

    func kill() { process?.kill() }

    /// Stops it and all its backends where they are, or lets them go on.
    func signal(_ number: Int32) {
        guard let process else { return }
        let children = (try? String(contentsOfFile: "/proc/\(process.id)/task/\(process.id)/children", encoding: .utf8))
        for child in (children ?? "").split(separator: " ").compactMap({ pid_t($0) }) { Glibc.kill(child, number) }
        process.signal(number)
    }
}
