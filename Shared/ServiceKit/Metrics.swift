/// The numbers that a service shows to Prometheus. All names begin with `vortex7_`.
///
/// A metric is made once, at the start, and kept by who counts with it; who asks for the same one again, gets the same.
public final class Metrics {
    /// A number that only grows. Its name ends with `_total`.
    public final class Counter {
        public fileprivate(set) var value: Int64 = 0
        public func add(_ amount: Int64 = 1) { value += amount }
    }

    /// A number that goes up and down.
    public final class Gauge {
        public fileprivate(set) var value = 0.0
        public func set(_ value: Double) { self.value = value }
    }

    /// How often a value fell into each of fixed ranges.
    public final class Histogram {
        fileprivate let bounds: [Double]
        fileprivate var counts: [Int64]
        fileprivate var sum = 0.0

        fileprivate init(_ bounds: [Double]) {
            self.bounds = bounds
            counts = Array(repeating: 0, count: bounds.count + 1)
        }

        public func observe(_ value: Double) {
            sum += value
            var index = 0
            while index < bounds.count, value > bounds[index] { index += 1 }
            counts[index] += 1
        }

        public var count: Int64 { counts.reduce(0, +) }
    }

    /// Seconds: 50 µs to 10 s.
    public static let latencyBounds = [
        0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private enum Value {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        case computed(type: String, () -> Double)

        var type: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .computed(let type, _): type
            case .histogram: "histogram"
            }
        }
    }

    private struct Family {
        let name: String
        let help: String
        var members: [(labels: String, value: Value)]
    }

    public static let prefix = "vortex7_"
    private var families: [Family] = []

    public init() {}

    public func counter(_ name: String, help: String, labels: [(String, String)] = []) -> Counter {
        if case .counter(let counter)? = member(name, labels) { return counter }
        let counter = Counter()
        add(name, help, labels, .counter(counter))
        return counter
    }

    public func gauge(_ name: String, help: String, labels: [(String, String)] = []) -> Gauge {
        if case .gauge(let gauge)? = member(name, labels) { return gauge }
        let gauge = Gauge()
        add(name, help, labels, .gauge(gauge))
        return gauge
    }

    /// A gauge whose value is asked for when the metrics are read.
    public func gauge(
        _ name: String, help: String, labels: [(String, String)] = [], value: @escaping () -> Double
    ) {
        add(name, help, labels, .computed(type: "gauge", value))
    }

    /// The same for a number that only grows.
    public func counter(
        _ name: String, help: String, labels: [(String, String)] = [], value: @escaping () -> Double
    ) {
        add(name, help, labels, .computed(type: "counter", value))
    }

    public func histogram(
        _ name: String, help: String, labels: [(String, String)] = [], bounds: [Double] = Metrics.latencyBounds
    ) -> Histogram {
        if case .histogram(let histogram)? = member(name, labels) { return histogram }
        let histogram = Histogram(bounds)
        add(name, help, labels, .histogram(histogram))
        return histogram
    }

    private func add(_ name: String, _ help: String, _ labels: [(String, String)], _ value: Value) {
        precondition(!name.hasPrefix(Self.prefix), "the prefix is added here")
        let text = Self.text(labels)
        guard let index = families.firstIndex(where: { $0.name == name }) else {
            return families.append(Family(name: name, help: help, members: [(text, value)]))
        }
        families[index].members.removeAll { $0.labels == text }
        families[index].members.append((text, value))
    }

    private func member(_ name: String, _ labels: [(String, String)]) -> Value? {
        let text = Self.text(labels)
        return families.first { $0.name == name }?.members.first { $0.labels == text }?.value
    }

    private static func text(_ labels: [(String, String)]) -> String {
        labels.map { label in
            var quoted: [UInt8] = []
            appendJSON(label.1, to: &quoted)
            return "\(label.0)=\(String(decoding: quoted, as: UTF8.self))"
        }.joined(separator: ",")
    }

    /// All metrics in Prometheus' text format.
    public var text: String {
        var text = ""
        for family in families {
            let name = Self.prefix + family.name
            text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.members[0].value.type)\n"
            for member in family.members { write(name, member.labels, member.value, into: &text) }
        }
        return text
    }

    private func write(_ name: String, _ labels: String, _ value: Value, into text: inout String) {
        let suffix = labels.isEmpty ? "" : "{\(labels)}"
        switch value {
        case .counter(let counter): text += "\(name)\(suffix) \(counter.value)\n"
        case .gauge(let gauge): text += "\(name)\(suffix) \(gauge.value)\n"
        case .computed(_, let value): text += "\(name)\(suffix) \(value())\n"
        case .histogram(let histogram):
            let first = labels.isEmpty ? "" : labels + ","
            var total: Int64 = 0
            for (index, count) in histogram.counts.enumerated() {
                total += count
                let bound = index < histogram.bounds.count ? "\(histogram.bounds[index])" : "+Inf"
                text += "\(name)_bucket{\(first)le=\"\(bound)\"} \(total)\n"
            }
            text += "\(name)_sum\(suffix) \(histogram.sum)\n\(name)_count\(suffix) \(total)\n"
        }
    }
}
