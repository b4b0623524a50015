public import SignalContracts

/// Whose trades are judged together: those of one mode and one account. A simulated venue that starts anew is a new account.
///
/// Rows of versions that did not write whose they are have neither, and are a scope of their own: they stay in lists, and are judged
/// with no account that has a name.
public struct TradeScope: Equatable, Sendable {
    public let mode: TradingMode?
    public let account: String?

    public init(mode: TradingMode?, account: String?) {
        self.mode = mode
        self.account = account
    }

    init(_ event: ExecutionEvent) { self.init(mode: event.mode, account: event.account) }

    /// The account that trades now; where nobody has told its name yet, that of the last trade.
    public init(of update: AccountUpdate?, in database: Database) throws(DatabaseError) {
        if let update, update.account != nil {
            self.init(mode: update.mode, account: update.account)
        } else {
            let last = try database.run("SELECT mode, account FROM trades ORDER BY id DESC LIMIT 1").first
            self.init(mode: last?[0].flatMap { TradingMode(rawValue: $0) }, account: last?[1])
        }
    }

    /// A condition over the columns of `trades`, `decisions` or `daily_summary`.
    public var ofTrades: String { "\(Self.equals("mode", mode?.rawValue)) AND \(Self.equals("account", account))" }
    /// The same over `executions`.
    var ofExecutions: String {
        "\(Self.equals("fields->>'mode'", mode?.rawValue)) AND \(Self.equals("fields->>'account'", account))"
    }

    /// `paper account P1x2y3`.
    public var text: String {
        let place = mode.map { "\($0.rawValue) account" } ?? "account"
        return account.map { "\(place) \($0)" } ?? "\(place) of an earlier version"
    }

    private static func equals(_ column: String, _ value: String?) -> String {
        guard let value else { return "\(column) IS NULL" }
        let quoted = value.unicodeScalars.reduce(into: "") { text, scalar in
            if scalar != "\0" { text += scalar == "'" ? "''" : String(scalar) }
        }
        return "\(column) = '\(quoted)'"
    }
}
