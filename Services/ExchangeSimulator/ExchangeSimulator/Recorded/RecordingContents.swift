public import TradingPrimitives

/// What a file of market data holds, seen from its first lines.
public struct RecordingContents: Equatable, Sendable {
    public enum Form: Equatable, Sendable {
        /// Frames of WebSocket streams, one a line, with or without the time of receipt before it.
        case frames
        case trades, aggregateTrades, klines, fundingRates

        var table: ArchiveTable? {
            switch self {
            case .frames: nil
            case .trades: .trades
            case .aggregateTrades: .aggregateTrades
            case .klines: .klines
            case .fundingRates: .fundingRates
            }
        }
    }

    public let form: Form
    /// Contracts in it; ascending by name.
    public let symbols: [Symbol]
    /// Contracts with books and with trades, to find two files with the same.
    public private(set) var books: [Symbol]
    public private(set) var trades: [Symbol]

    private static let linesToSee = 3000

    /// The contract that a file's name begins with, as the venue's archive has it: `BTCUSDT-aggTrades-2025-01-01.zip`. Nil
    /// for what does not look like one.
    public static func contract(named name: String) -> Symbol? {
        let word = name.prefix { $0 != "-" && $0 != "." }.uppercased()
        let quotes = ["USDT", "USDC", "BUSD", "FDUSD", "USD", "BTC", "ETH", "BNB"]
        let base = word.prefix { $0 != "_" }
        return quotes.contains { base.hasSuffix($0) && base.count > $0.count } ? Symbol(word) : nil
    }

    /// Whether a file that begins so is a table of the venue's archive.
    public static func isTable(firstLine: String) -> Bool { ArchiveTable(firstLine: firstLine) != nil }

    /// What files that are played one after the other hold.
    public func joined(_ others: [RecordingContents]) -> RecordingContents {
        var all = self
        all.books = Set(others.flatMap(\.books)).sorted()
        all.trades = Set(others.flatMap(\.trades)).sorted()
        return all
    }

    /// `name`: the file's name, which begins with the contract of a table. Nil for an unknown form, and for a table whose name
    /// begins with no contract.
    public init?(_ lines: inout some LineSource, name: String) {
        let named = Self.contract(named: name)
        guard let first = lines.withNextLine({ String(decoding: $0, as: UTF8.self) }) else { return nil }
        if let table = ArchiveTable(firstLine: first) {
            guard let named else { return nil }
            symbols = [named]
            books = []
            trades = table == .fundingRates ? [] : [named]
            form =
                switch table {
                case .trades: .trades
                case .aggregateTrades: .aggregateTrades
                case .klines: .klines
                case .fundingRates: .fundingRates
                }
            return
        }
        var seen = Seen()
        var isFrames = seen.look(first)
        for _ in 0..<Self.linesToSee {
            guard let found = lines.withNextLine({ seen.look(String(decoding: $0, as: UTF8.self)) }) else { break }
            isFrames = isFrames || found
        }
        guard isFrames else { return nil }
        form = .frames
        symbols = seen.symbols.isEmpty ? [named].compactMap(\.self) : seen.symbols.sorted()
        books = seen.books.sorted()
        trades = seen.trades.sorted()
        if symbols.isEmpty { return nil }
    }

    private struct Seen {
        var symbols: Set<Symbol> = []
        var books: Set<Symbol> = []
        var trades: Set<Symbol> = []

        mutating func look(_ line: String) -> Bool {
            guard let start = line.firstIndex(of: "{") else { return false }
            func value(_ key: String) -> Substring? {
                guard let range = line[start...].firstRange(of: "\"\(key)\":\"") else { return nil }
                return line[range.upperBound...].prefix { $0 != "\"" }
            }
            guard let name = value("s"), let symbol = Symbol(name) else { return true }
            symbols.insert(symbol)
            switch value("e") {
            case "depthUpdate", nil: books.insert(symbol)
            case "trade", "aggTrade": trades.insert(symbol)
            default: break
            }
            return true
        }
    }
}
