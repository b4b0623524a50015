/// A venue's name of a contract, upper case as in its REST API: `BTCUSDT`.
public struct Symbol: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let name: String

    /// Nil for a name that can't stand in a stream's key: empty, longer than 40 bytes, or with a space, a control
    /// character, a brace or a colon. Lower-case ASCII letters are raised.
    public init?(_ text: some StringProtocol) {
        let name = String(decoding: text.utf8.map { 97...122 ~= $0 ? $0 - 32 : $0 }, as: UTF8.self)
        let forbidden: Set<UInt8> = [UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ":")]
        guard 1...40 ~= name.utf8.count, name.utf8.allSatisfy({ $0 > 32 && $0 != 127 && !forbidden.contains($0) })
        else { return nil }
        self.name = name
    }

    /// The form in the venue's stream names: `btcusdt`.
    public var lowercased: String { String(decoding: name.utf8.map { 65...90 ~= $0 ? $0 + 32 : $0 }, as: UTF8.self) }
    public var description: String { name }
    public static func < (left: Symbol, right: Symbol) -> Bool { left.name < right.name }
}
