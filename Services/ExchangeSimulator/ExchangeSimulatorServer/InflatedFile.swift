import CZlib
import Glibc

/// Bytes of a file after decompression, piece by piece: plain, gzip, or the first member of a zip archive.
final class InflatedFile {
    private static let pieceSize = 256 << 10

    private let file: Int32
    /// On the heap, because zlib remembers its address. Nil for a file that is not compressed.
    private var inflater: UnsafeMutablePointer<z_stream>?
    private let input = UnsafeMutablePointer<UInt8>.allocate(capacity: InflatedFile.pieceSize)
    private var inputSize = 0
    private var inputAt = 0

    /// Nil when the file can't be opened.
    init?(_ path: String) {
        file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        refill()
        let head = (0..<30).map { $0 < inputSize ? Int(input[$0]) : 0 }
        if head[0] == 0x1F, head[1] == 0x8B {
            startInflating(windowBits: 31)
        } else if head.starts(with: [0x50, 0x4B, 3, 4]) {
            // Local file header: method at 8, lengths of the name and of the extra field at 26 and 28.
            inputAt = min(30 + head[26] + head[27] << 8 + head[28] + head[29] << 8, inputSize)
            if head[8] == 8 { startInflating(windowBits: -15) }
        }
    }

    deinit {
        stopInflating()
        input.deallocate()
        if file >= 0 { close(file) }
    }

    private func startInflating(windowBits: Int32) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        inflater = stream
        if czlib_inflate_init(stream, windowBits) != Z_OK { stopInflating() }
    }

    private func stopInflating() {
        guard let stream = inflater else { return }
        inflateEnd(stream)
        stream.deallocate()
        inflater = nil
    }

    private func refill() {
        inputAt = 0
        inputSize = max(0, Glibc.read(file, input, Self.pieceSize))
    }

    /// Appends the next piece; false at the end of the data or where they are damaged.
    func read(into bytes: inout [UInt8]) -> Bool {
        if inputAt == inputSize { refill() }
        guard inputSize > 0 else { return false }
        guard let stream = inflater else {
            bytes.append(contentsOf: UnsafeBufferPointer(start: input + inputAt, count: inputSize - inputAt))
            inputAt = inputSize
            return true
        }
        var result = Z_OK
        let before = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Self.pieceSize))
        bytes.withUnsafeMutableBytes { output in
            stream.pointee.next_in = input + inputAt
            stream.pointee.avail_in = UInt32(inputSize - inputAt)
            stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress.map { $0 + before }
            stream.pointee.avail_out = UInt32(Self.pieceSize)
            result = inflate(stream, Z_NO_FLUSH)
            inputAt = inputSize - Int(stream.pointee.avail_in)
        }
        bytes.removeLast(Int(stream.pointee.avail_out))
        if result == Z_STREAM_END {
            // A gzip file may have further members; a zip archive's other files are not read.
            let isMember = inputSize - inputAt >= 2 && input[inputAt] == 0x1F && input[inputAt + 1] == 0x8B
            if !isMember || inflateReset(stream) != Z_OK {
                inputAt = inputSize
                stopInflating()
                inputSize = 0
                lseek(file, 0, SEEK_END)
            }
            return bytes.count > before
        }
        return result == Z_OK || (result == Z_BUF_ERROR && inputAt == inputSize)
    }
}
