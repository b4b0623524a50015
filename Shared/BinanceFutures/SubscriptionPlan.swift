import ServiceKit

/// Which streams of one connection are asked for in which message.
///
/// The venue refuses a message as a whole because of one bad name in it. Such a message is taken apart until the bad names stand
/// alone: they cost themselves, the others live.
struct SubscriptionPlan {
    /// Streams in one message.
    static let streamsPerMessage = 100

    private var waiting: [[String]]
    private var asked: [(id: Int, streams: [String])] = []
    /// Names that were refused alone.
    private(set) var refused: [String] = []

    /// `doubtful` ones, which were refused before, are asked for last and one by one: what they were is not for ever.
    init(_ streams: [String], doubtful: [String] = []) {
        let good = streams.filter { !doubtful.contains($0) }
        waiting = stride(from: 0, to: good.count, by: Self.streamsPerMessage).map { start in
            Array(good[start..<min(good.count, start + Self.streamsPerMessage)])
        }
        waiting += streams.filter(doubtful.contains).map { [$0] }
    }

    /// Whether all has been asked for and answered.
    var isSettled: Bool { waiting.isEmpty && asked.isEmpty }
    var hasNext: Bool { !waiting.isEmpty }

    /// The next message; nil when nothing is left to ask for.
    mutating func next(id: Int) -> String? {
        guard !waiting.isEmpty else { return nil }
        let streams = waiting.removeFirst()
        asked.append((id, streams))
        var names: [UInt8] = []
        for name in streams {
            if !names.isEmpty { names.append(UInt8(ascii: ",")) }
            // Whatever a contract is called: a name must not end the message.
            appendJSON(name, to: &names)
        }
        return "{\"method\":\"SUBSCRIBE\",\"params\":[\(String(decoding: names, as: UTF8.self))],\"id\":\(id)}"
    }

    /// Takes in an answer; without a number it is to the first message that has none. Gives the name that was refused, if the message
    /// held no other.
    mutating func answered(id: Int?, isError: Bool) -> String? {
        guard let place = id.map({ id in asked.firstIndex { $0.id == id } }) ?? asked.indices.first else { return nil }
        let streams = asked.remove(at: place).streams
        guard isError else {
            refused.removeAll { streams.contains($0) }
            return nil
        }
        guard streams.count > 1 else {
            let name = streams[0]
            if !refused.contains(name) { refused.append(name) }
            return name
        }
        let middle = streams.count / 2
        waiting.insert(contentsOf: [Array(streams[..<middle]), Array(streams[middle...])], at: 0)
        return nil
    }

    /// Asks once more for names that were refused.
    mutating func askAgain(_ names: [String]) {
        for name in names where refused.contains(name) && !waiting.contains([name]) { waiting.append([name]) }
    }
}
