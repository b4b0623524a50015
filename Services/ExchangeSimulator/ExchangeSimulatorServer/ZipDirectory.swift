import Glibc

/// A file in a zip archive.
struct ZipEntry: Equatable {
    let name: String
    /// 0 stored, 8 deflated.
    let method: Int
    let isEncrypted: Bool
    let crc: UInt32
    let packedSize: UInt64
    let size: UInt64
    /// Of its local header in the file.
    let offset: UInt64

    /// Folders, and what macOS puts beside each file.
    var isBesideTheMatter: Bool {
        let parts = name.split(separator: "/")
        let last = parts.last ?? ""
        return name.hasSuffix("/") || parts.first == "__MACOSX" || last.hasPrefix("._") || last == ".DS_Store"
    }
}

/// The directory at the end of a zip archive.
enum ZipDirectory {
    /// The files in the archive; nil when it has no whole directory, as one that was cut.
    static func read(_ file: Int32) -> [ZipEntry]? {
        let fileSize = Int(lseek(file, 0, SEEK_END))
        // The end record has 22 bytes and a comment of up to 65 535.
        let tailSize = min(fileSize, 22 + 65_535)
        guard let tail = bytes(file, at: fileSize - tailSize, count: tailSize),
            let end = stride(from: tailSize - 22, through: 0, by: -1).first(where: {
                tail[$0...].starts(with: [0x50, 0x4B, 5, 6])
            })
        else { return nil }
        var count = number(tail, end + 10, 2)
        var size = number(tail, end + 12, 4)
        var offset = number(tail, end + 16, 4)
        if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF {
            guard end >= 20, tail[(end - 20)...].starts(with: [0x50, 0x4B, 6, 7]),
                let large = bytes(file, at: Int(clamping: number(tail, end - 12, 8)), count: 56),
                large.starts(with: [0x50, 0x4B, 6, 6])
            else { return nil }
            (count, size, offset) = (number(large, 32, 8), number(large, 40, 8), number(large, 48, 8))
        }
        guard size <= 64 << 20, let directory = bytes(file, at: Int(clamping: offset), count: Int(size)) else {
            return nil
        }
        return entries(directory, count: count)
    }

    private static func entries(_ bytes: [UInt8], count: UInt64) -> [ZipEntry]? {
        var entries: [ZipEntry] = []
        var at = 0
        while UInt64(entries.count) < count {
            guard at + 46 <= bytes.count, bytes[at...].starts(with: [0x50, 0x4B, 1, 2]) else { return nil }
            let nameEnd = at + 46 + Int(number(bytes, at + 28, 2))
            let extraEnd = nameEnd + Int(number(bytes, at + 30, 2))
            let next = extraEnd + Int(number(bytes, at + 32, 2))
            guard next <= bytes.count else { return nil }
            var sizes = [number(bytes, at + 24, 4), number(bytes, at + 20, 4), number(bytes, at + 42, 4)]
            widen(&sizes, Array(bytes[nameEnd..<extraEnd]))
            entries.append(
                ZipEntry(
                    name: String(decoding: bytes[(at + 46)..<nameEnd], as: UTF8.self),
                    method: Int(number(bytes, at + 10, 2)), isEncrypted: bytes[at + 8] & 1 == 1,
                    crc: UInt32(truncatingIfNeeded: number(bytes, at + 16, 4)), packedSize: sizes[1], size: sizes[0],
                    offset: sizes[2]))
            at = next
        }
        return entries
    }

    /// Puts the numbers of 64 bits that an extra field holds in the places of those that did not fit into 32.
    private static func widen(_ sizes: inout [UInt64], _ extra: [UInt8]) {
        var at = 0
        while at + 4 <= extra.count {
            let end = at + 4 + Int(number(extra, at + 2, 2))
            if number(extra, at, 2) == 1, end <= extra.count {
                var from = at + 4
                for index in sizes.indices where sizes[index] == 0xFFFF_FFFF && from + 8 <= end {
                    sizes[index] = number(extra, from, 8)
                    from += 8
                }
            }
            at = end
        }
    }

    /// A little-endian number; its place is within `bytes`.
    private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt64 {
        bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Where the bytes of an entry begin; nil when its local header is not there.
    static func dataOffset(_ entry: ZipEntry, _ file: Int32) -> Int? {
        let at = Int(clamping: entry.offset)
        guard let head = bytes(file, at: at, count: 30), head.starts(with: [0x50, 0x4B, 3, 4]) else { return nil }
        return at + 30 + Int(number(head, 26, 2)) + Int(number(head, 28, 2))
    }

    private static func bytes(_ file: Int32, at offset: Int, count: Int) -> [UInt8]? {
        guard offset >= 0, count >= 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        var size = 0
        while size < count {
            let more = bytes.withUnsafeMutableBytes {
                pread(file, $0.baseAddress.map { $0 + size }, count - size, off_t(offset + size))
            }
            if more <= 0 { return nil }
            size += more
        }
        return bytes
    }
}
