public import ExchangeSimulator
import Glibc
public import TradingPrimitives

/// Why recordings can't be played.
public enum RecordingError: Error, CustomStringConvertible {
    case notFound(String)
    /// With its first line.
    case unknownForm(String, String)
    case unnamed(String)
    /// It can't be read to its end: with how many rows came before, and why.
    case damaged(String, Int, String)
    /// What is in it can't be played, and why.
    case refused(String, String)
    /// Two files have the same kind of data of one contract.
    case twice(String, Symbol, String, String)
    /// Two files that would be played one after the other do not go on from each other, and why.
    case apart(String, String, String)
    /// A table of the past that is none of this recording, and why.
    case otherPast(String, String)
    case empty

    public var description: String {
        switch self {
        case .notFound(let path): "can't open \(path)"
        case .unknownForm(let path, let line):
            "\(path) is not a recording that can be played: its first line is '\(line)', expected a table of trades, aggTrades, "
                + "klines or funding rates with the venue's columns, or frames of its streams, one JSON object a line"
        case .unnamed(let path):
            "\(path) is a table, and its name does not begin with a contract, as BTCUSDT-aggTrades-2025-01-01.csv does"
        case .damaged(let path, let rows, let reason): "\(path) is damaged, as was found after \(rows) rows: \(reason)"
        case .refused(let path, let reason): "\(path) can't be played: \(reason)"
        case .twice(let what, let symbol, let first, let second):
            "\(what) of \(symbol) are in both \(first) and \(second)"
        case .apart(let first, let second, let reason): "\(second) does not go on from \(first): \(reason)"
        case .otherPast(let path, let reason): "\(path) does not lead up to the recording: \(reason)"
        case .empty: "the recordings are empty"
        }
    }
}

/// A file of market data, and what was found in it.
public struct PlayedRecording: Sendable {
    public let path: String
    public let contents: RecordingContents
    public let report: RecordingReport

    /// What its name promises and it does not hold; nil when it does, or promises nothing.
    public var missingOfDay: String? {
        guard let name = path.split(separator: "/").last,
            let day = name.firstMatch(of: /-(\d{4}-\d{2}-\d{2})\./).flatMap({ Timestamp(iso8601: String($0.1)) }),
            let first = report.first, let last = report.last
        else { return nil }
        let isWhole = first.isWithin(3_600_000, of: day) && last.isWithin(3_600_000, of: day + 86_400_000)
        return isWhole ? nil : "the day of its name is not all there: it goes from \(first) to \(last)"
    }
}

/// Files of market data that are played together.
public struct RecordingSet {
    public typealias Source = LoopedSource<MergedSource<RecordingReader<ArchiveSequence>>>

    /// Files of the same contracts and form, played one after the other.
    private struct Track {
        let paths: [String]
        let contents: RecordingContents
    }

    public let symbols: [Symbol]
    public let files: [PlayedRecording]
    private let tracks: [Track]
    private let times: RecordedTimes

    /// Opens files, and all files of directories, and reads each to its end: what can't be played throws. `only`: contracts
    /// to play; empty for all. `now`: nothing was recorded more than a day after it.
    public init(_ paths: [String], only: [Symbol], now: Timestamp) throws(RecordingError) {
        times = RecordedTimes(until: now + 86_400_000)
        var opened: [(path: String, contents: RecordingContents)] = []
        for path in try Self.expand(paths) { opened.append((path, try Self.contents(path))) }
        let all = Set(opened.flatMap { $0.contents.symbols })
        let chosen = only.isEmpty ? all.sorted() : only
        symbols = chosen
        var files: [PlayedRecording] = []
        for (path, contents) in opened where contents.symbols.contains(where: { chosen.contains($0) }) {
            files.append(try Self.inspect(path, contents, times))
        }
        if files.isEmpty { throw .empty }
        self.files = files
        tracks = try Self.tracks(files)
        try checkForDoubles()
    }

    private static func contents(_ path: String) throws(RecordingError) -> RecordingContents {
        guard var lines = ArchiveFile(path) else { throw .notFound(path) }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if let contents = RecordingContents(&lines, name: name) { return contents }
        if let trouble = lines.trouble { throw .damaged(path, 0, trouble) }
        guard var again = ArchiveFile(path),
            let line = again.withNextLine({ String(decoding: $0.prefix(200), as: UTF8.self) })
        else { throw .refused(path, "it is empty") }
        if RecordingContents.isTable(firstLine: line) { throw .unnamed(path) }
        throw .unknownForm(path, String(line.prefix(90)))
    }

