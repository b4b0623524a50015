/// Finds the whole records of a journal's bytes, and where the next one goes.
struct JournalScan {
    struct Record {
        let sequence: UInt64
        let payload: Range<Int>
    }

    private(set) var records: [Record] = []
    /// First byte behind the last whole record.
    private(set) var end = 0

    init(_ bytes: [UInt8], path: String, headerSize: Int, payloadMax: Int) throws(JournalError) {
        while let record = Self.record(bytes, at: end, headerSize: headerSize, payloadMax: payloadMax) {
            if let last = records.last, record.sequence != last.sequence + 1 { throw .damaged(path: path, offset: end) }
            records.append(record)
            end = record.payload.upperBound
        }
        guard bytes[end...].contains(where: { $0 != 0 }) else { return }
        // Something that is no whole record stands here. A torn tail has nothing behind it.
        var offset = end + 1
        while offset + headerSize <= bytes.count {
            if let record = Self.record(bytes, at: offset, headerSize: headerSize, payloadMax: payloadMax),
                record.sequence > (records.last?.sequence ?? 0)
            {
                throw .damaged(path: path, offset: end)
            }
            offset += 1
        }
    }

    private static func record(_ bytes: [UInt8], at offset: Int, headerSize: Int, payloadMax: Int) -> Record? {
        guard offset + headerSize <= bytes.count else { return nil }
        let length = Int(number(bytes, offset, as: UInt32.self))
        let sequence = number(bytes, offset + 8, as: UInt64.self)
        guard sequence > 0, length <= payloadMax, offset + headerSize + length <= bytes.count else { return nil }
        let body = offset + 8..<offset + headerSize + length
        guard checksum(bytes[body]) == number(bytes, offset + 4, as: UInt32.self) else { return nil }
        return Record(sequence: sequence, payload: offset + headerSize..<offset + headerSize + length)
    }

    private static func number<Number: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int, as: Number.Type) -> Number {
        bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
    }
}
