import Indicators
import SignalContracts
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
        var clock = TimeGate()

        mutating func record(_ logReturn: Double?, at step: Timestamp) {
            last = max(last ?? step, step)
            guard let logReturn else { return }
            let place = Self.place(step)
            times[place] = step
            values[place] = logReturn
        }

        func value(at time: Timestamp) -> Double? {
            let place = Self.place(time)
            return times[place] == time ? values[place] : nil
        }

        private static func place(_ time: Timestamp) -> Int {
            Int((time - time.floored(to: capacity * MidPriceGrid.stepMs)) / MidPriceGrid.stepMs)
        }
    }

    /// What is known from a multiple of five minutes on.
    private struct Reading {
        let time: Timestamp
        let value: Double?
        /// When the two were last together, and whether they have come apart since.
        let together: Timestamp?
        let isApart: Bool
    }

    private let configuration: RegimeConfiguration
    private var first = Returns()
    private var second = Returns()
    private var latest: Reading?
    private var previous: Reading?

    init(_ configuration: RegimeConfiguration) { self.configuration = configuration }

    /// A reading counts a while after its time: by then both returns have reached each worker, so that all say the same of
    /// the same moment.
    private func reading(at time: Timestamp) -> Reading? {
        latest.flatMap { time - $0.time >= configuration.correlationDelayMs ? $0 : previous }
    }

    /// The last correlation; nil once it is older than the ten minutes that it spans.
    func value(at time: Timestamp) -> Double? {
        reading(at: time).flatMap { time - $0.time <= Int64(Self.steps) * MidPriceGrid.stepMs ? $0.value : nil }
    }

    /// Whether the pair has come apart: the correlation is low, and was high no more than half an hour ago. Ends when it is
    /// no longer low, or with the half hour.
    func isRiskOff(at time: Timestamp) -> Bool {
        reading(at: time).map { $0.isApart && isRecent($0.together, at: time) } ?? false
    }

    /// Takes in what a contract has done; others than the two do not count.
    mutating func record(_ signal: RegimeSignal, of symbol: Symbol) {
        guard let references = configuration.references else { return }
        let step = signal.eventTime.floored(to: MidPriceGrid.stepMs)
        let isFirst = symbol == references.first, isSecond = symbol == references.second
        guard isFirst || isSecond else { return }
        switch isFirst ? first.clock.judge(.now(step)) : second.clock.judge(.now(step)) {
        case .goesOn: break
        case .doubtful: return
        case .beganAnew: self = PairCorrelation(configuration)
        }
        if isFirst { first.record(signal.return5s, at: step) }
        if isSecond { second.record(signal.return5s, at: step) }
        guard let one = first.last, let other = second.last else { return }
        let time = min(one, other).floored(to: Self.everyMs)
        if latest.map({ time > $0.time }) ?? true { take(at: time) }
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
        // What is not known ends nothing.
        var together = latest?.together, isApart = latest?.isApart ?? false
        if let value {
            if value > configuration.correlationHigh { together = time }
            isApart = value < configuration.correlationLow && isRecent(together, at: time)
        }
        previous = latest
        latest = Reading(time: time, value: value, together: together, isApart: isApart)
    }

    private func isRecent(_ moment: Timestamp?, at time: Timestamp) -> Bool {
        moment.map { time - $0 <= configuration.correlationMemoryMs } ?? false
    }
}
