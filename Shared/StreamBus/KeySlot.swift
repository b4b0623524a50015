/// Where a key lies in a Redis Cluster: keys of one slot are always together on one node.
public enum KeySlot {
    public static let count = 16_384

    /// The slot of a key: CRC16 (XMODEM) of its tag.
    public static func of(_ key: some Sequence<UInt8>) -> Int {
        var crc: UInt16 = 0
        for byte in tag(of: Array(key)) {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        }
        return Int(crc) % count
    }

    /// What of a key decides on its slot: the text in its first braces, or all of it when there is none.
    public static func tag(of key: [UInt8]) -> ArraySlice<UInt8> {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")),
            let close = key[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
        else { return key[...] }
        return key[(open + 1)..<close]
    }

    public static func tag(of key: String) -> String { String(decoding: tag(of: Array(key.utf8)), as: UTF8.self) }
}
