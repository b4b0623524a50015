/// How often each name was said, and the spread of values beside it.
struct Shares {
    private var counts: [(name: String, count: Int)] = []
    private var values: [(name: String, values: [Double])] = []
    private var samples = 0

    mutating func sample() { samples += 1 }

    mutating func note(_ name: String, _ holds: Bool = true) {
        if let at = counts.firstIndex(where: { $0.name == name }) {
            counts[at].count += holds ? 1 : 0
        } else {
            counts.append((name, holds ? 1 : 0))
        }
    }

    mutating func measure(_ name: String, _ value: Double) {
        if let at = values.firstIndex(where: { $0.name == name }) {
            values[at].values.append(value)
        } else {
            values.append((name, [value]))
        }
    }

    var lines: [String] {
        let shares = counts.sorted { $0.name < $1.name }
            .map { "  \($0.name): \(Self.text(100 * Double($0.count) / Double(max(samples, 1)))) % (\($0.count) s)" }
        let spreads = values.map { name, values -> String in
            let sorted = values.sorted()
            let points = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1].map {
                Self.text(sorted[Int(Double(sorted.count - 1) * $0)])
            }
            return "  \(name): \(points.joined(separator: " | "))"
        }
        return shares + spreads
    }

    private static func text(_ value: Double) -> String { "\((value * 100_000).rounded() / 100_000)" }
}
