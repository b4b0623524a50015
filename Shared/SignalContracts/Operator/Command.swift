public import TradingPrimitives

/// What a person, or the risk manager, may ask of the suite.
public enum CommandName: String, FieldValue, BitwiseCopyable, CaseIterable {
    /// No new entries; positions keep their stops and targets.
    case stop
    /// Entries are allowed again.
    case start
    /// Close one position with a reduce-only market order.
    case close
    /// Close all positions and cancel all orders of ours.
    case closeAll = "close_all"
    /// As `stop`, by the risk manager, until a person resumes.
    case halt
    /// No new entries in one symbol, by the risk manager, until a person resumes it.
    case pause
    /// Ends `pause` of its symbol; without one `halt`.
    case resume
}

/// What an operator wants done. On `command`; the service that acts answers on `reply`.
public struct Command: StreamMessage {
    public static let version = 1

    /// Made by the author; a command is carried out once.
    public var id: String
    /// The author's clock.
    public var issuedAt: Timestamp
    /// Who asks, and through what: `vortexctl:root`.
    public var author: String
    public var name: CommandName
    /// For commands that concern one symbol.
    public var symbol: Symbol?

    public init(id: String, issuedAt: Timestamp, author: String, name: CommandName, symbol: Symbol? = nil) {
        self.id = id
        self.issuedAt = issuedAt
        self.author = author
        self.name = name
        self.symbol = symbol
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        id = try fields.shortText("id")
        issuedAt = try fields.time("issued_at")
        author = try fields.shortText("author")
        name = try fields.required("name")
        symbol = try fields.optional("symbol")
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("id", id)
        fields.put("issued_at", issuedAt)
        fields.put("author", author)
        fields.put("name", name)
        fields.put("symbol", symbol)
    }
}
