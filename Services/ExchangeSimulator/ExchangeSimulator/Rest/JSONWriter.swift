public import TradingPrimitives

/// Writes JSON straight into bytes. Commas are its own business; nesting is the caller's.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init() {}

    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    // MARK: Structure

    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        nested("{", "}", body)
    }

    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        nested("[", "]", body)
    }

    public mutating func object(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    public mutating func array(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
        key(name)
        array(body)
    }

    private mutating func nested(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void
    ) {
        comma()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func key(_ name: StaticString) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: Members

    public mutating func put(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    public mutating func put(_ name: StaticString, _ value: Bool) {
        key(name)
        raw(value ? "true" : "false")
    }

    public mutating func put(_ name: StaticString, _ value: Int64) {
        key(name)
        number(value)
    }

    public mutating func put(_ name: StaticString, _ value: Int) { put(name, Int64(value)) }
    public mutating func put(_ name: StaticString, _ value: Timestamp) { put(name, value.milliseconds) }

    public mutating func putNull(_ name: StaticString) {
        key(name)
        raw("null")
    }

    /// A decimal as a string, without trailing zeros.
    public mutating func put(_ name: StaticString, _ value: some FixedDecimal) {
        key(name)
        decimal(value)
    }

    /// A decimal as a string with a fixed number of decimals; further ones are cut.
    public mutating func put(_ name: StaticString, _ value: some FixedDecimal, decimals: Int) {
        key(name)
        decimal(value, decimals: decimals)
    }

    /// A decimal as a string with a fixed number of decimals, and zero as `0`, as frames of the user stream have it.
    public mutating func putAmount(_ name: StaticString, _ value: some FixedDecimal, decimals: Int) {
        if value.raw == 0 { put(name, "0") } else { put(name, value, decimals: decimals) }
    }

    /// A decimal as a JSON number.
    public mutating func putNumber(_ name: StaticString, _ value: some FixedDecimal) {
        key(name)
        comma()
        value.write(into: &bytes)
    }

    /// JSON text as it stands.
    public mutating func put(_ name: StaticString, json: some Sequence<UInt8>) {
        key(name)
        comma()
        bytes.append(contentsOf: json)
    }

    // MARK: Elements

    public mutating func number(_ value: Int64) {
        comma()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        writeDecimal(UInt64(value.magnitude), into: &bytes)
    }

    public mutating func decimal(_ value: some FixedDecimal) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        value.write(into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    public mutating func decimal(_ value: some FixedDecimal, decimals: Int) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        var rest = value.raw.magnitude
        if value.raw < 0 { bytes.append(UInt8(ascii: "-")) }
        writeDecimal(rest / UInt64(fixedScale), into: &bytes)
        rest %= UInt64(fixedScale)
        if decimals > 0 { bytes.append(UInt8(ascii: ".")) }
        var place = UInt64(fixedScale) / 10
        for _ in 0..<decimals {
            bytes.append(UInt8(ascii: "0") + UInt8(place == 0 ? 0 : rest / place))
            if place > 0 {
                rest %= place
                place /= 10
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    public mutating func string(_ value: String) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        let hex = Array("0123456789abcdef".utf8)
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<32:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hex[Int(byte >> 4)])
                bytes.append(hex[Int(byte & 15)])
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func raw(_ text: StaticString) {
        comma()
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
}
