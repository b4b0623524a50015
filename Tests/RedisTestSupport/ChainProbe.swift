import Glibc
import ServiceKit
import SignalContracts
public import StreamBus

/// Microseconds from writing each of `count` entries to the stream `first` to reading its last form from `last`: one at
/// a time, with a pause of `pauseMs` after each.
public func measureChain(
    _ server: RedisServer, from first: String, to last: String, count: Int, pauseMs: Int = 2
) throws(RedisError) -> [Double] {
    let writer = try server.client()
    let reader = try server.client()
    let first = Array(first.utf8)
    var position = (try? reader.command("XINFO", "STREAM", last))?["last-generated-id"]?.text ?? "0-0"
    var latencies: [Double] = []
    var fields = Fields()
    var write = CommandBuffer()
    for number in 0..<count {
        let began = SystemClock.wallUs()
        fields.removeAll()
        fields.put("n", number)
        write.removeAll()
        write.xadd(first, id: StreamId(microseconds: began), fields)
        try writer.send(write)
        let reply = try reader.command("XREAD", "BLOCK", "5000", "STREAMS", last, position)
        latencies.append(Double(SystemClock.wallUs() - began))
        _ = try writer.receive()
        guard let entry = reply.elements.first?.elements.last?.elements.first?.elements.first?.text else {
            throw .unexpectedReply("nothing came through \(last)")
        }
        position = entry
        usleep(UInt32(pauseMs) * 1000)
    }
    return latencies
}

/// Quantiles of measured times, microseconds.
public struct Quantiles: CustomStringConvertible {
    public let count: Int
    public let p50, p99, p999, max: Int

    public init(_ values: [Double]) {
        let sorted = values.sorted()
        func quantile(_ share: Double) -> Int {
            sorted.isEmpty ? 0 : Int(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
        }
        count = values.count
        (p50, p99, p999, max) = (quantile(0.5), quantile(0.99), quantile(0.999), quantile(1))
    }

    public var description: String { "\(count) entries: p50 \(p50) µs, p99 \(p99) µs, p99.9 \(p999) µs, max \(max) µs" }
}
