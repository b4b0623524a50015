/// Name of a signal engine: `E1` … `E5` for the house's own; for any other a lower-case word of up to fifteen letters, digits and
/// dashes that begins with a letter, and is not a house engine's in lower case. Packed: it is copied like a number.
public struct EngineId: FieldValue, Hashable, BitwiseCopyable {
    public static let lengthMax = 15
    /// Its bytes, the first one highest; zeros behind them.
    @usableFromInline let packed: UInt128

    private init(bytes: some Sequence<UInt8>) {
        var packed: UInt128 = 0, shift = 120
        for byte in bytes {
            packed |= UInt128(byte) << UInt128(shift)
            shift -= 8
        }
        self.packed = packed
    }

    /// One of the house's five.
    @inlinable init(house digit: UInt8) {
        packed = UInt128(UInt8(ascii: "E")) << 120 | UInt128(digit) << 112
    }

    /// Nil for a text that is no engine's name.
    public init?(_ text: String) {
        var text = text
        guard let id = text.withUTF8({ EngineId(text: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = id
    }

    public init?(text: UnsafeRawBufferPointer) {
        guard let first = text.first, text.count <= Self.lengthMax else { return nil }
        let isNumbered = text.count == 2 && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[1])
        if first == UInt8(ascii: "E") {
            guard isNumbered, (UInt8(ascii: "1")...UInt8(ascii: "5")).contains(text[1]) else { return nil }
        } else {
            guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first), text.allSatisfy(Self.isAllowed),
                !(first == UInt8(ascii: "e") && isNumbered)
            else { return nil }
        }
        self.init(bytes: text)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }

    public func write(into bytes: inout [UInt8]) { forEachByte { bytes.append($0) } }

    private func forEachByte(_ body: (UInt8) -> Void) {
        var rest = packed
        while rest != 0 {
            body(UInt8(rest >> 120))
            rest <<= 8
        }
    }

    /// As it names a field of a hash: `e1`, and any other as it is.
    var field: [UInt8] {
        var bytes: [UInt8] = []
        forEachByte { bytes.append($0 == UInt8(ascii: "E") ? UInt8(ascii: "e") : $0) }
        return bytes
    }
}

extension EngineId: CustomStringConvertible {
    public var name: String {
        // Fifteen bytes fit into a String without heap storage.
        String(unsafeUninitializedCapacity: Self.lengthMax) { text in
            var count = 0
            forEachByte {
                text[count] = $0
                count += 1
            }
            return count
        }
    }
    public var description: String { name }
}

/// The five engines that the suite brings along, each with a signal of its own form.
public enum HouseEngine: String, BitwiseCopyable, CaseIterable, Sendable {
    case orderFlow = "E1"
    case tick = "E2"
    case technical = "E3"
    case sentiment = "E4"
    case regime = "E5"

    /// Those that vote; the regime is a gate and a set of multipliers.
    public static let voters: [HouseEngine] = [.orderFlow, .tick, .technical, .sentiment]

    /// Nil for an engine that is not the house's.
    @inlinable public init?(_ id: EngineId) {
        switch id {
        case HouseEngine.orderFlow.id: self = .orderFlow
        case HouseEngine.tick.id: self = .tick
        case HouseEngine.technical.id: self = .technical
        case HouseEngine.sentiment.id: self = .sentiment
        case HouseEngine.regime.id: self = .regime
        default: return nil
        }
    }

    @inlinable public var id: EngineId {
        switch self {
        case .orderFlow: EngineId(house: UInt8(ascii: "1"))
        case .tick: EngineId(house: UInt8(ascii: "2"))
        case .technical: EngineId(house: UInt8(ascii: "3"))
        case .sentiment: EngineId(house: UInt8(ascii: "4"))
        case .regime: EngineId(house: UInt8(ascii: "5"))
        }
    }

    /// Its place among the five, from 0.
    @inlinable public var place: Int {
        switch self {
        case .orderFlow: 0
        case .tick: 1
        case .technical: 2
        case .sentiment: 3
        case .regime: 4
        }
    }

    /// Weight of its word before the regime and the learner change it; E5's 0.08 is a gate and a set of multipliers, not a weight.
    @inlinable public var baseWeight: Double {
        switch self {
        case .orderFlow: 0.35
        case .tick: 0.25
        case .technical: 0.20
        case .sentiment: 0.12
        case .regime: 0
        }
    }

    /// Prefix of its fields where several engines' fields stand together.
    public var scope: StaticString {
        switch self {
        case .orderFlow: "e1."
        case .tick: "e2."
        case .technical: "e3."
        case .sentiment: "e4."
        case .regime: "e5."
        }
    }

    /// Which way an engine votes with a word of its `direction`: +1 long, −1 short; 0 for neither, and for words that no engine has. The
    /// engines' words differ, so that the word alone tells; engines of others say LONG and SHORT.
    public static func sign(of direction: String) -> Int {
        BookPressure(rawValue: direction)?.sign ?? Momentum(rawValue: direction)?.sign
            ?? TrendDirection(rawValue: direction)?.sign ?? CrowdDirection(rawValue: direction)?.sign ?? 0
    }

    /// All words for long and short.
    public static let words: [(word: String, sign: Int)] =
        (BookPressure.allCases.map { ($0.rawValue, $0.sign) } + Momentum.allCases.map { ($0.rawValue, $0.sign) }
        + TrendDirection.allCases.map { ($0.rawValue, $0.sign) }
        + CrowdDirection.allCases.map { ($0.rawValue, $0.sign) })
        .filter { $0.1 != 0 }
}
