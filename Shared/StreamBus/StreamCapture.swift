public import SignalContracts
public import TradingPrimitives

/// A window of the streams in a file of lines, with the past that processors need to know what they knew when it began.
///
///     vortex7-capture 1 FROM_MS TO_MS SYMBOL,SYMBOL…
///     STREAM ID NAME VALUE NAME VALUE …
///
/// Words stand between single spaces; what could not stand in a word is written as `%` and two hexadecimal digits, an empty
/// word as a single `%`. The streams come one after the other, each in the order of its ids.
public struct StreamCapture: Sendable {
    public struct Header: Equatable, Sendable {
        public var from: Timestamp
        public var to: Timestamp
        public var symbols: [Symbol]

        public init(from: Timestamp, to: Timestamp, symbols: [Symbol]) {
            self.from = from
            self.to = to
            self.symbols = symbols
        }
    }

    public struct Entry: Sendable {
        public let stream: StreamName
        public let id: StreamId
        public let fields: Fields
    }

    public let header: Header
    public private(set) var entries: [Entry] = []

    /// What of the past before the window is kept, milliseconds: at least as long as any processor remembers.
    public static func pastMs(_ kind: StreamKind) -> Int64 {
        switch kind {
        case .candle, .metric: 26 * 3_600_000
        case .trade, .book, .forming: 180_000
        default: 46 * 60_000
        }
    }

    // MARK: Writing

    public static func line(_ header: Header) -> [UInt8] {
        let symbols = header.symbols.map(\.name).joined(separator: ",")
        return Array("vortex7-capture 1 \(header.from.milliseconds) \(header.to.milliseconds) \(symbols)\n".utf8)
    }

    public static func appendLine(_ stream: StreamName, _ id: StreamId, _ fields: Fields, to bytes: inout [UInt8]) {
        bytes += stream.key.utf8
        bytes.append(space)
        id.write(into: &bytes)
        fields.forEachItem { item in
            bytes.append(space)
            appendWord(item, to: &bytes)
        }
        bytes.append(newline)
    }

    private static func appendWord(_ word: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        if word.isEmpty { bytes.append(percent) }
        for byte in word {
            if byte <= space || byte == percent || byte == 0x7F {
                bytes += [percent, digit(byte >> 4), digit(byte & 15)]
            } else {
                bytes.append(byte)
            }
        }
    }

    private static let space = UInt8(ascii: " "), newline = UInt8(ascii: "\n"), percent = UInt8(ascii: "%")
    private static func digit(_ value: UInt8) -> UInt8 { Array("0123456789ABCDEF".utf8)[Int(value)] }

    // MARK: Reading

    /// Why a file can't be read as a capture.
    public struct Malformed: Error, CustomStringConvertible {
        public let line: Int
        public let problem: String
        public var description: String { "line \(line): \(problem)" }
    }

    /// Only the streams of which `isWanted` says so.
    public init(_ bytes: [UInt8], where isWanted: (StreamName) -> Bool = { _ in true }) throws(Malformed) {
        var lines = bytes.split(separator: Self.newline, omittingEmptySubsequences: false)[...]
        if lines.last?.isEmpty == true { lines = lines.dropLast() }
        guard let first = lines.first, let header = Self.header(first) else {
            throw Malformed(line: 1, problem: "not a capture of the streams")
        }
        self.header = header
        var known: (key: ArraySlice<UInt8>, name: StreamName, isWanted: Bool)?
        for (number, line) in lines.enumerated().dropFirst() {
            func malformed(_ problem: String) -> Malformed { Malformed(line: number + 1, problem: problem) }
            if let known, !known.isWanted, line.starts(with: known.key),
                line.dropFirst(known.key.count).first == Self.space
            {
                continue
            }
            var words = line.split(separator: Self.space)[...]
            guard let key = words.popFirst(), let idWord = words.popFirst(), words.count.isMultiple(of: 2),
                let id = StreamId(String(decoding: idWord, as: UTF8.self))
            else { throw malformed("not a stream, an id, and pairs of words") }
            if known?.key != key {
                guard let name = StreamName(key: String(decoding: key, as: UTF8.self)) else {
                    throw malformed("'\(String(decoding: key, as: UTF8.self))' is no stream of the suite")
                }
                known = (key, name, isWanted(name))
            }
            guard let known, known.isWanted else { continue }
            var fields = Fields()
            while let name = words.popFirst(), let value = words.popFirst() {
                guard let name = Self.word(name), let value = Self.word(value) else {
                    throw malformed("'%' without two hexadecimal digits")
                }
                name.withUnsafeBytes { name in
                    value.withUnsafeBytes { fields.append(name: name, value: $0) }
                }
            }
            entries.append(Entry(stream: known.name, id: id, fields: fields))
        }
    }

    private static func header(_ line: ArraySlice<UInt8>) -> Header? {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard words.count == 5, words[0] == "vortex7-capture", words[1] == "1", let from = Int64(words[2]),
            let to = Int64(words[3]), from <= to
        else { return nil }
        let symbols = words[4].split(separator: ",").map { Symbol(String($0)) }
        guard symbols.allSatisfy({ $0 != nil }) else { return nil }
        return Header(
            from: Timestamp(milliseconds: from), to: Timestamp(milliseconds: to), symbols: symbols.compactMap { $0 })
    }

    private static func word(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.contains(percent) else { return Array(text) }
        if text.elementsEqual([percent]) { return [] }
        var word: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == percent else {
                word.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(value), let low = rest.popFirst().flatMap(value) else {
                return nil
            }
            word.append(high << 4 | low)
        }
        return word
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        UInt8(String(decoding: [digit], as: UTF8.self), radix: 16)
    }
}
