public import TradingPrimitives

/// What keeps the executor from sending an entry, beyond what a plan itself lacks. Codes are stable and never used again.
public enum EntryHindrance: String, FieldValue, BitwiseCopyable, CaseIterable {
    // Of all contracts
    /// A person, or something that waits for a person, stopped entries until `start`.
    case stopped
    /// Everything was closed in an emergency a moment ago.
    case emergency
    case userStream = "user_stream"
    case journal
    /// It can't be confirmed that no other executor trades.
    case lease
    /// Too many words wait for Redis.
    case outbox
    /// The venue's orders and positions have not been looked at yet.
    case notReconciled = "not_reconciled"
    /// An order of any contract has an outcome that is not known.
    case unknownOrder = "unknown_order"
    // Of one contract
    /// The venue does not list it: a wrong name, a contract that is gone or not there yet.
    case notListed = "not_listed"
    /// The venue lists it and does not trade it now.
    case notTrading = "not_trading"
    /// The venue ends it.
    case ending
    case noRules = "no_rules"
    case oldBook = "old_book"
    /// The book can't be true.
    case absurdBook = "absurd_book"
    case oldMark = "old_mark"
    /// The venue holds another position than we know of.
    case mismatch

    /// Whether it keeps entries of all contracts out.
    public var isOfAll: Bool {
        switch self {
        case .stopped, .emergency, .userStream, .journal, .lease, .outbox, .notReconciled, .unknownOrder: true
        case .notListed, .notTrading, .ending, .noRules, .oldBook, .absurdBook, .oldMark, .mismatch: false
        }
    }

    /// Whether something is broken, as opposed to a person's wish, the venue's calendar or a moment's caution.
    public var isFault: Bool {
        switch self {
        case .stopped, .emergency, .notTrading, .ending: false
        case .userStream, .journal, .lease, .outbox, .notReconciled, .unknownOrder, .notListed, .noRules, .oldBook,
            .absurdBook, .oldMark, .mismatch:
            true
        }
    }

    /// For people.
    public var text: String {
        switch self {
        case .stopped: "entries are stopped until 'start'"
        case .emergency: "entries are paused after an emergency"
        case .userStream: "the user stream is down"
        case .journal: "the journal can't be written"
        case .lease: "the lease of the only executor can't be renewed"
        case .outbox: "too many words wait for Redis"
        case .notReconciled: "the venue's orders and positions have not been looked at yet"
        case .unknownOrder: "an order's outcome is not known"
        case .notListed: "the venue does not list it"
        case .notTrading: "the venue does not trade it now"
        case .ending: "the venue ends it"
        case .noRules: "the contract's rules are not known"
        case .oldBook: "the book is old"
        case .absurdBook: "the book can't be true"
        case .oldMark: "the mark price is old"
        case .mismatch: "the venue holds another position than we know"
        }
    }
}

/// Hindrances in one field, joined by commas, the first one first.
public struct HindranceList: FieldValue, Equatable {
    public let hindrances: [EntryHindrance]

    public init(_ hindrances: [EntryHindrance]) { self.hindrances = hindrances }

    public init?(text: UnsafeRawBufferPointer) {
        var hindrances: [EntryHindrance] = []
        for part in text.split(separator: UInt8(ascii: ",")) {
            guard let hindrance = EntryHindrance(rawValue: String(decoding: part, as: UTF8.self)) else { return nil }
            hindrances.append(hindrance)
        }
        self.hindrances = hindrances
    }

    public func write(into bytes: inout [UInt8]) {
        hindrances.map(\.rawValue).joined(separator: ",").write(into: &bytes)
    }
}

/// What keeps entries of single contracts out, in one field: `ETHUSDT:not_trading;XUSDT:not_listed,no_rules`.
public struct ContractHindrances: FieldValue, Equatable {
    public struct Row: Equatable, Sendable {
        public let symbol: Symbol
        public let hindrances: [EntryHindrance]

        public init(_ symbol: Symbol, _ hindrances: [EntryHindrance]) {
            self.symbol = symbol
            self.hindrances = hindrances
        }
    }

    /// Of the contracts that have some.
    public let rows: [Row]

    public init(_ rows: [Row] = []) { self.rows = rows.filter { !$0.hindrances.isEmpty } }

    public subscript(symbol: Symbol) -> [EntryHindrance] { rows.first { $0.symbol == symbol }?.hindrances ?? [] }

    public init?(text: UnsafeRawBufferPointer) {
        var rows: [Row] = []
        for part in text.split(separator: UInt8(ascii: ";")) {
            guard let colon = part.lastIndex(of: UInt8(ascii: ":")),
                let symbol = Symbol(String(decoding: part[..<colon], as: UTF8.self)),
                let list = HindranceList(text: UnsafeRawBufferPointer(rebasing: part[part.index(after: colon)...]))
            else { return nil }
            rows.append(Row(symbol, list.hindrances))
        }
        self.init(rows)
    }

    public func write(into bytes: inout [UInt8]) {
        for (index, row) in rows.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ";")) }
            row.symbol.write(into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            HindranceList(row.hindrances).write(into: &bytes)
        }
    }
}
