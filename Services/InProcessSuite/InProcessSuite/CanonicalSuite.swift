public import Decisions
public import OrderFlow
public import Regime
public import Risk
public import Sentiment
public import SignalContracts
public import Technical
public import TickFlow
public import TradingPrimitives

/// The processors of a suite in one thread, on typed messages and in canonical order: an entry is heard by E5, E2, E3, E4, E1, S1
/// and S2, one after the other, and all that it sets off is done before the next entry. Nothing is late and nothing fails; the same
/// entries give the same words, byte for byte.
public struct CanonicalSuite {
    /// How each processor is configured.
    public struct Rules: Sendable {
        public var orderFlow = OrderFlowConfiguration()
        public var tick = TickFlowConfiguration()
        public var technical = TechnicalConfiguration()
        public var sentiment = SentimentConfiguration()
        public var regime = RegimeConfiguration()
        public var decision = DecisionConfiguration()
        public var risk = RiskConfiguration()

        public init() {}
    }

    private var regime: RegimeFilter
    private var tick: PerSymbol<TickFlow>
    private var technical: PerSymbol<Technical>
    private var sentiment: PerSymbol<Sentiment>
    private var orderFlow: PerSymbol<OrderFlow>
    private var decision: DecisionEngine
    private var risk: RiskManager
    private let isText: Bool
    private var text = Fields()
    private var line = Line()
    /// What is being heard.
    private var heard: [MemoryBus.Entry] = []

    /// What was said and is to be heard, in order.
    private struct Line {
        var words: [MemoryBus.Entry] = []
        var lastId = StreamId.zero

        mutating func say(_ stream: StreamName, _ message: SuiteMessage) {
            lastId = lastId.next
            words.append(MemoryBus.Entry(stream: stream, id: lastId, message: message))
        }
    }

    /// All that is said goes through its text where `isText`, as over Redis.
    public init(symbols: [Symbol], _ rules: Rules = Rules(), isText: Bool = false) {
        regime = RegimeFilter(rules.regime)
        tick = PerSymbol { _ in TickFlow(rules.tick) }
        technical = PerSymbol { _ in Technical(rules.technical) }
        sentiment = PerSymbol { _ in Sentiment(rules.sentiment) }
        orderFlow = PerSymbol { _ in OrderFlow(rules.orderFlow) }
        decision = DecisionEngine(symbols: symbols, rules.decision)
        risk = RiskManager(rules.risk)
        self.isText = isText
    }

    /// Takes an entry of another's, the hub's or the executor's, and tells it and each word that comes of it, in the order that they
    /// are said. Entries come with increasing ids; a word's id is the next one after what was said before.
    ///
    /// - Throws: for an entry or a word whose text its reader refuses; only where all goes through its text.
    public mutating func take(
        _ entry: borrowing MemoryBus.Entry, tell: (borrowing MemoryBus.Entry) -> Void
    ) throws(ContractError) {
        line.lastId = max(line.lastId, entry.id)
        line.words.removeAll(keepingCapacity: true)
        heard.removeAll(keepingCapacity: true)
        try pass(entry, tell)
        // What comes of an entry, what comes of that, and so on: each all at once.
        while !line.words.isEmpty {
            swap(&heard, &line.words)
            for index in heard.indices { try pass(heard[index], tell) }
            heard.removeAll(keepingCapacity: true)
        }
    }

    private mutating func pass(
        _ word: borrowing MemoryBus.Entry, _ tell: (borrowing MemoryBus.Entry) -> Void
    ) throws(ContractError) {
        guard isText else {
            hear(word)
            return tell(word)
        }
        let read = try throughText(word)
        hear(read)
        tell(read)
    }

    private mutating func throughText(_ word: borrowing MemoryBus.Entry) throws(ContractError) -> MemoryBus.Entry {
        text.removeAll()
        word.message.encode(into: &text)
        return MemoryBus.Entry(
            stream: word.stream, id: word.id, message: try SuiteMessage(word.stream.kind, text))
    }

    private mutating func hear(_ word: borrowing MemoryBus.Entry) {
        switch word.stream.kind {
        case .trade:
            Self.give(word, to: &tick, &line)
            Self.give(word, to: &orderFlow, &line)
        case .book:
            Self.give(word, to: &regime, &line)
            Self.give(word, to: &orderFlow, &line)
        case .candle:
            Self.give(word, to: &regime, &line)
            Self.give(word, to: &technical, &line)
        case .forming: Self.give(word, to: &technical, &line)
        case .metric:
            Self.give(word, to: &sentiment, &line)
            Self.give(word, to: &risk, &line)
        case .signal, .plan, .risk: Self.give(word, to: &decision, &line)
        case .execution, .account, .weights:
            Self.give(word, to: &decision, &line)
            Self.give(word, to: &risk, &line)
        case .decision, .contract, .command: Self.give(word, to: &risk, &line)
        case .heatmap, .readiness, .alert, .reply, .notice, .dead: break
        }
    }

    private static func give<Processor: StreamProcessor>(
        _ word: borrowing MemoryBus.Entry, to processor: inout Processor, _ line: inout Line
    ) where Processor.Input: MessageInput, Processor.Output: MessageOutput {
        assert(Processor.Input.streams.contains(word.stream.kind))
        guard let input = Processor.Input(stream: word.stream, id: word.id, message: word.message) else { return }
        processor.process(input) { line.say($0.stream, $0.message) }
    }
}
