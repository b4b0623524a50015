public import TradingPrimitives

/// A value that stands in one field of an entry, as text.
public protocol FieldValue: Sendable {
    /// Nil when the text is not exactly one such value.
    init?(text: UnsafeRawBufferPointer)
    func write(into bytes: inout [UInt8])
}

extension FixedDecimal {
    public init?(text: UnsafeRawBufferPointer) { self.init(ascii: text) }
}
extension Price: FieldValue {}
extension Quantity: FieldValue {}
extension Notional: FieldValue {}
extension Ratio: FieldValue {}

extension Int64: FieldValue {
    public init?(text: UnsafeRawBufferPointer) {
        var digits = text[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowAgain) = product.subtractingReportingOverflow(Int64(digit))
            if overflow || overflowAgain { return nil }
            value = sum  // kept negative, so that the least number can be read too
        }
        if !isNegative, value == .min { return nil }
        self = isNegative ? value : -value
    }
    public func write(into bytes: inout [UInt8]) {
        if self < 0 { bytes.append(UInt8(ascii: "-")) }
        writeDecimal(magnitude, into: &bytes)
    }
}

extension Int: FieldValue {
    public init?(text: UnsafeRawBufferPointer) {
        guard let value = Int64(text: text) else { return nil }
        self = Int(value)
    }
    public func write(into bytes: inout [UInt8]) { Int64(self).write(into: &bytes) }
}

/// The shortest text that reads back as the same number. Infinite and NaN are refused by the reader.
extension Double: FieldValue {
    public init?(text: UnsafeRawBufferPointer) {
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        self = value
    }
    public func write(into bytes: inout [UInt8]) { description.write(into: &bytes) }
}

/// `1` or `0`.
extension Bool: FieldValue {
    public init?(text: UnsafeRawBufferPointer) {
        guard text.count == 1, text[0] == UInt8(ascii: "0") || text[0] == UInt8(ascii: "1") else { return nil }
        self = text[0] == UInt8(ascii: "1")
    }
    public func write(into bytes: inout [UInt8]) { bytes.append(UInt8(ascii: self ? "1" : "0")) }
}

extension String: FieldValue {
    public init?(text: UnsafeRawBufferPointer) {
        guard let text = String(validating: text, as: UTF8.self) else { return nil }
        self = text
    }
    public func write(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension Timestamp: FieldValue {
    public init?(text: UnsafeRawBufferPointer) {
        guard let milliseconds = Int64(text: text) else { return nil }
        self.init(milliseconds: milliseconds)
    }
    public func write(into bytes: inout [UInt8]) { milliseconds.write(into: &bytes) }
}

extension Symbol: FieldValue {
    public init?(text: UnsafeRawBufferPointer) { self.init(String(decoding: text, as: UTF8.self)) }
    public func write(into bytes: inout [UInt8]) { name.write(into: &bytes) }
}

/// A closed set of words; a word outside it is malformed.
extension FieldValue where Self: RawRepresentable, RawValue == String {
    public init?(text: UnsafeRawBufferPointer) { self.init(rawValue: String(decoding: text, as: UTF8.self)) }
    public func write(into bytes: inout [UInt8]) { rawValue.write(into: &bytes) }
}
extension Side: FieldValue {}
extension Direction: FieldValue {}
extension Timeframe: FieldValue {}
