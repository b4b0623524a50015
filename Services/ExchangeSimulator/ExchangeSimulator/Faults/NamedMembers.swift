import TradingPrimitives

/// The members of one flat JSON object that a person wrote. Each is asked for by its name; one that nobody asked for is
/// a mistake, and the words about it name what would have been understood.
struct NamedMembers {
    private var rest: [(name: String, text: String)] = []
    private var known: [String] = []

    init(_ text: some Collection<UInt8>) throws(Refusal) {
        guard case .object(let members)? = FlatJSON.parse(text) else {
            throw Self.refusal(#"one JSON object is expected, like {"kind":"reject-stop","count":1}"#)
        }
        for member in members {
            guard let text = member.value.text else {
                throw Self.refusal("'\(member.name)' must be a string, a number, true or false")
            }
            if rest.contains(where: { $0.name == member.name }) {
                throw Self.refusal("'\(member.name)' is there twice")
            }
            rest.append((member.name, text))
        }
    }

    static func refusal(_ text: String) -> Refusal { Refusal(-1130, text) }

    func has(_ name: String) -> Bool { rest.contains { $0.name == name } }

    mutating func text(_ name: String) -> String? {
        known.append(name)
        guard let at = rest.firstIndex(where: { $0.name == name }) else { return nil }
        return rest.remove(at: at).text
    }

    mutating func value<Value: LosslessStringConvertible & Comparable>(
        _ name: String, _: Value.Type, in range: ClosedRange<Value>
    ) throws(Refusal) -> Value? {
        guard let text = text(name) else { return nil }
        guard let value = Value(text), range ~= value else {
            throw Self.refusal("'\(name)' must be \(range.lowerBound)…\(range.upperBound), not '\(text)'")
        }
        return value
    }

    mutating func flag(_ name: String) throws(Refusal) -> Bool? {
        guard let text = text(name) else { return nil }
        guard let value = Bool(text) else { throw Self.refusal("'\(name)' must be true or false, not '\(text)'") }
        return value
    }

    mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, _: Value.Type
    ) throws(Refusal) -> Value? {
        guard let text = text(name) else { return nil }
        guard let value = Value(rawValue: text) else {
            let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.refusal("'\(name)' must be one of \(names), not '\(text)'")
        }
        return value
    }

    /// All that is left, as parameters of a call of the venue.
    mutating func parameters() -> Parameters {
        var parameters = Parameters()
        for (name, text) in rest { parameters.put(name, text) }
        rest = []
        return parameters
    }

    /// Throws when something is left that nobody asked for. `what`: who did not.
    func end(_ what: String) throws(Refusal) {
        guard let left = rest.first else { return }
        throw Self.refusal("'\(left.name)' means nothing to \(what); it takes \(known.joined(separator: ", "))")
    }

    /// The value of a member that has to be there.
    static func needed<Value>(_ value: Value?, _ name: String, _ what: String) throws(Refusal) -> Value {
        guard let value else { throw refusal("\(what) needs '\(name)'") }
        return value
    }
}