    private static func inspect(
        _ path: String, _ contents: RecordingContents, _ times: RecordedTimes
    ) throws(RecordingError) -> PlayedRecording {
        guard let lines = ArchiveFile(path) else { throw .notFound(path) }
        let instruments = contents.symbols.map(Instrument.listed)
        var reader = RecordingReader(lines, contents, instruments: instruments, times: times) { _ in false }
        while reader.next() != nil {}
        let report = reader.report
        try check(path, lines, report)
        return PlayedRecording(path: path, contents: contents, report: report)
    }

    /// `lines`: shares its trouble with those that were read.
    private static func check(
        _ path: String, _ lines: ArchiveFile, _ report: RecordingReport
    ) throws(RecordingError) {
        if let trouble = lines.trouble { throw .damaged(path, report.rows + report.skipped + report.doubled, trouble) }
        if let refusal = report.refusal { throw .refused(path, refusal) }
        if report.rows == 0 {
            throw .refused(path, report.troubles.first.map { "it has no row to play: \($0)" } ?? "it has no rows")
        }
    }

    private static func tracks(_ files: [PlayedRecording]) throws(RecordingError) -> [Track] {
        var tracks: [[PlayedRecording]] = []
        for file in files {
            let same = tracks.firstIndex {
                $0[0].contents.form == file.contents.form && $0[0].contents.symbols == file.contents.symbols
            }
            if let same { tracks[same].append(file) } else { tracks.append([file]) }
        }
        for index in tracks.indices {
            tracks[index].sort { ($0.report.first ?? .zero) < ($1.report.first ?? .zero) }
            for (first, second) in zip(tracks[index], tracks[index].dropFirst()) { try checkJoin(first, second) }
        }
        return tracks.map { Track(paths: $0.map(\.path), contents: $0[0].contents.joined($0.map(\.contents))) }
    }

    private static func checkJoin(_ first: PlayedRecording, _ second: PlayedRecording) throws(RecordingError) {
        guard let end = first.report.last, let begin = second.report.first else { return }
        let gapMax: Int64 = first.contents.form == .fundingRates ? 86_400_000 : 3_600_000
        let isDoubled =
            if let lastId = first.report.lastId, let id = second.report.firstId { id <= lastId } else { false }
        if begin < end - 1000 || isDoubled {
            throw .apart(
                first.path, second.path, "that one ends at \(end), this one begins at \(begin), so they overlap")
        }
        if begin - end > gapMax {
            throw .apart(
                first.path, second.path,
                "that one ends at \(end), this one begins at \(begin): play what lies between, too, or one of them")
        }
        if let last = first.report.lastPrice, let price = second.report.firstPrice, !price.joins(last) {
            throw .apart(first.path, second.path, "that one ends at a price of \(last), this one begins at \(price)")
        }
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
                // The venue's archive has a checksum beside each file, and macOS a folder of its own.
                if name.hasPrefix(".") || name.hasSuffix(".CHECKSUM") || isFolder(path + "/" + name) { continue }
                names.append(path + "/" + name)
            }
            files += names.sorted()
        }
        return files
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private func checkForDoubles() throws(RecordingError) {
        for symbol in symbols {
            let books = tracks.filter { $0.contents.books.contains(symbol) }
            if books.count > 1 { throw .twice("books", symbol, books[0].paths[0], books[1].paths[0]) }
            let trades = tracks.filter { $0.contents.trades.contains(symbol) }
            if trades.count > 1 { throw .twice("trades", symbol, trades[0].paths[0], trades[1].paths[0]) }
        }
    }

    /// The market that the files tell. Times go on from loop to loop.
    public func source(_ instruments: [Instrument], isLooped: Bool) -> Source {
        let listed = instruments.map(\.symbol)
        let tracks = tracks.filter { track in track.contents.symbols.contains { listed.contains($0) } }
        let books = Set(tracks.flatMap { $0.contents.books })
        return LoopedSource(isLooped: isLooped) {
            MergedSource(
                tracks.map { track in
                    RecordingReader(
                        ArchiveSequence(track.paths), track.contents, instruments: instruments, times: times
                    ) { !books.contains($0) }
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

    /// One-minute candles of a klines table, oldest first, and what was found beside them.
    public static func candles(
        _ path: String, now: Timestamp
    ) throws(RecordingError) -> (file: PlayedRecording, candles: [MarketCandle]) {
        let contents = try contents(path)
        guard contents.form == .klines else { throw .refused(path, "a past comes from a table of klines") }
        guard let lines = ArchiveFile(path) else { throw .notFound(path) }
        let (candles, report) = CandleTable.read(lines, times: RecordedTimes(until: now + 86_400_000))
        try check(path, lines, report)
        return (PlayedRecording(path: path, contents: contents, report: report), candles)
    }
}
