// Fields as the bytes of a journal's record: the length and the bytes of each name and value.
extension Fields {
    public var record: [UInt8] {
        var record: [UInt8] = []
        appendRecord(to: &record)
        return record
    }

    public func appendRecord(to bytes: inout [UInt8]) {
        forEachItem { item in
            withUnsafeBytes(of: UInt32(item.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: item)
        }
    }

    /// Throws for bytes that are cut.
    public init(record bytes: ArraySlice<UInt8>) throws(ContractError) {
        self.init()
        var offset = bytes.startIndex
        func next() throws(ContractError) -> ArraySlice<UInt8>? {
            if offset == bytes.endIndex { return nil }
            guard offset + 4 <= bytes.endIndex else { throw .malformed(field: "record", text: "cut") }
            let length = bytes[offset..<offset + 4].enumerated().reduce(0) { $0 | Int($1.element) << ($1.offset * 8) }
            guard offset + 4 + length <= bytes.endIndex else { throw .malformed(field: "record", text: "cut") }
            defer { offset += 4 + length }
            return bytes[offset + 4..<offset + 4 + length]
        }
        while let name = try next() {
            guard let value = try next() else { throw .malformed(field: "record", text: "name without value") }
            name.withUnsafeBytes { name in value.withUnsafeBytes { append(name: name, value: $0) } }
        }
    }
}
