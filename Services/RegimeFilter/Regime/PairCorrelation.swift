import Indicators
import TradingPrimitives

/// The correlation of two contracts' 5 s returns over ten minutes, taken every five minutes; and whether they have come
/// apart.
struct PairCorrelation {
    private static let everyMs: Int64 = 300_000
    private static let steps = 120

    /// Returns of the last twenty minutes by their place on the five-second grid.
    private struct Returns {
        private static let capacity: Int64 = 240
        private var times = ContiguousArray(repeating: Timestamp(milliseconds: .min), count: Int(capacity))
        private var values = ContiguousArray(repeating: 0.0, count: Int(capacity))
        private(set) var last: Timestamp?

        mutating func record(_ step: MidPriceGrid.Step) {
            last = step.time
            guard let value = step.logReturn else { return }
            let place = Self.place(step.time)
            times[place] = step.time
            values[place] = value
        }

        func value(at time: Timestamp) -> Double? {
            let place = Self.place(time)
            return times[place] == time ? values[place] : nil
        }

        private static func place(_ time: Timestamp) -> Int {
            Int((time - time.floored(to: capacity * MidPriceGrid.stepMs)) / MidPriceGrid.stepMs)
        }
    }

    private let configuration: RegimeConfiguration
    private var first = Returns()
    private var second = Returns()
    private var taken: (time: Timestamp, value: Double?)?
    private var togetherUntil: Timestamp?
    private var isApart = false

    init(_ configuration: RegimeConfiguration) { self.configuration = configuration }

    /// The last correlation; nil once it is older than the ten minutes that it spans.
    func value(at time: Timestamp) -> Double? {
        taken.flatMap { time - $0.time <= Int64(Self.steps) * MidPriceGrid.stepMs ? $0.value : nil }
    }

    /// Whether the pair has come apart: the correlation is low, and was high no more than half an hour ago. Ends when it is
    /// no longer low, or with the half hour.
    func isRiskOff(at time: Timestamp) -> Bool { isApart && wasTogether(at: time) }

    /// Takes in what a contract has done; others than the two do not count.
    mutating func record(_ step: MidPriceGrid.Step, of symbol: Symbol) {
        guard let references = configuration.references else { return }
        if symbol == references.first {
            first.record(step)
        } else if symbol == references.second {
            second.record(step)
        } else {
            return
        }
        guard let one = first.last, let other = second.last else { return }
        let time = min(one, other).floored(to: Self.everyMs)
        if taken.map({ time > $0.time }) ?? true { take(at: time) }
    }

    private mutating func take(at time: Timestamp) {
        var correlation = PearsonCorrelation(), pairs = 0
        for age in stride(from: Self.steps - 1, through: 0, by: -1) {
            let step = time - Int64(age) * MidPriceGrid.stepMs
            guard let one = first.value(at: step), let other = second.value(at: step) else { continue }
            correlation.add(one, other)
            pairs += 1
        }
        let value = pairs >= configuration.correlationPairsMin ? correlation.value : nil
        taken = (time, value)
        // What is not known does not end it.
        guard let value else { return }
        if value > configuration.correlationHigh { togetherUntil = time }
        isApart = value < configuration.correlationLow && wasTogether(at: time)
    }

    private func wasTogether(at time: Timestamp) -> Bool {
        togetherUntil.map { time - $0 <= configuration.correlationMemoryMs } ?? false
    }
}
