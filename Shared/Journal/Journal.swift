internal import CLinux
internal import CZlib
internal import Glibc

/// An append-only file of records that survives a crash at any moment.
///
/// The records between two syncs are one frame: after a crash all of them are there, or none. A frame is its length, a
/// CRC-32 and the sequence number of its last record, then the payload. What `append` took is on the disk once `sync`
/// returned. The file is laid out ahead in zeros, so that a sync writes data only. A frame that a crash tore at the end is
/// dropped on opening; a damaged frame with good ones behind it stops the start, since what followed from it is not
/// known.
public struct Journal: ~Copyable {
    static let headerSize = 16
    /// Set in the length of a frame of several records: each then has its own length before it.
    static let severalFlag: UInt32 = 1 << 31
    /// Joins the sum of such a frame, so that the flag is under its protection too.
    static let severalSum: UInt32 = 0x5EAF_7A6E
    /// Bytes laid out at a time.
    public static let growth = 1 << 20
    /// Longest record, and longest frame. What one sync holds is one frame, so that a crash leaves all of it or nothing; only a
    /// disk that has failed for long lets more than this wait.
    public static let payloadMax = 64 << 20

    public private(set) var path: String
    private let descriptor: Int32
    private let growth: Int
    private var end: Int
    private var laidOut: Int
    /// Frames that wait for a sync.
    private var buffer: [UInt8] = []
    /// Where in the buffer the frame begins that takes more records.
    private var openStart = 0
    /// Records of that frame, each behind its length.
    private var open: [UInt8] = []
    private var openCount = 0
    private var isOpenInBuffer = true
    /// Bytes of the buffer that the system has, though perhaps not the disk.
    private var writtenCount = 0
    /// Sequence number of the last record; the first has 1.
    public private(set) var sequence: UInt64

    /// Opens or makes the file and gives every whole record to `body`, oldest first. In an empty file the first record
    /// gets the number behind `previous`.
    public init(
        path: String, after previous: UInt64 = 0, growth: Int = growth,
        _ body: (_ sequence: UInt64, _ payload: ArraySlice<UInt8>) -> Void
    ) throws(JournalError) {
        let descriptor = try Self.openLocked(path)
        do throws(JournalError) {
            // The file's name, too, must outlive a power loss.
            try Self.syncFolder(of: path)
            let bytes = try Self.readAll(descriptor, path)
            let scan = try JournalScan(bytes, path: path)
            for record in scan.records { body(record.sequence, bytes[record.payload]) }
            // A torn frame must not be read again behind a new, shorter one.
            guard ftruncate(descriptor, off_t(scan.end)) == 0 else { throw .io(path: path, "can't be cut", errno) }
            laidOut = try Self.layOut(descriptor, path, from: scan.end, through: scan.end + 1, growth)
            end = scan.end
            sequence = scan.records.last?.sequence ?? previous
        } catch {
            flock(descriptor, LOCK_UN)
            close(descriptor)
            throw error
        }
        self.path = path
        self.growth = growth
        self.descriptor = descriptor
    }

