import TradingPrimitives

/// Frames that are written and not yet sent, by when they are due and then as they were written.
struct FramesUnderWay: Sendable {
    enum Subject: Sendable {
        case market(MarketStream)
        case user(account: Int, event: String, instrument: Int?)
    }

    private typealias Frame = (due: Timestamp, subject: Subject, bytes: [UInt8])

    private var frames: [Frame] = []
    /// Those before it are sent.
    private var start = 0

    var nextDue: Timestamp? { start < frames.count ? frames[start].due : nil }

    mutating func put(_ bytes: [UInt8], of subject: Subject, due: Timestamp) {
        var (low, high) = (start, frames.count)
        while low < high {
            let middle = (low + high) / 2
            if frames[middle].due <= due { low = middle + 1 } else { high = middle }
        }
        frames.insert((due, subject, bytes), at: low)
    }

    /// Takes the first one if its time has come.
    mutating func next(until now: Timestamp) -> (subject: Subject, bytes: [UInt8])? {
        guard start < frames.count, frames[start].due <= now else { return nil }
        let frame = frames[start]
        frames[start].bytes = []
        start += 1
        if start >= 256, start * 2 > frames.count {
            frames.removeFirst(start)
            start = 0
        }
        return (frame.subject, frame.bytes)
    }
}
