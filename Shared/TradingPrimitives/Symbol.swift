/// A venue's name of a contract, upper case as in its REST API: `BTCUSDT`.
public struct Symbol: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let name: String

    /// Nil for a name that no contract has: empty, longer than 40 bytes, or with another character than letters and digits
    /// of any script and `_`. Lower-case ASCII letters are raised.
    public init?(_ text: some StringProtocol) {
        let name = String(decoding: text.utf8.map { 97...122 ~= $0 ? $0 - 32 : $0 }, as: UTF8.self)
        guard 1...40 ~= name.utf8.count, name.unicodeScalars.allSatisfy(Self.isAllowed) else { return nil }
        self.name = name
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 48...57, 65...90, 95: true
        case ..<128: false
        default: scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
    }

    /// The form in the venue's stream names: `btcusdt`.
    public var lowercased: String { String(decoding: name.utf8.map { 65...90 ~= $0 ? $0 + 32 : $0 }, as: UTF8.self) }
    public var description: String { name }
    public static func < (left: Symbol, right: Symbol) -> Bool { left.name < right.name }
}
