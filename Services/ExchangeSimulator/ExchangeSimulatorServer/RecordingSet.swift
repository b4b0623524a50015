public import ExchangeSimulator
import Glibc
public import TradingPrimitives

/// Why recordings can't be played.
public enum RecordingError: Error, CustomStringConvertible {
    case notFound(String)
    case unknownForm(String)
    /// Two files have the same kind of data of one contract.
    case twice(String, Symbol, String, String)
    case empty

    public var description: String {
        switch self {
        case .notFound(let path): "can't open \(path)"
        case .unknownForm(let path): "\(path) is not a recording that can be played"
        case .twice(let what, let symbol, let first, let second):
            "\(what) of \(symbol) are in both \(first) and \(second)"
        case .empty: "the recordings are empty"
        }
    }
}

/// Files of market data that are played together.
public struct RecordingSet {
    public typealias Source = LoopedSource<MergedSource<RecordingReader<ArchiveFile>>>

    public let symbols: [Symbol]
    private let files: [(path: String, contents: RecordingContents)]

    /// Opens files, and all files of directories. `only`: contracts to play; empty for all.
    public init(_ paths: [String], only: [Symbol]) throws(RecordingError) {
        var files: [(path: String, contents: RecordingContents)] = []
        for path in try Self.expand(paths) {
            guard var lines = ArchiveFile(path) else { throw .notFound(path) }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            guard let contents = RecordingContents(&lines, name: name) else { throw .unknownForm(path) }
            files.append((path, contents))
        }
        let all = Set(files.flatMap { $0.contents.symbols })
        let chosen = only.isEmpty ? all.sorted() : only
        symbols = chosen
        self.files = files.filter { file in file.contents.symbols.contains { chosen.contains($0) } }
        if self.files.isEmpty { throw .empty }
        try checkForDoubles()
    }

    /// How late the frames of these recordings came, as far as they tell it.
    public func lateness() -> LatenessMeter {
        var meter = LatenessMeter()
        for file in files where file.contents.form == .frames {
            meter.startRecording()
            guard var lines = ArchiveFile(file.path) else { continue }
            while lines.withNextLine({ meter.take($0) }) != nil {}
        }
        return meter
    }

    private static func expand(_ paths: [String]) throws(RecordingError) -> [String] {
        var files: [String] = []
        for path in paths {
            guard let directory = opendir(path) else {
                files.append(path)
                continue
            }
            defer { closedir(directory) }
            var names: [String] = []
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if !name.hasPrefix(".") { names.append(path + "/" + name) }
            }
            files += names.sorted()
        }
        return files
    }

    private func checkForDoubles() throws(RecordingError) {
        for symbol in symbols {
            let books = files.filter { $0.contents.books.contains(symbol) }
            if books.count > 1 { throw .twice("books", symbol, books[0].path, books[1].path) }
            let trades = files.filter { $0.contents.trades.contains(symbol) }
            if trades.count > 1 { throw .twice("trades", symbol, trades[0].path, trades[1].path) }
        }
    }

    /// The market that the files tell. Times go on from loop to loop.
    public func source(_ instruments: [Instrument], isLooped: Bool) -> Source {
        let listed = instruments.map(\.symbol)
        let files = files.filter { file in file.contents.symbols.contains { listed.contains($0) } }
        let books = Set(files.flatMap { $0.contents.books })
        return LoopedSource(isLooped: isLooped) {
            MergedSource(
                files.compactMap { file in
                    ArchiveFile(file.path).map { lines in
                        var lines = lines
                        if file.contents.form != .frames { Self.skipHeader(&lines, file.path) }
                        return RecordingReader(lines, file.contents, instruments: instruments) { !books.contains($0) }
                    }
                })
        }
    }

    /// The contracts with the precision that the recordings show.
    public func instruments() -> [Instrument] {
        symbols.map { symbol in
            var prices: [Price] = []
            var quantities: [Quantity] = []
            var source = source([.listed(symbol)], isLooped: false)
            while prices.count < 3000, let event = source.next() {
                switch event.body {
                case .trade(let price, let quantity, _):
                    prices.append(price)
                    quantities.append(quantity)
                case .bookChange(let changes):
                    prices += changes.map(\.level.price)
                    quantities += changes.map(\.level.quantity)
                default: break
                }
            }
            return .fitting(symbol, prices: prices, quantities: quantities)
        }
    }

    /// Price of the first trade of a contract, or the middle of its first book.
    public func firstPrice(_ symbol: Symbol) -> Price? {
        var source = source([.listed(symbol)], isLooped: false)
        var middle: Price?
        for _ in 0..<20_000 {
            guard let event = source.next() else { break }
            switch event.body {
            case .trade(let price, _, _): return price
            case .bookSnapshot(let bids, let asks, _):
                if let bid = bids.first, let ask = asks.first {
                    middle = Price.middle(of: bid.price, and: ask.price)
                }
            default: break
            }
        }
        return middle
    }

    private static func skipHeader(_ lines: inout ArchiveFile, _ path: String) {
        let isHeader = lines.withNextLine { line in line.first.map { !(48...57 ~= $0) } ?? false }
        if isHeader != true, let again = ArchiveFile(path) { lines = again }
    }

    /// One-minute candles of a klines table, oldest first.
    public static func candles(_ path: String) throws(RecordingError) -> (symbol: Symbol, candles: [Candle]) {
        guard var lines = ArchiveFile(path) else { throw .notFound(path) }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let contents = RecordingContents(&lines, name: name), contents.form == .klines,
            let again = ArchiveFile(path)
        else { throw .unknownForm(path) }
        return (contents.symbols[0], CandleTable.read(again))
    }
}
