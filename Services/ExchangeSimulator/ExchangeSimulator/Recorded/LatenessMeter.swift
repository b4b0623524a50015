import TradingPrimitives

/// Measures how late frames are: from recordings that have the time of receipt before each frame, or from frames as they come.
public struct LatenessMeter: Sendable {
    /// Frames of one event, milliseconds.
    public struct Row: Sendable {
        public let name: String
        public let count: Int
        /// At the shares of `Quantiles`; empty where frames do not tell it.
        public let publish: [Double]
        /// Beyond the shortest way that any frame took.
        public let transport: [Double]
        /// Share that came after a frame of another stream which was made later.
        public let overtaken: Double
    }

    private struct Seen: Sendable {
        var publish: [Double] = []
        var transport: [Double] = []
        var overtaken = 0
    }

    /// What is measured between the frames of one recording, whose machine has a clock of its own.
    private struct Run: Sendable {
        var beganMs: Double?
        var latest: (eventTime: Int64, stream: String) = (0, "")
        var lastOfStream: [String: Int64] = [:]
        var transports: [(name: String, ms: Double)] = []
    }

    public static var shares: [Double] { Quantiles.shares }

    /// What waited while a connection was opened is read in its first moments, milliseconds.
    private static let settlingMs = 3000.0

    private var seen: [String: Seen] = [:]
    private var run = Run()
    /// Frames that were made before the one that came ahead of them on the same stream.
    public private(set) var disorders = 0

    public init() {}

    /// What follows is another recording.
    public mutating func startRecording() {
        let least = run.transports.lazy.map(\.ms).min() ?? 0
        for (name, ms) in run.transports { seen[name]?.transport.append(ms - least) }
        run = Run()
    }

    /// Takes a line of a recording, `<receipt> {frame}` with the receipt in seconds or in whole nanoseconds. Others are passed over.
    public mutating func take(_ line: UnsafeRawBufferPointer) {
        guard let start = line.firstIndex(of: UInt8(ascii: "{")),
            let receipt = Double(
                String(
                    decoding: line[..<start].prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ":") },
                    as: UTF8.self)
            ), receipt > 0
        else { return }
        take(
            UnsafeRawBufferPointer(rebasing: line[start...]), receivedMs: receipt < 1e11 ? receipt * 1e3 : receipt / 1e6
        )
    }

    /// Takes a frame of a combined stream.
    public mutating func take(_ frame: UnsafeRawBufferPointer, receivedMs: Double) {
        var scanner = ByteScanner(frame)
        var heard = HeardFrame()
        guard heard.read(&scanner), heard.eventTime > 0, !heard.event.isEmpty else { return }
        let began = run.beganMs ?? receivedMs
        run.beganMs = began
        if receivedMs - began < Self.settlingMs { return }
        let name = heard.isClosed ? heard.event + " close" : heard.event
        let happened = heard.isClosed ? heard.endTime + 1 : heard.event == "markPriceUpdate" ? 0 : heard.time
        var one = seen[name] ?? Seen()
        if happened > 0 { one.publish.append(Double(heard.eventTime) - Double(happened)) }
        if heard.eventTime < run.latest.eventTime, heard.stream != run.latest.stream { one.overtaken += 1 }
        seen[name] = one
        run.transports.append((name, receivedMs - Double(heard.eventTime)))
        if heard.eventTime < run.lastOfStream[heard.stream] ?? 0 { disorders += 1 }
        run.lastOfStream[heard.stream] = heard.eventTime
        if heard.eventTime > run.latest.eventTime { run.latest = (heard.eventTime, heard.stream) }
    }

    /// One row for each event, by name.
    public mutating func report() -> [Row] {
        startRecording()
        return seen.sorted { $0.key < $1.key }.map { name, one in
            Row(
                name: name, count: one.transport.count, publish: Self.quantiles(one.publish),
                transport: Self.quantiles(one.transport),
                overtaken: Double(one.overtaken) / Double(max(one.transport.count, 1)))
        }
    }

    private static func quantiles(_ values: [Double]) -> [Double] {
        let sorted = values.sorted()
        if sorted.isEmpty { return [] }
        return shares.map { sorted[Int(($0 * Double(sorted.count - 1)).rounded())] }
    }
}

/// The members of a frame that tell when it was made, and of what.
private struct HeardFrame {
    var stream = ""
    var event = ""
    var eventTime: Int64 = 0
    var time: Int64 = 0
    var endTime: Int64 = 0
    var isClosed = false

    mutating func read(_ scanner: inout ByteScanner, depth: Int = 0) -> Bool {
        scanner.members { scanner, key in
            if scanner.equals(key, "stream") { return set(&stream, scanner.string().map(scanner.text)) }
            if depth == 0, scanner.equals(key, "data") { return read(&scanner, depth: 1) }
            if depth < 2, event == "forceOrder", scanner.equals(key, "o") { return read(&scanner, depth: 2) }
            if scanner.equals(key, "e") { return set(&event, scanner.string().map(scanner.text)) }
            if scanner.equals(key, "E") { return set(&eventTime, scanner.integer()) }
            if scanner.equals(key, "T") { return set(&time, scanner.integer()) }
            if scanner.equals(key, "k") {
                return scanner.members { scanner, key in
                    if scanner.equals(key, "T") { return set(&endTime, scanner.integer()) }
                    if scanner.equals(key, "x") { return set(&isClosed, scanner.bool()) }
                    return scanner.skipValue()
                }
            }
            return scanner.skipValue()
        }
    }

    private func set<Value>(_ member: inout Value, _ value: Value?) -> Bool {
        guard let value else { return false }
        member = value
        return true
    }
}
