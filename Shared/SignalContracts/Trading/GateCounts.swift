public import TradingPrimitives

/// How often each gate stopped an entry since midnight UTC: the funnel that a day of "no trade" went through.
///
/// All gates are asked each time, so a gate was passed `evaluations` − `failed` times.
public struct GateCounts: Equatable, Sendable {
    public struct Row: Equatable, BitwiseCopyable, Sendable {
        public var failed = 0
        /// Times that it was the only one to fail: the near misses.
        public var failedAlone = 0
        /// Event time; zero before the first.
        public var lastFailure = Timestamp.zero
    }

    private static let dayMs: Int64 = 86_400_000

    /// Midnight UTC before the first evaluation counted.
    public private(set) var since: Timestamp
    public private(set) var evaluations = 0
    private var rows: ContiguousArray<Row>

    public init(at time: Timestamp = .zero) {
        since = time.floored(to: Self.dayMs)
        rows = ContiguousArray(repeating: Row(), count: Gate.allCases.count)
    }

    public subscript(gate: Gate) -> Row { rows[gate.place] }

    /// Counts one evaluation; the first of a new day begins anew.
    public mutating func count(_ failed: GateSet, at time: Timestamp) {
        let day = time.floored(to: Self.dayMs)
        if day > since {
            since = day
            evaluations = 0
            for index in rows.indices { rows[index] = Row() }
        }
        evaluations += 1
        let isAlone = failed.count == 1
        failed.forEach { gate in
            rows[gate.place].failed += 1
            rows[gate.place].lastFailure = time
            if isAlone { rows[gate.place].failedAlone += 1 }
        }
    }

    init(_ fields: Fields) throws(ContractError) {
        since = try fields.time("counted_since")
        evaluations = try fields.count("evaluations")
        rows = (try fields.required("gate_failures") as FailureList).rows
    }

    func encode(into fields: inout Fields) {
        fields.put("counted_since", since)
        fields.put("evaluations", evaluations)
        fields.put("gate_failures", FailureList(rows: rows))
    }
}

/// `score:812:3:1700000000000` for each gate that failed, joined by commas: failed, failed alone, last failure.
private struct FailureList: FieldValue {
    let rows: ContiguousArray<GateCounts.Row>

    init(rows: ContiguousArray<GateCounts.Row>) { self.rows = rows }

    init?(text: UnsafeRawBufferPointer) {
        var rows = ContiguousArray(repeating: GateCounts.Row(), count: Gate.allCases.count)
        for part in String(decoding: text, as: UTF8.self).split(separator: ",") {
            let words = part.split(separator: ":")
            guard words.count == 4, let gate = Gate(rawValue: String(words[0])), let failed = Int(words[1]),
                let alone = Int(words[2]), let last = Int64(words[3]), 1...TradingBounds.counts.upperBound ~= failed,
                0...failed ~= alone, MarketBounds.times ~= Timestamp(milliseconds: last)
            else { return nil }
            rows[gate.place] = GateCounts.Row(
                failed: failed, failedAlone: alone, lastFailure: Timestamp(milliseconds: last))
        }
        self.rows = rows
    }

    func write(into bytes: inout [UInt8]) {
        var isFirst = true
        for gate in Gate.allCases where rows[gate.place].failed > 0 {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            let row = rows[gate.place]
            gate.rawValue.write(into: &bytes)
            for number in [Int64(row.failed), Int64(row.failedAlone), row.lastFailure.milliseconds] {
                bytes.append(UInt8(ascii: ":"))
                number.write(into: &bytes)
            }
        }
    }
}
