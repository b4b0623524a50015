import TradingPrimitives

/// Events that a source has made together, and that are taken one by one.
struct EventQueue: Sendable {
    private var events: [MarketEvent] = []
    private var start = 0

    var isEmpty: Bool { start >= events.count }
    var nextTime: Timestamp? { isEmpty ? nil : events[start].time }

    mutating func next() -> MarketEvent? {
        guard !isEmpty else { return nil }
        start += 1
        return events[start - 1]
    }

    mutating func append(_ event: MarketEvent) {
        forgetTaken()
        events.append(event)
    }

    mutating func append(_ more: [MarketEvent]) {
        forgetTaken()
        events += more
    }

    /// What waits, which then waits no more.
    mutating func takeAll() -> [MarketEvent] {
        defer { start = events.count }
        return Array(events[start...])
    }

    private mutating func forgetTaken() {
        guard start > 0, isEmpty else { return }
        events.removeAll(keepingCapacity: true)
        start = 0
    }
}