    /// The lock is given up, not only let go with the descriptor: a process that is just being started holds a copy of it for
    /// a moment, and with it the lock.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Opens the file that stands under the name and locks it. While this waits for the lock another process may put a compact
    /// journal in the file's place: then the lock is that of a file which nobody will find again, and the new one is tried.
    private static func openLocked(_ path: String) throws(JournalError) -> Int32 {
        while true {
            let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw .io(path: path, "can't be opened", errno) }
            if let code = lock(descriptor) {
                close(descriptor)
                throw code == EWOULDBLOCK ? .inUse(path: path) : .io(path: path, "can't be locked", code)
            }
            if isStill(descriptor, under: path) { return descriptor }
            flock(descriptor, LOCK_UN)
            close(descriptor)
        }
    }

    private static func isStill(_ descriptor: Int32, under path: String) -> Bool {
        var opened = stat(), named = stat()
        return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev
            && opened.st_ino == named.st_ino
    }

    private static func syncFolder(of path: String) throws(JournalError) {
        let end = path.lastIndex(of: "/")
        let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .io(path: folder, "can't be opened", errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .io(path: folder, "can't be synced", errno) }
    }

    /// Nil once it is ours; the error otherwise. A process that is just being started holds its parent's locks for a moment,
    /// so one try is not enough.
    private static func lock(_ descriptor: Int32) -> Int32? {
        for attempt in 0..<10 {
            if attempt > 0 { usleep(20_000) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return nil }
            if errno != EWOULDBLOCK, errno != EINTR { break }
        }
        return errno
    }

    /// What a journal holds.
    public struct Report: Equatable, Sendable {
        public let recordCount: Int
        /// Of the last record.
        public let sequence: UInt64
        public let byteCount: Int
        /// Behind the last whole frame: the next opening drops them.
        public let tornBytes: Int
    }

    /// Reads every record, without a lock: also of a journal in use, whose last frame may just be being written.
    public static func verify(path: String) throws(JournalError) -> Report {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .io(path: path, "can't be opened", errno) }
        defer { close(descriptor) }
        let bytes = try readAll(descriptor, path)
        let scan = try JournalScan(bytes, path: path)
        let torn = bytes[scan.end...].lastIndex { $0 != 0 }.map { $0 + 1 - scan.end } ?? 0
        return Report(
            recordCount: scan.records.count, sequence: scan.records.last?.sequence ?? 0, byteCount: scan.end,
            tornBytes: torn)
    }

    /// Bytes of all records.
    public var byteCount: Int { end }

    /// Whether records wait for a sync.
    public var hasUnsynced: Bool { openCount > 0 || !buffer.isEmpty }

    /// Puts a journal that holds only `payloads` in the place of this one, in one step that a crash can't split. Numbers go on.
    /// After an error this one goes on as if nothing had been tried. Nothing may wait for a sync.
    public mutating func replace(by payloads: [[UInt8]]) throws(JournalError) {
        precondition(!hasUnsynced, "what waits for a sync would be lost")
        let fresh = path + ".new"
        unlink(fresh)
        var made = try Journal(path: fresh, after: sequence, growth: growth) { _, _ in }
        made.path = path
        for payload in payloads { made.append(payload) }
        do throws(JournalError) {
            try made.sync()
            guard rename(fresh, path) == 0 else { throw .io(path: path, "can't be replaced", errno) }
        } catch {
            unlink(fresh)
            throw error
        }
        self = made
        try Self.syncFolder(of: path)
    }

    /// Adds a record to those that the next `sync` makes durable. Returns its sequence number.
    @discardableResult
    public mutating func append(_ payload: [UInt8]) -> UInt64 {
        precondition(payload.count <= Self.payloadMax, "a journal record has at most \(Self.payloadMax) bytes")
        if open.count + payload.count + 4 > Self.payloadMax { closeFrame() }
        sequence += 1
        openCount += 1
        withUnsafeBytes(of: UInt32(payload.count).littleEndian) { open.append(contentsOf: $0) }
        open += payload
        isOpenInBuffer = false
        return sequence
    }

    /// Begins another frame with the next record.
    private mutating func closeFrame() {
        putOpenFrame()
        openStart = buffer.count
        open.removeAll(keepingCapacity: true)
        openCount = 0
    }

    /// Puts the open frame into the buffer as it is now.
    private mutating func putOpenFrame() {
        guard !isOpenInBuffer else { return }
        isOpenInBuffer = true
        buffer.removeSubrange(openStart...)
        writtenCount = min(writtenCount, openStart)
        let isSeveral = openCount > 1
        let payload = isSeveral ? open[...] : open[4...]
        let length = UInt32(payload.count) | (isSeveral ? Self.severalFlag : 0)
        withUnsafeBytes(of: length.littleEndian) { buffer.append(contentsOf: $0) }
        let sumPlace = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: 4))
        withUnsafeBytes(of: sequence.littleEndian) { buffer.append(contentsOf: $0) }
        buffer += payload
        // The sum is of the sequence number and the payload.
        let sum = checksum(buffer[(sumPlace + 4)...]) ^ (isSeveral ? Self.severalSum : 0)
        withUnsafeBytes(of: sum.littleEndian) { buffer.replaceSubrange(sumPlace..<sumPlace + 4, with: $0) }
    }

    /// Lets the disk begin with the records appended since the last `sync`, and does not wait for it: what takes time in
    /// any case can be done before `sync`. An error shows in `sync`.
    public mutating func begin() {
        do throws(JournalError) { try writeBuffer() } catch { return }
        _ = clinux_start_writing(descriptor, off_t(end), off_t(writtenCount))
    }

    /// Writes the records appended since the last call as one, and waits for the disk. After an error none of them counts,
    /// and they are tried again with the next call.
    public mutating func sync() throws(JournalError) {
        try writeBuffer()
        guard fdatasync(descriptor) == 0 else {
            // The system may hold as clean what never came to the disk: it must be written again.
            writtenCount = 0
            throw .io(path: path, "can't be synced", errno)
        }
        end += buffer.count
        writtenCount = 0
        buffer.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        (openStart, openCount, isOpenInBuffer) = (0, 0, true)
    }

    private mutating func writeBuffer() throws(JournalError) {
        putOpenFrame()
        guard writtenCount < buffer.count else { return }
        laidOut = try Self.layOut(descriptor, path, from: laidOut, through: end + buffer.count, growth)
        try Self.write(buffer, to: descriptor, at: end, path)
        writtenCount = buffer.count
    }

    /// Returns the new end of what is laid out.
    private static func layOut(
        _ descriptor: Int32, _ path: String, from start: Int, through offset: Int, _ growth: Int
    ) throws(JournalError) -> Int {
        guard offset > start else { return start }
        let target = (offset / growth + 1) * growth
        try write([UInt8](repeating: 0, count: target - start), to: descriptor, at: start, path)
        guard fsync(descriptor) == 0 else { throw .io(path: path, "can't be synced", errno) }
        return target
    }

    private static func write(
        _ bytes: [UInt8], to descriptor: Int32, at offset: Int, _ path: String
    ) throws(JournalError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(
                    descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written, off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .io(path: path, "can't be written", errno) }
            written += count
        }
    }

    private static func readAll(_ descriptor: Int32, _ path: String) throws(JournalError) -> [UInt8] {
        let size = lseek(descriptor, 0, SEEK_END)
        guard size >= 0 else { throw .io(path: path, "can't be read", errno) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .io(path: path, "can't be read", errno) }
            done += count
        }
        return bytes
    }
}

func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(crc32(0, $0.baseAddress, UInt32($0.count))) }
}

/// Why a journal can't be used.
public enum JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    case io(path: String, String, Int32)
    /// Another process has it open.
    case inUse(path: String)
    /// A frame in the middle is damaged.
    case damaged(path: String, offset: Int)

    public var description: String {
        switch self {
        case .io(let path, let what, let code): "journal \(path) \(what): \(String(cString: strerror(code)))"
        case .inUse(let path): "journal \(path) is in use by another process: stop that one first"
        case .damaged(let path, let offset):
            "journal \(path) is damaged at byte \(offset), with good records behind it: check the venue by hand, then "
                + "move the file away"
        }
    }
}
