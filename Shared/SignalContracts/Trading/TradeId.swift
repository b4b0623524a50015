public import TradingPrimitives

/// Names one decision, its plan, its orders and its trade: `BTCUSDT-jv3wxgk0q80`.
///
/// Derived from the symbol and the `md` id that set the decision off, so that the same cause always has the same name,
/// however often it is processed. At most 28 bytes of `[0-9A-Za-z-]`, so that client order ids made from it fit the venue.
public struct TradeId: Hashable, Sendable, CustomStringConvertible {
    public let text: String
    private static let symbolLengthMax = 14

    public init(symbol: Symbol, cause: StreamId) {
        let counter = cause.sequence % StreamId.countersPerMicrosecond
        let time = String(UInt64(max(0, cause.microseconds)), radix: 36)
        text = Self.letters(of: symbol) + "-" + time + String(counter, radix: 36)
    }

    /// Nil for text that can't be part of a client order id.
    public init?(_ text: String) {
        let isValid = text.utf8.allSatisfy {
            48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == UInt8(ascii: "-")
        }
        guard 1...28 ~= text.utf8.count, isValid else { return nil }
        self.text = text
    }

    public var description: String { text }

    private static func letters(of symbol: Symbol) -> String {
        let letters = symbol.name.utf8.filter { 48...57 ~= $0 || 65...90 ~= $0 }.prefix(symbolLengthMax)
        return String(decoding: letters, as: UTF8.self)
    }

    /// Whether it can be the name of a decision on `symbol`. It may be that of another, too: letters that a name can't have are left
    /// out, and long names are cut.
    public func belongs(to symbol: Symbol) -> Bool { text.hasPrefix(Self.letters(of: symbol) + "-") }

    /// Whether names of decisions on both begin alike: then a name does not tell which of them it is of.
    public static func areAlike(_ one: Symbol, _ other: Symbol) -> Bool { letters(of: one) == letters(of: other) }

    /// When the market event that set the decision off was received; nil for a name that was not made from one.
    public var causeTime: Timestamp? {
        guard let last = text.split(separator: "-").last, last.count > 1,
            let microseconds = Int64(last.dropLast(), radix: 36)
        else { return nil }
        return Timestamp(milliseconds: microseconds / 1000)
    }
}

extension TradeId: FieldValue {
    public init?(text: UnsafeRawBufferPointer) { self.init(String(decoding: text, as: UTF8.self)) }
    public func write(into bytes: inout [UInt8]) { text.write(into: &bytes) }
}
