/// Everything that is said on the streams. A host in one process passes these on as they are; Redis holds their text, which is
/// nothing but another form of them.
public enum SuiteMessage: Equatable, Sendable {
    case trade(AggTrade)
    case book(BookUpdate)
    /// Closed ones and those that form have streams of their own.
    case candle(CandleUpdate)
    case metric(MarketMetric)
    case signal(EngineSignal)
    case heatmap(LiquidationHeatmap)
    case decision(Decision)
    case readiness(Readiness)
    case plan(TradePlan)
    case execution(ExecutionEvent)
    case contract(ContractTerms)
    case account(AccountUpdate)
    case risk(RiskState)
    case weights(EngineWeights)
    case alert(Alert)
    case command(Command)
    case reply(Reply)
    case notice(Notice)
    case dead(DeadLetter)

    /// Reads an entry of a stream of this kind.
    public init(_ kind: StreamKind, _ fields: Fields) throws(ContractError) {
        self =
            switch kind {
            case .trade: .trade(try AggTrade(fields))
            case .book: .book(try BookUpdate(fields))
            case .candle, .forming: .candle(try CandleUpdate(fields))
            case .metric: .metric(try MarketMetric(fields))
            case .signal: .signal(try EngineSignal(fields))
            case .heatmap: .heatmap(try LiquidationHeatmap(fields))
            case .decision: .decision(try Decision(fields))
            case .readiness: .readiness(try Readiness(fields))
            case .plan: .plan(try TradePlan(fields))
            case .execution: .execution(try ExecutionEvent(fields))
            case .contract: .contract(try ContractTerms(fields))
            case .account: .account(try AccountUpdate(fields))
            case .risk: .risk(try RiskState(fields))
            case .weights: .weights(try EngineWeights(fields))
            case .alert: .alert(try Alert(fields))
            case .command: .command(try Command(fields))
            case .reply: .reply(try Reply(fields))
            case .notice: .notice(try Notice(fields))
            case .dead: .dead(try DeadLetter(fields))
            }
    }

    /// Of the stream that it is said on.
    public var kind: StreamKind {
        switch self {
        case .trade: .trade
        case .book: .book
        case .candle(let candle): candle.isClosed ? .candle : .forming
        case .metric: .metric
        case .signal: .signal
        case .heatmap: .heatmap
        case .decision: .decision
        case .readiness: .readiness
        case .plan: .plan
        case .execution: .execution
        case .contract: .contract
        case .account: .account
        case .risk: .risk
        case .weights: .weights
        case .alert: .alert
        case .command: .command
        case .reply: .reply
        case .notice: .notice
        case .dead: .dead
        }
    }

    /// Its text. Of a dead letter, the letter without the entry in it.
    public func encode(into fields: inout Fields) {
        switch self {
        case .trade(let message): message.encode(into: &fields)
        case .book(let message): message.encode(into: &fields)
        case .candle(let message): message.encode(into: &fields)
        case .metric(let message): message.encode(into: &fields)
        case .signal(let message): message.encode(into: &fields)
        case .heatmap(let message): message.encode(into: &fields)
        case .decision(let message): message.encode(into: &fields)
        case .readiness(let message): message.encode(into: &fields)
        case .plan(let message): message.encode(into: &fields)
        case .execution(let message): message.encode(into: &fields)
        case .contract(let message): message.encode(into: &fields)
        case .account(let message): message.encode(into: &fields)
        case .risk(let message): message.encode(into: &fields)
        case .weights(let message): message.encode(into: &fields)
        case .alert(let message): message.encode(into: &fields)
        case .command(let message): message.encode(into: &fields)
        case .reply(let message): message.encode(into: &fields)
        case .notice(let message): message.encode(into: &fields)
        case .dead(let message): message.encode(into: &fields)
        }
    }
}
