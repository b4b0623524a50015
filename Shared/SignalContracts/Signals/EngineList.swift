/// What is said of one engine, as a row of an `EngineList`.
public protocol EngineRow: Equatable, Sendable, BitwiseCopyable {
    var engine: EngineId { get }
    /// What stands where no row does.
    static var blank: Self { get }
    /// From the words between colons, the engine's name first; nil where they are no such row.
    init?(words: [Substring])
    func write(into bytes: inout [UInt8])
}

/// A few rows, one an engine, in the order in which they were added. A value without heap storage: decisions make some on each book.
public struct EngineList<Row: EngineRow>: Sendable {
    /// The house's four voters, and eight more.
    public static var capacity: Int { 12 }
    @usableFromInline var rows: InlineArray<12, Row>
    @usableFromInline var used: Int
    @inlinable public var count: Int { used }

    @inlinable public init() {
        used = 0
        rows = InlineArray(repeating: Row.blank)
    }

    @inlinable public init(_ rows: some Sequence<Row>) {
        self.init()
        for row in rows { append(row) }
    }

    /// Adds a row; nothing for an engine that has one, and once there are twelve.
    @inlinable public mutating func append(_ row: Row) {
        guard count < Self.capacity, self[row.engine] == nil else { return }
        rows[used] = row
        used += 1
    }

    @inlinable public var isEmpty: Bool { count == 0 }

    @inlinable public subscript(index: Int) -> Row {
        precondition(index < count)
        return rows[index]
    }

    @inlinable public subscript(engine: EngineId) -> Row? {
        for index in 0..<count where rows[index].engine == engine { return rows[index] }
        return nil
    }

    /// In order, without making a list.
    @inlinable public func forEach(_ body: (Row) -> Void) { for index in 0..<count { body(rows[index]) } }

    /// As a list.
    public var all: [Row] { (0..<count).map { rows[$0] } }
}

extension EngineList: Equatable {
    public static func == (left: Self, right: Self) -> Bool {
        left.count == right.count && (0..<left.count).allSatisfy { left.rows[$0] == right.rows[$0] }
    }
}

/// Rows joined by commas, the words of each by colons: `E1:0.38,E2:0.272`.
extension EngineList: FieldValue {
    public init?(text: UnsafeRawBufferPointer) {
        self.init()
        guard let text = String(text: text) else { return nil }
        if text.isEmpty { return }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let before = count
            guard let row = Row(words: part.split(separator: ":", omittingEmptySubsequences: false)) else { return nil }
            append(row)
            guard count > before else { return nil }
        }
    }

    public func write(into bytes: inout [UInt8]) {
        for index in 0..<count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            rows[index].write(into: &bytes)
        }
    }
}

/// A number of one engine: what its word counts for, or how often it was right. `E1:0.38`.
public struct EngineShare: EngineRow {
    public let engine: EngineId
    public let value: Double

    @inlinable public init(_ engine: EngineId, _ value: Double) {
        self.engine = engine
        self.value = value
    }

    @inlinable public static var blank: EngineShare { EngineShare(HouseEngine.orderFlow.id, 0) }

    public init?(words: [Substring]) {
        guard words.count == 2, let engine = EngineId(String(words[0])), let value = Double(words[1]),
            MarketBounds.multipliers.contains(value)
        else { return nil }
        self.init(engine, value)
    }

    public func write(into bytes: inout [UInt8]) {
        engine.write(into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        value.write(into: &bytes)
    }
}

extension EngineList where Row == EngineShare {
    /// The house's voters with these numbers, in order.
    public init(house values: [Double]) {
        self.init(zip(HouseEngine.voters, values).map { EngineShare($0.id, $1) })
    }

    /// The engine's number; nil for one without.
    @inlinable public func value(of engine: EngineId) -> Double? { self[engine]?.value }

    @inlinable public var sum: Double {
        var sum = 0.0
        forEach { sum += $0.value }
        return sum
    }

    /// Their plain mean; 0 of none.
    public var mean: Double { isEmpty ? 0 : sum / Double(count) }
}

/// One engine's part in a decision's score. `E1:1:0.765:0.3804`.
public struct EngineVote: EngineRow {
    public let engine: EngineId
    /// +1 long, −1 short, 0 neither; 0 of one that is absent, cold or late.
    public let sign: Int
    /// In [0, 1]: its signal's strength × confidence.
    public let strength: Double
    /// In [0, 1]: what its word counts for; all weights of a decision add up to 1.
    public let weight: Double

    @inlinable public init(_ engine: EngineId, sign: Int, strength: Double, weight: Double) {
        self.engine = engine
        self.sign = sign
        self.strength = strength
        self.weight = weight
    }

    /// In [−1, 1]; positive is long.
    @inlinable public var opinion: Double { Double(sign) * strength }

    @inlinable public static var blank: EngineVote {
        EngineVote(HouseEngine.orderFlow.id, sign: 0, strength: 0, weight: 0)
    }

    public init?(words: [Substring]) {
        guard words.count == 4, let engine = EngineId(String(words[0])), let sign = Int(words[1]),
            (-1...1).contains(sign), let strength = Double(words[2]), MarketBounds.fractions.contains(strength),
            let weight = Double(words[3]), MarketBounds.fractions.contains(weight)
        else { return nil }
        self.init(engine, sign: sign, strength: strength, weight: weight)
    }

    /// Strength and weight to four decimals, for people.
    public var rounded: EngineVote {
        func grid(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
        return EngineVote(engine, sign: sign, strength: grid(strength), weight: grid(weight))
    }

    public func write(into bytes: inout [UInt8]) {
        engine.write(into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        sign.write(into: &bytes)
        for value in [strength, weight] {
            bytes.append(UInt8(ascii: ":"))
            value.write(into: &bytes)
        }
    }
}

extension EngineList where Row == EngineVote {
    /// Those of engines that are not the house's.
    public var foreign: [EngineVote] { all.filter { HouseEngine($0.engine) == nil } }
}

extension EngineVote {
    /// As a signal's fields: what a decision keeps of an engine that is not the house's.
    public var pairs: [(name: String, value: String)] {
        [
            ("direction", sign > 0 ? "LONG" : sign < 0 ? "SHORT" : "NEUTRAL"), ("strength", "\(strength)"),
            ("weight", "\(weight)"),
        ]
    }
}
