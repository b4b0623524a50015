import CZlib
import Glibc

/// Bytes of a file after decompression, piece by piece: plain, gzip, or the one file in a zip archive. What a checksum, a
/// length or an early end says is kept as `trouble`.
final class InflatedFile {
    private static let pieceSize = 256 << 10

    private let file: Int32
    /// On the heap, because zlib remembers its address. Nil for a file that is not compressed.
    private var inflater: UnsafeMutablePointer<z_stream>?
    private let input = UnsafeMutablePointer<UInt8>.allocate(capacity: InflatedFile.pieceSize)
    private var inputSize = 0
    private var inputAt = 0
    /// Of a zip archive; its checksum and sizes are compared at the end.
    private var entry: ZipEntry?
    /// Bytes of the entry that are still to come from the file.
    private var packedRest = UInt64.max
    private var crc: UInt = 0
    private var outputSize: UInt64 = 0
    private var isEnded = false

    /// Why what was read is not all, or not what was written; known at the end at the latest.
    private(set) var trouble: String?

    /// Nil when the file can't be opened.
    init?(_ path: String) {
        file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        refill()
        let head = (0..<4).map { $0 < inputSize ? input[$0] : 0 }
        if head[0] == 0x1F, head[1] == 0x8B {
            startInflating(windowBits: 31)
        } else if head == [0x50, 0x4B, 3, 4] || head == [0x50, 0x4B, 5, 6] {
            openArchive()
        } else if let form = Self.foreignForm(head) {
            fail("it is \(form), which is not read: unpack it, or pack it with gzip or zip")
        }
    }

    deinit {
        stopInflating()
        input.deallocate()
        if file >= 0 { close(file) }
    }

    private static func foreignForm(_ head: [UInt8]) -> String? {
        switch (head[0], head[1], head[2], head[3]) {
        case (0x28, 0xB5, 0x2F, 0xFD): "packed with zstd"
        case (0xFD, 0x37, 0x7A, 0x58): "packed with xz"
        case (0x42, 0x5A, 0x68, _): "packed with bzip2"
        case (0x37, 0x7A, 0xBC, 0xAF): "packed with 7-Zip"
        case (0x52, 0x61, 0x72, 0x21): "packed with RAR"
        case (0x50, 0x41, 0x52, 0x31): "a Parquet table"
        case (0xFF, 0xFE, _, _), (0xFE, 0xFF, _, _): "UTF-16 text"
        default: nil
        }
    }

    private func openArchive() {
        guard let entries = ZipDirectory.read(file) else {
            return fail("the directory at the end of the zip archive is missing or damaged: the file was cut")
        }
        let files = entries.filter { !$0.isBesideTheMatter }
        guard files.count == 1, let only = files.first else {
            let names = files.prefix(3).map(\.name).joined(separator: ", ")
            return fail("a zip archive with one file is expected, this one has \(files.count) (\(names)): unpack it")
        }
        guard !only.isEncrypted, only.method == 0 || only.method == 8 else {
            return fail("\(only.name) in the zip archive is encrypted, or packed with another method than deflate")
        }
        guard let offset = ZipDirectory.dataOffset(only, file) else {
            return fail("the zip archive is damaged: \(only.name) is not where its directory says")
        }
        entry = only
        packedRest = only.packedSize
        lseek(file, off_t(offset), SEEK_SET)
        (inputAt, inputSize) = (0, 0)
        if only.method == 8 { startInflating(windowBits: -15) }
    }

    private func startInflating(windowBits: Int32) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        inflater = stream
        if czlib_inflate_init(stream, windowBits) != Z_OK { fail("there is no memory to unpack it") }
    }

    private func stopInflating() {
        guard let stream = inflater else { return }
        inflateEnd(stream)
        stream.deallocate()
        inflater = nil
    }

    /// Ends the data here; the first reason stays.
    func fail(_ reason: String) {
        trouble = trouble ?? reason
        isEnded = true
    }

    private func refill() {
        inputAt = 0
        inputSize = 0
        let wanted = Int(min(UInt64(Self.pieceSize), packedRest))
        guard wanted > 0 else { return }
        let count = Glibc.read(file, input, wanted)
        if count < 0 { return fail("it can't be read: \(String(cString: strerror(errno)))") }
        inputSize = count
        if entry != nil { packedRest -= UInt64(count) }
    }

    /// Appends the next piece; false at the end of the data or where they are damaged (`trouble`).
    func read(into bytes: inout [UInt8]) -> Bool {
        if isEnded { return false }
        if inputAt == inputSize { refill() }
        if isEnded { return false }
        guard let stream = inflater else { return copy(into: &bytes) }
        guard inputSize > 0 else {
            fail("it ends inside its packed data: the file was cut")
            return false
        }
        let before = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Self.pieceSize))
        let result = bytes.withUnsafeMutableBytes { output in
            stream.pointee.next_in = input + inputAt
            stream.pointee.avail_in = UInt32(inputSize - inputAt)
            stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress.map { $0 + before }
            stream.pointee.avail_out = UInt32(Self.pieceSize)
            let result = inflate(stream, Z_NO_FLUSH)
            inputAt = inputSize - Int(stream.pointee.avail_in)
            return result
        }
        bytes.removeLast(Int(stream.pointee.avail_out))
        count(bytes, from: before)
        switch result {
        case Z_STREAM_END: endMember(stream)
        case Z_OK: break
        case Z_BUF_ERROR where inputAt == inputSize: break
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "damaged"
            fail("its packed data are damaged (\(reason))")
        }
        return trouble == nil
    }

    private func copy(into bytes: inout [UInt8]) -> Bool {
        guard inputSize > inputAt else {
            isEnded = true
            checkEntry()
            return false
        }
        let before = bytes.count
        bytes.append(contentsOf: UnsafeBufferPointer(start: input + inputAt, count: inputSize - inputAt))
        inputAt = inputSize
        count(bytes, from: before)
        return true
    }

    private func count(_ bytes: [UInt8], from start: Int) {
        guard entry != nil, bytes.count > start else { return }
        outputSize += UInt64(bytes.count - start)
        crc = bytes.withUnsafeBufferPointer { crc32(crc, $0.baseAddress.map { $0 + start }, UInt32($0.count - start)) }
    }

    /// A gzip file may have further members, and zeros after the last one. zlib has compared checksum and length.
    private func endMember(_ stream: UnsafeMutablePointer<z_stream>) {
        if entry != nil {
            isEnded = true
            return checkEntry()
        }
        while true {
            if inputAt == inputSize { refill() }
            guard inputAt < inputSize else {
                isEnded = true
                return
            }
            if input[inputAt] != 0 { break }
            inputAt += 1
        }
        // Anything but another member is refused by zlib as such.
        if inflateReset(stream) != Z_OK { fail("its packed data are damaged") }
    }

    private func checkEntry() {
        guard let entry else { return }
        guard outputSize == entry.size else {
            return fail(
                "\(entry.name) in the zip archive has \(outputSize) bytes of \(entry.size): the file was cut or damaged"
            )
        }
        if UInt32(truncatingIfNeeded: crc) != entry.crc {
            fail("\(entry.name) in the zip archive is damaged: its checksum is wrong")
        }
    }
}
