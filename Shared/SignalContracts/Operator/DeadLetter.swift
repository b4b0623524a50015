/// An entry that a reader could not understand, kept whole. On `dead:{S}`, or `dead` for global streams; its own fields follow with the prefix `field.`.
public struct DeadLetter: StreamMessage {
    public static let version = 1

    /// Where it stood.
    public var stream: String
    /// And its id there.
    public var entryId: StreamId
    /// Who could not read it.
    public var service: String
    /// Why.
    public var error: String

    public init(stream: String, entryId: StreamId, service: String, error: String) {
        self.stream = stream
        self.entryId = entryId
        self.service = service
        self.error = error
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        stream = try fields.required("stream")
        entryId = try fields.required("entry_id")
        service = try fields.required("service")
        error = try fields.required("error")
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("stream", stream)
        fields.put("entry_id", entryId)
        fields.put("service", service)
        fields.put("error", error)
    }

    /// The letter with the entry in it.
    public func whole(_ entry: borrowing Fields) -> Fields {
        var whole = fields
        for pair in entry.pairs {
            let name = Array("field.\(pair.name)".utf8), value = Array(pair.value.utf8)
            name.withUnsafeBytes { name in value.withUnsafeBytes { whole.append(name: name, value: $0) } }
        }
        return whole
    }
}
