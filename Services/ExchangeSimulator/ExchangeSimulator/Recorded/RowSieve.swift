public import TradingPrimitives

/// Where a row stands in its story.
struct RowMark {
    var line: Int
    /// Rises by one from row to row; nil where rows have none.
    var id: Int64?
    var time: Timestamp
    var price: Price?

    func isSame(as other: RowMark) -> Bool { id == other.id && time == other.time && price == other.price }
}

/// Lets rows through that go on from one another. What was there before, goes back, or is far from what stands around it in
/// time or price is left out and told; a leap that the next rows confirm is told and let through.
struct RowSieve<Row> {
    /// How many rows must agree before a leap counts as one.
    static var confirmations: Int { 5 }
    /// A leap above this is none: nobody waits a day for a market, and one that halves between two trades is another one.
    static var gapMaxMs: Int64 { 86_400_000 }
    static var priceRatioMax: Double { 2 }

    private struct Held {
        let mark: RowMark
        let text: String
        let row: Row
    }

    private let times: RecordedTimes
    /// The next row comes within this time; beyond a sixtieth of it it must be confirmed, so that one row of a later time does
    /// not put all others into its past.
    private let leapMs: Int64
    /// Times of one row may be so much before those of the row before.
    private let disorderMs: Int64
    /// Rows wait until they are confirmed; else those that wait are lost, and what comes is not kept back.
    private let waits: Bool
    private var last: RowMark?
    private var held: [Held] = []
    private var seen = IdRanges()
    var report = RecordingReport()

    init(_ times: RecordedTimes, leapMs: Int64 = 3_600_000, disorderMs: Int64 = 1000, waits: Bool = true) {
        (self.times, self.leapMs, self.disorderMs, self.waits) = (times, leapMs, disorderMs, waits)
    }

    /// Of the row that was let through last.
    var lastPrice: Price? { last?.price }

    mutating func take(_ row: Row, _ mark: RowMark, _ line: UnsafeRawBufferPointer, _ emit: (Row) -> Void) {
        guard times.contains(mark.time) else {
            let expected = "expected \(RecordedTimes.earliest) to \(times.latest)"
            return report.skip(mark.line, RecordingTrouble.excerpt(line), "its time is \(mark.time), \(expected)")
        }
        if let id = mark.id, seen.contains(id) {
            report.doubled += 1
            return
        }
        if let last, strangeness(mark, after: last) == nil, !waits || mark.time - last.time <= leapMs / 60 {
            dropHeld()
            return letThrough(row, mark, emit)
        }
        if last == nil, !waits { return letThrough(row, mark, emit) }
        if let before = held.last?.mark, mark.id != nil, before.isSame(as: mark) {
            report.doubled += 1
            return
        }
        if let before = held.last?.mark, let why = strangeness(mark, after: before) { dropHeld("the next: " + why) }
        held.append(Held(mark: mark, text: RecordingTrouble.excerpt(line), row: row))
        if held.count >= Self.confirmations { confirm(emit) }
    }

    /// To be called after the last row.
    mutating func finish(_ emit: (Row) -> Void) {
        let isStrange = held.first.flatMap { first in last.flatMap { strangeness(first.mark, after: $0) } } != nil
        if isStrange { dropHeld() } else { confirm(emit) }
    }

    /// Why a row does not go on from another; nil when it does.
    private func strangeness(_ mark: RowMark, after other: RowMark) -> String? {
        if mark.time < other.time - disorderMs { return "it goes back from \(other.time) to \(mark.time)" }
        if let id = mark.id, let before = other.id, id <= before { return "its id goes back from \(before) to \(id)" }
        if mark.time - other.time > leapMs {
            return "it leaps from \(other.time) to \(mark.time), expected the next within \(leapMs / 60_000) minutes"
        }
        if let price = mark.price, let before = other.price, !price.joins(before) {
            return "its price leaps from \(before) to \(price)"
        }
        return nil
    }

    private mutating func letThrough(_ row: Row, _ mark: RowMark, _ emit: (Row) -> Void) {
        if let id = mark.id {
            if let before = last?.id, id > before + 1 {
                report.gaps += 1
                report.missing += id - before - 1
            }
            seen.insert(id)
            report.firstId = report.firstId ?? id
            report.lastId = id
        }
        let before = last?.time ?? mark.time
        last = mark
        last?.time = max(before, mark.time)
        report.rows += 1
        report.first = report.first ?? mark.time
        report.last = last?.time
        report.firstPrice = report.firstPrice ?? mark.price
        report.lastPrice = mark.price
        emit(row)
    }

    /// `next`: why they do not go on to what came then; said where nothing was let through yet.
    private mutating func dropHeld(_ next: String = "it stands alone") {
        for one in held {
            let why = last.flatMap { strangeness(one.mark, after: $0) } ?? next
            report.skip(one.mark.line, one.text, why)
        }
        held.removeAll(keepingCapacity: true)
    }

    private mutating func confirm(_ emit: (Row) -> Void) {
        guard let first = held.first else { return }
        if let last, let why = strangeness(first.mark, after: last) {
            // Time never goes back: what comes too late is left out, however much of it there is.
            if first.mark.time < last.time - disorderMs || (first.mark.id ?? .max) <= (last.id ?? .min) {
                return dropHeld()
            }
            report.leaps += 1
            report.tell(first.mark.line, first.text, why + ", and goes on from there")
            let isOtherMarket = first.mark.price.flatMap { price in last.price.map { price.ratio(to: $0) } } ?? 1
            if first.mark.time - last.time > max(Self.gapMaxMs, leapMs) || isOtherMarket > Self.priceRatioMax {
                report.refuse(first.mark.line, first.text, why + ", and goes on from there")
            }
        }
        let confirmed = held
        held.removeAll(keepingCapacity: true)
        for (index, one) in confirmed.enumerated() {
            if waits || index == confirmed.count - 1 {
                letThrough(one.row, one.mark, emit)
            } else {
                report.skip(one.mark.line, one.text, "it leaps, and was not yet confirmed by what came next")
            }
        }
    }
}

extension Price {
    /// How many times the greater of the two is the lesser.
    func ratio(to other: Price) -> Double {
        max(self, other).double / max(min(self, other), Price(raw: 1)).double
    }

    /// Whether a market may go from the other price to this one in one step; more must be confirmed by what follows.
    public func joins(_ other: Price) -> Bool { ratio(to: other) <= 1.1 }
}

/// Ids that were seen, as ranges without a gap: they rise, so that there are few.
private struct IdRanges {
    private var ranges: [ClosedRange<Int64>] = []

    /// `id` is above all that were inserted before.
    mutating func insert(_ id: Int64) {
        if let last = ranges.last, last.upperBound == id - 1 {
            ranges[ranges.count - 1] = last.lowerBound...id
        } else {
            ranges.append(id...id)
        }
    }

    func contains(_ id: Int64) -> Bool {
        guard let last = ranges.last, id <= last.upperBound else { return false }
        var (low, high) = (0, ranges.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < id { low = middle + 1 } else { high = middle }
        }
        return ranges[low].contains(id)
    }
}
