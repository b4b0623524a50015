import CCurl

/// The body of an answer, as libcurl hands it over piece by piece.
final class CurlBody {
    private(set) var bytes: [UInt8] = []
    private let bytesMax: Int

    /// With more than `bytesMax` bytes the transfer fails.
    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Has a transfer write here. It does not keep this object alive.
    func collect(_ easy: UnsafeMutableRawPointer) {
        _ = ccurl_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
        _ = ccurl_set_writer(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, owner in
            guard let bytes, let owner else { return 0 }
            let body = Unmanaged<CurlBody>.fromOpaque(owner).takeUnretainedValue()
            guard body.bytes.count + size * count <= body.bytesMax else { return 0 }
            body.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
    }
}
