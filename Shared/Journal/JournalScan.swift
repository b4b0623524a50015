/// Finds the whole records of a journal's bytes, and where the next one goes.
struct JournalScan {
    struct Record {
        let sequence: UInt64
        let payload: Range<Int>
    }

    private(set) var records: [Record] = []
    /// First byte behind the last whole record.
    private(set) var end = 0

    init(_ bytes: [UInt8], path: String) throws(JournalError) {
        while let frame = Self.frame(bytes, at: end) {
            if let last = records.last, frame.first?.sequence != last.sequence + 1 {
                throw .damaged(path: path, offset: end)
            }
            records += frame
            end = frame.last?.payload.upperBound ?? bytes.count
        }
        guard bytes[end...].contains(where: { $0 != 0 }) else { return }
        // Something that is no whole frame stands here. A torn tail has nothing behind it.
        var offset = end + 1
        while offset + Journal.headerSize <= bytes.count {
            if let frame = Self.frame(bytes, at: offset),
                frame.last?.sequence ?? 0 > records.last?.sequence ?? 0
            {
                throw .damaged(path: path, offset: end)
            }
            offset += 1
        }
    }

    /// The records of the frame that begins at `offset`; nil when there is no whole one.
    private static func frame(_ bytes: [UInt8], at offset: Int) -> [Record]? {
        guard offset + Journal.headerSize <= bytes.count else { return nil }
        let word = number(bytes, offset, as: UInt32.self)
        let isSeveral = word & Journal.severalFlag != 0
        let length = Int(word & ~Journal.severalFlag)
        let sequence = number(bytes, offset + 8, as: UInt64.self)
        let start = offset + Journal.headerSize
        guard sequence > 0, length <= Journal.payloadMax, start + length <= bytes.count else { return nil }
        let sum = checksum(bytes[(offset + 8)..<(start + length)]) ^ (isSeveral ? Journal.severalSum : 0)
        guard sum == number(bytes, offset + 4, as: UInt32.self) else { return nil }
        return isSeveral
            ? several(bytes, start..<start + length, last: sequence)
            : [Record(sequence: sequence, payload: start..<start + length)]
    }

    private static func several(_ bytes: [UInt8], _ payload: Range<Int>, last: UInt64) -> [Record]? {
        var ranges: [Range<Int>] = []
        var place = payload.lowerBound
        while place < payload.upperBound {
            guard place + 4 <= payload.upperBound else { return nil }
            let length = Int(number(bytes, place, as: UInt32.self))
            guard place + 4 + length <= payload.upperBound else { return nil }
            ranges.append(place + 4..<place + 4 + length)
            place += 4 + length
        }
        guard UInt64(ranges.count) <= last else { return nil }
        let first = last - UInt64(ranges.count) + 1
        return ranges.enumerated().map { Record(sequence: first + UInt64($0.offset), payload: $0.element) }
    }

    private static func number<Number: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int, as: Number.Type) -> Number {
        bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
    }
}
