internal import CLibpq

/// One connection to PostgreSQL. Calls block, for a few seconds at most.
public final class Database {
    private let connection: OpaquePointer
    private static let connectSeconds = 2
    private static let statementMs = 1500

    /// `url` is libpq's connection text or URL. Throws when there is no server within two seconds.
    public init(url: String, password: String? = nil) throws(DatabaseError) {
        var names: [String] = ["dbname", "connect_timeout", "application_name", "options"]
        var values = [
            url, "\(Self.connectSeconds)", "vortex7", "-c statement_timeout=\(Self.statementMs) -c timezone=UTC",
        ]
        if let password {
            names.append("password")
            values.append(password)
        }
        let made = withCStrings(names) { names in withCStrings(values) { PQconnectdbParams(names, $0, 1) } }
        guard let made else { throw .unavailable("out of memory") }
        guard PQstatus(made) == CONNECTION_OK else {
            let text = String(cString: PQerrorMessage(made))
            PQfinish(made)
            throw .unavailable(firstLine(text))
        }
        // Notices of the server are not errors, and standard error is the log.
        _ = PQsetNoticeProcessor(made, { _, _ in }, nil)
        connection = made
    }

    deinit { PQfinish(connection) }

    /// Runs one statement. Parameters are text; nil is NULL. Returns its rows.
    @discardableResult
    public func run(_ sql: String, _ parameters: [String?] = []) throws(DatabaseError) -> [[String?]] {
        let result = withOptionalCStrings(parameters) {
            PQexecParams(connection, sql, Int32(parameters.count), nil, $0, nil, nil, 0)
        }
        return try rows(of: result)
    }

    /// Runs several statements without parameters, as one.
    public func script(_ sql: String) throws(DatabaseError) {
        _ = try rows(of: PQexec(connection, sql))
    }

    /// Runs `body` in a transaction: all of it or nothing.
    public func transaction(_ body: (Database) throws(DatabaseError) -> Void) throws(DatabaseError) {
        try script("BEGIN")
        do throws(DatabaseError) {
            try body(self)
            try script("COMMIT")
        } catch {
            // Of a connection that broke the server does it by itself.
            try? script("ROLLBACK")
            throw error
        }
    }

    /// Runs `body` in a transaction that changes nothing, whatever it does.
    public func trial(_ body: (Database) throws(DatabaseError) -> Void) throws(DatabaseError) {
        try script("BEGIN")
        defer { try? script("ROLLBACK") }
        try body(self)
    }

    /// States that any statement would meet, whatever it says: a server that only reads (after a failover, or a full disk), that lets this
    /// user do nothing, whose tables are not there (a restore that is not whole), or where others are in the way.
    private static let serverStates = ["25006", "42501", "42P01", "40001", "40P01", "55P03"]
    /// The connection, its login, its resources, an operator, the system.
    private static let serverClasses = ["08", "28", "53", "57", "58"]

    private func rows(of result: OpaquePointer?) throws(DatabaseError) -> [[String?]] {
        guard let result else { throw .unavailable(firstLine(String(cString: PQerrorMessage(connection)))) }
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
            let text = firstLine(String(cString: PQresultErrorMessage(result)))
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? ""
            let isOfServer = Self.serverStates.contains(state) || Self.serverClasses.contains(String(state.prefix(2)))
            let isServer = PQstatus(connection) != CONNECTION_OK || isOfServer
            throw isServer ? .unavailable(state.isEmpty ? text : "\(text) (\(state))") : .refused(state: state, text)
        }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
            }
        }
    }
}

/// Why the database did not do it.
public enum DatabaseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The server is away, going away, full, or cut off, or would take no statement of this kind at this time: later it may work.
    case unavailable(String)
    /// It will not take this statement, now or later.
    case refused(state: String, String)

    public var description: String {
        switch self {
        case .unavailable(let text): "PostgreSQL is unavailable: \(text)"
        case .refused(let state, let text): "PostgreSQL refused (\(state)): \(text)"
        }
    }
}

private func firstLine(_ text: String) -> String { text.split(separator: "\n").first.map(String.init) ?? "unknown" }

/// C strings of `texts`, with a null behind them, for the time of `body`.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    withOptionalCStrings(texts.map(Optional.some) + [nil], body)
}

private func withOptionalCStrings<Result>(
    _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    var offsets: [Int?] = []
    var bytes: [CChar] = []
    for text in texts {
        offsets.append(text == nil ? nil : bytes.count)
        if let text { bytes.append(contentsOf: text.utf8CString) }
    }
    bytes.append(0)
    return bytes.withUnsafeBufferPointer { bytes in
        var pointers = offsets.map { offset in offset.flatMap { bytes.baseAddress?.advanced(by: $0) } }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { pointers in
            guard let base = pointers.baseAddress else {
                preconditionFailure("an array with an element has an address")
            }
            return body(base)
        }
    }
}
