/// An exact decimal number in steps of 1e-8, held in 64 bits: range ±92,233,720,368.54775807.
///
/// Each conforming type is one kind of number (a price, a quantity, …), so that a price can't be added to a quantity.
/// Arithmetic never wraps and never ends the process: a result out of range is the nearest end of the range, which no limit
/// admits. What comes from outside is bounded where it enters, far within the range.
public protocol FixedDecimal: Comparable, Hashable, Sendable, BitwiseCopyable, CustomStringConvertible,
    LosslessStringConvertible
{
    /// The value in units of 1e-8.
    var raw: Int64 { get }
    init(raw: Int64)
}

/// Steps of a `FixedDecimal` in one unit.
public let fixedScale: Int64 = 100_000_000
private let fixedDigits = 8

extension FixedDecimal {
    @inlinable public static var zero: Self { Self(raw: 0) }
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.raw < right.raw }
    @inlinable public static func + (left: Self, right: Self) -> Self {
        let (sum, isOver) = left.raw.addingReportingOverflow(right.raw)
        return Self(raw: isOver ? (right.raw < 0 ? .min : .max) : sum)
    }
    @inlinable public static func - (left: Self, right: Self) -> Self {
        let (difference, isOver) = left.raw.subtractingReportingOverflow(right.raw)
        return Self(raw: isOver ? (right.raw < 0 ? .max : .min) : difference)
    }
    @inlinable public static prefix func - (value: Self) -> Self { zero - value }
    @inlinable public static func += (left: inout Self, right: Self) { left = left + right }
    @inlinable public static func -= (left: inout Self, right: Self) { left = left - right }
    @inlinable public static func * (value: Self, count: Int64) -> Self {
        let (product, isOver) = value.raw.multipliedReportingOverflow(by: count)
        return Self(raw: isOver ? ((value.raw < 0) == (count < 0) ? .max : .min) : product)
    }
    @inlinable public var magnitude: Self { raw < 0 ? -self : self }

    /// The number of `steps` times 1e-8, or the nearest end of the range.
    @inlinable public init(clamping steps: Int128) { self.init(raw: Int64(clamping: steps)) }

    /// This times a fraction, towards zero: `part.raw` counts steps of 1e-8, too.
    @inlinable public func times(_ part: some FixedDecimal) -> Self {
        Self(clamping: Int128(raw) * Int128(part.raw) / Int128(fixedScale))
    }

    /// The nearest binary floating-point number. For statistics; never sent to a venue.
    @inlinable public var double: Double { Double(raw) / Double(fixedScale) }

    /// A binary floating-point number brought to the 1e-8 grid; nil when it is not finite or out of range.
    ///
    /// The one crossing from statistics to money: the direction is always said.
    public init?(_ value: Double, rounding: RoundingDirection) {
        let scaled = value * Double(fixedScale)
        guard scaled.isFinite, abs(scaled) < 9.2e18 else { return nil }
        // A binary neighbour of an exact decimal (0.3 is 0.2999…) must not fall a whole step.
        let nearest = scaled.rounded()
        let isExact = abs(scaled - nearest) <= 1e-6 + abs(nearest) * 4e-16
        self.init(raw: Int64(isExact ? nearest : scaled.rounded(rounding.floatingPointRule)))
    }

    /// The neighbouring multiple of `step` (itself when it is one). `step` must be greater than zero.
    public func rounded(toMultipleOf step: Self, _ direction: RoundingDirection) -> Self {
        precondition(step.raw > 0, "a step is greater than zero")
        var remainder = raw % step.raw
        if remainder < 0 { remainder += step.raw }
        if remainder == 0 { return self }
        let below = self - Self(raw: remainder)
        switch direction {
        case .down: return below
        case .up: return below + step
        case .nearest: return remainder < step.raw - remainder ? below : below + step
        }
    }

    @inlinable public func isMultiple(of step: Self) -> Bool { step.raw > 0 && raw % step.raw == 0 }
}

/// Where a number goes that lies between two steps: `down` is towards −∞, `up` towards +∞, `nearest` takes halves up.
public enum RoundingDirection: Sendable {
    case down, up, nearest

    var floatingPointRule: FloatingPointRoundingRule {
        switch self {
        case .down: .down
        case .up: .up
        case .nearest: .toNearestOrAwayFromZero
        }
    }
}

// MARK: - Text

extension FixedDecimal {
    /// Reads a plain decimal (`-12.5`, `61800.20`); nil for anything else, for more than eight significant decimals
    /// and for a number out of range. Never rounds.
    public init?(_ text: String) {
        var text = text
        guard let value = text.withUTF8({ Self(ascii: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = value
    }

    /// As `init(_: String)`, over bytes.
    public init?(ascii bytes: UnsafeRawBufferPointer) {
        guard let raw = parseFixed(bytes) else { return nil }
        self.init(raw: raw)
    }

    /// Plain decimal digits, without trailing zeros: `61800.2`, `-0.00000001`, `5`.
    public var description: String {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `description` without making a string.
    public func write(into bytes: inout [UInt8]) { writeFixed(raw, into: &bytes) }
}

private func parseFixed(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    var index = 0
    let end = bytes.count
    guard end > 0 else { return nil }
    let isNegative = bytes[0] == UInt8(ascii: "-")
    if isNegative { index = 1 }
    var value: UInt64 = 0
    var digits = 0
    while index < end {
        let digit = bytes[index] &- UInt8(ascii: "0")
        guard digit < 10 else { break }
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        if overflow { return nil }
        value = product + UInt64(digit)
        digits += 1
        index += 1
    }
    guard digits > 0 else { return nil }
    var decimals = 0
    if index < end {
        guard bytes[index] == UInt8(ascii: ".") else { return nil }
        index += 1
        guard index < end else { return nil }
        while index < end {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            index += 1
            if decimals == fixedDigits {
                if digit != 0 { return nil }
                continue
            }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product + UInt64(digit)
            decimals += 1
        }
    }
    while decimals < fixedDigits {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        if overflow { return nil }
        value = product
        decimals += 1
    }
    guard value <= UInt64(Int64.max) else { return nil }
    return isNegative ? -Int64(value) : Int64(value)
}

private func writeFixed(_ raw: Int64, into bytes: inout [UInt8]) {
    if raw < 0 { bytes.append(UInt8(ascii: "-")) }
    let size = raw.magnitude
    let whole = size / UInt64(fixedScale)
    var fraction = size % UInt64(fixedScale)
    writeDecimal(whole, into: &bytes)
    guard fraction != 0 else { return }
    bytes.append(UInt8(ascii: "."))
    var place = UInt64(fixedScale) / 10
    while fraction != 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(fraction / place))
        fraction %= place
        place /= 10
    }
}

/// Appends the decimal digits of `value`.
public func writeDecimal(_ value: UInt64, into bytes: inout [UInt8]) {
    if value < 10 {
        bytes.append(UInt8(ascii: "0") + UInt8(value))
        return
    }
    var place: UInt64 = 10
    while value / place >= 10 { place *= 10 }
    var rest = value
    while place > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(rest / place))
        rest %= place
        place /= 10
    }
}
