/// A legal number of the venue's that the suite's own do not reach, or one that is finer than they are.
public struct UnfitValue: Error, Equatable, Sendable, CustomStringConvertible {
    /// By the venue's name.
    public let field: String
    public let text: String

    public init(_ field: String, _ text: String) { (self.field, self.text) = (field, text) }

    public var description: String { "'\(field)' is \(text), beyond \(fixedRange)" }
    private var fixedRange: String { "±92,233,720,368.54775807 or finer than 0.00000001" }
}
