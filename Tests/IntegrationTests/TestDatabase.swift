import Foundation
import Ledger

/// A database of a test's own on the server that `VORTEX7_TEST_POSTGRES_URL` names.
struct TestDatabase {
    static let server = ProcessInfo.processInfo.environment["VORTEX7_TEST_POSTGRES_URL"]
    static let skipMessage = "VORTEX7_TEST_POSTGRES_URL names no server: use Tests/run.sh"

    /// libpq's URL of it.
    let url: String

    /// One that is there.
    init(url: String) { self.url = url }

    /// Makes it anew. Nil when no server is named.
    init?(_ name: String) throws(DatabaseError) {
        guard let server = Self.server, var address = URLComponents(string: server) else { return nil }
        let name = "\(name)_\(ProcessInfo.processInfo.processIdentifier)"
        try Database(url: server).script("CREATE DATABASE \(name)")
        address.path = "/\(name)"
        guard let url = address.string else { return nil }
        self.url = url
    }

    func execute(_ sql: String) throws(DatabaseError) { try Database(url: url).script(sql) }

    /// The value of the one row and column that `sql` asks for.
    func value(_ sql: String) throws(DatabaseError) -> String? { try Database(url: url).run(sql).first?.first ?? nil }
}
