import Glibc
import RedisTestSupport
import ServiceKit

/// Microseconds that the disk takes for each of `count` syncs of as much as the executor writes before an order leaves,
/// into a file laid out ahead, one every `pauseMs`; empty when there is no such file. A virtual disk may allow only so
/// many syncs a second: the pace of the orders tells what they have to expect.
func measureSyncs(in folder: String, count: Int, pauseMs: UInt32) -> [Double] {
    let path = folder + "/disk-floor"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return [] }
    defer {
        close(descriptor)
        removeFile(path)
    }
    let record = [UInt8](repeating: 1, count: 1800)
    let room = [UInt8](repeating: 0, count: record.count * count)
    guard pwrite(descriptor, room, room.count, 0) == room.count, fsync(descriptor) == 0 else { return [] }
    return (0..<count).map { number in
        usleep(pauseMs * 1000)
        let began = SystemClock.monotonicUs()
        _ = pwrite(descriptor, record, record.count, off_t(number * record.count))
        _ = fdatasync(descriptor)
        return Double(SystemClock.monotonicUs() - began)
    }
}
