import TradingPrimitives

/// Id of a stream entry: a time in milliseconds and a sequence number within it.
///
/// The hub gives `md.*` entries explicit ids: milliseconds of receipt, then in the sequence part the microseconds and a
/// counter (`1723161256612-4230007`: 423 µs, the eighth of that microsecond). They increase over all `md.*` streams of a
/// symbol, so that a reader of two streams can merge them by id.
public struct StreamId: Comparable, Hashable, Sendable, BitwiseCopyable {
    public let milliseconds: UInt64
    public let sequence: UInt64

    @inlinable public init(milliseconds: UInt64, sequence: UInt64) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    /// Entries that one microsecond can hold.
    public static let countersPerMicrosecond: UInt64 = 10_000
    public static let zero = StreamId(milliseconds: 0, sequence: 0)

    /// The first id of a microsecond since 1970.
    @inlinable public init(microseconds: Int64) {
        let time = UInt64(max(0, microseconds))
        self.init(milliseconds: time / 1000, sequence: time % 1000 * Self.countersPerMicrosecond)
    }

    /// Time of receipt in microseconds since 1970, of an id that the hub gave; the greatest number for one that is beyond it.
    @inlinable public var microseconds: Int64 {
        let part = Int64(sequence / Self.countersPerMicrosecond)
        guard milliseconds <= (UInt64(Int64.max) - UInt64(part)) / 1000 else { return .max }
        return Int64(milliseconds) * 1000 + part
    }

    /// The least id greater than this one; of the greatest, itself.
    @inlinable public var next: StreamId {
        guard sequence == .max else { return StreamId(milliseconds: milliseconds, sequence: sequence + 1) }
        return milliseconds == .max ? self : StreamId(milliseconds: milliseconds + 1, sequence: 0)
    }

    /// The greatest id less than this one; of zero, zero.
    public var previous: StreamId {
        guard sequence == 0 else { return StreamId(milliseconds: milliseconds, sequence: sequence - 1) }
        return milliseconds == 0 ? self : StreamId(milliseconds: milliseconds - 1, sequence: .max)
    }

    @inlinable public static func < (left: StreamId, right: StreamId) -> Bool {
        (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
    }
}

extension StreamId: FieldValue, CustomStringConvertible {
    public init?(text: UnsafeRawBufferPointer) {
        guard let dash = text.firstIndex(of: UInt8(ascii: "-")),
            let milliseconds = UInt64(digits: text[..<dash]), let sequence = UInt64(digits: text[(dash + 1)...])
        else { return nil }
        self.init(milliseconds: milliseconds, sequence: sequence)
    }

    public func write(into bytes: inout [UInt8]) {
        writeDecimal(milliseconds, into: &bytes)
        bytes.append(UInt8(ascii: "-"))
        writeDecimal(sequence, into: &bytes)
    }

    public var description: String { "\(milliseconds)-\(sequence)" }
}

extension UInt64 {
    fileprivate init?(digits: Slice<UnsafeRawBufferPointer>) {
        guard 1...20 ~= digits.count else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowAgain) = product.addingReportingOverflow(UInt64(digit))
            if overflow || overflowAgain { return nil }
            value = sum
        }
        self = value
    }
}
