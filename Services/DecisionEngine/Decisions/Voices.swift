import SignalContracts
import TradingPrimitives

/// Who speaks on a contract's `signal` stream. Any program that may write there can say any engine's name, so a name alone is no proof.
struct Voices {
    /// An engine of others, as far as it has been heard.
    struct Foreign {
        let id: EngineId
        private(set) var signal: ForeignSignal?
        /// Whether it said more within a second than anybody can mean.
        private(set) var isFlooding = false
        private var heard = 0

        init(_ id: EngineId) { self.id = id }

        mutating func hear(_ signal: ForeignSignal) {
            self.signal = signal
            heard += 1
        }

        /// Judges the second that is over.
        mutating func endSecond() {
            isFlooding = heard > Voices.floodMin
            heard = 0
        }
    }

    /// Signals of one engine in one contract within a second that are too many: ten times what the busiest of the house's says.
    fileprivate static let floodMin = 200
    /// How long a house engine is left out once two have spoken under its name.
    private static let doubtMs: Int64 = 10_000
    /// Distance of two alerts of one kind.
    private static let tellMs: Int64 = 900_000

    private(set) var foreign: ContiguousArray<Foreign>
    /// By an engine's place: what its last signal was set off by, and when two spoke under its name.
    private var causes = InlineArray<5, StreamId>(repeating: .zero)
    private var doubtedAt = InlineArray<5, Timestamp>(repeating: .zero)
    private var latestDoubt = Timestamp.zero
    private var secondBegan = Timestamp.zero
    private var impersonated: HouseEngine?
    private var stranger: EngineId?
    private var told: (doubt: Timestamp, stranger: Timestamp, flood: Timestamp) = (.zero, .zero, .zero)

    init(_ engines: [ForeignEngine]) { foreign = ContiguousArray(engines.map { Foreign($0.id) }) }

    /// Returns whether a house engine's signal can be its own. Each is set off by an entry behind the last one's; one that is not comes
    /// from a second voice, and from then on nobody can tell which of the two is the engine.
    mutating func hear(_ signal: EngineSignal) -> Bool {
        if case .foreign(let signal) = signal {
            if let index = foreign.firstIndex(where: { $0.id == signal.engine }) {
                foreign[index].hear(signal)
            } else {
                stranger = signal.engine
            }
            return true
        }
        guard let engine = HouseEngine(signal.engine) else { return true }
        defer { causes[engine.place] = signal.cause }
        let last = causes[engine.place]
        guard last > .zero, signal.cause <= last else { return true }
        doubtedAt[engine.place] = signal.eventTime
        latestDoubt = signal.eventTime
        impersonated = engine
        return false
    }

    func hasDoubts(at time: Timestamp) -> Bool { latestDoubt > .zero && time.isWithin(Self.doubtMs, of: latestDoubt) }

    func isDoubted(_ engine: HouseEngine, at time: Timestamp) -> Bool {
        doubtedAt[engine.place] > .zero && time.isWithin(Self.doubtMs, of: doubtedAt[engine.place])
    }

    /// What a person should hear of, once in a while. Call at each evaluation.
    mutating func turn(at time: Timestamp, _ tell: (Severity, _ event: String, _ text: String) -> Void) {
        if !time.isWithin(999, of: secondBegan) {
            secondBegan = time
            for index in foreign.indices {
                foreign[index].endSecond()
                if foreign[index].isFlooding, isDue(&told.flood, at: time) {
                    tell(
                        .warning, "engine_floods",
                        "\(foreign[index].id) says more than \(Self.floodMin) signals a second: it counts as neutral")
                }
            }
        }
        if let engine = impersonated, isDue(&told.doubt, at: time) {
            tell(
                .critical, "engine_doubted",
                "two programs say signals as \(engine.rawValue): it is left out for \(Self.doubtMs / 1000) s after each. One of them "
                    + "writes under a name that is not its own")
        }
        if let engine = stranger, isDue(&told.stranger, at: time) {
            tell(
                .warning, "engine_not_admitted",
                "\(engine) says signals, and 'decision-engine.engines' does not name it: they count for nothing")
        }
        (impersonated, stranger) = (nil, nil)
    }

    private func isDue(_ last: inout Timestamp, at time: Timestamp) -> Bool {
        guard last == .zero || !time.isWithin(Self.tellMs, of: last) else { return false }
        last = time
        return true
    }
}
