public import TradingPrimitives

/// What to do about a symbol now.
public enum Action: String, FieldValue, BitwiseCopyable {
    case long = "LONG"
    case short = "SHORT"
    case noTrade = "NO_TRADE"

    public var direction: Direction? {
        switch self {
        case .long: .long
        case .short: .short
        case .noTrade: nil
        }
    }
}

/// What decision-engine thinks of one symbol, the signals it thinks it from, and what each counted for. On `decision:{S}`.
///
/// Published when the action, the strategy or the set of failed gates changes, and at least once a minute. The signals, nine
/// tenths of it, are in those that matter: decisions to trade, those that one gate alone stopped, and one a minute.
public struct Decision: StreamMessage {
    public static let version = 1

    /// Names the decision, its plan and its trade.
    public var id: TradeId
    /// Id of the `md` entry that set it off.
    public var cause: StreamId
    /// Venue's time of that entry.
    public var eventTime: Timestamp
    /// `phase1` or `vortex7`: the rules it was made by.
    public var profile: String
    /// Which venue it was made for; absent in entries of earlier versions, as are the next two.
    public var mode: TradingMode?
    /// The account's name, as the executor last told it.
    public var account: String?
    /// Version of the program that made it.
    public var program: String?
    public var action: Action
    /// The strategy chosen.
    public var strategy: Strategy?
    /// 0…100.
    public var confidence: Double
    /// Weighted score of the strategy chosen, else the greater in size of the two; in [−1, 1], positive is long.
    public var finalScore: Double
    /// Score with E3's trend reading.
    public var scoreMomentum: Double
    /// Score with E3's reversion reading.
    public var scoreReversion: Double
    /// Engines that point in the direction, of five.
    public var enginesAgree: Int
    /// Gates that stopped it; empty for a trade.
    public var failedGates: GateSet
    /// The same for people.
    public var reason: String
    /// What the gates did since midnight UTC, this evaluation included.
    public var gateCounts: GateCounts
    /// What each engine said and counted for in `final_score`, engines of others included; absent where the signals are left out, and in
    /// entries of earlier versions.
    public var votes: [EngineVote] = []
    /// Empty where they are left out.
    public var signals: SignalSnapshot

    /// Whether it holds the signals that it was made from: E1's sets each decision off.
    public var isWhole: Bool { signals.orderFlow != nil }

    public init(
        id: TradeId, cause: StreamId, eventTime: Timestamp, profile: String, action: Action, strategy: Strategy? = nil,
        confidence: Double, finalScore: Double, scoreMomentum: Double, scoreReversion: Double, enginesAgree: Int,
        failedGates: GateSet, reason: String, gateCounts: GateCounts = GateCounts(),
        signals: SignalSnapshot = SignalSnapshot()
    ) {
        self.id = id
        self.cause = cause
        self.eventTime = eventTime
        self.profile = profile
        self.action = action
        self.strategy = strategy
        self.confidence = confidence
        self.finalScore = finalScore
        self.scoreMomentum = scoreMomentum
        self.scoreReversion = scoreReversion
        self.enginesAgree = enginesAgree
        self.failedGates = failedGates
        self.reason = reason
        self.gateCounts = gateCounts
        self.signals = signals
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        id = try fields.required("id")
        cause = try fields.required("cause")
        eventTime = try fields.time("event_time")
        profile = try fields.shortText("profile")
        mode = try fields.optional("mode")
        account = try fields.optionalShortText("account")
        program = try fields.optionalShortText("program")
        action = try fields.required("action")
        strategy = try fields.optional("strategy")
        confidence = try fields.required("confidence", in: TradingBounds.confidences)
        finalScore = try fields.required("final_score", in: MarketBounds.signedFractions)
        scoreMomentum = try fields.required("score_momentum", in: MarketBounds.signedFractions)
        scoreReversion = try fields.required("score_reversion", in: MarketBounds.signedFractions)
        enginesAgree = try fields.required("engines_agree", in: 0...100)
        failedGates = try fields.required("failed_gates")
        reason = try fields.text("reason")
        gateCounts = try GateCounts(fields)
        votes = (try fields.optional("votes") as EngineList<EngineVote>?)?.all ?? []
        signals = try SignalSnapshot(fields)
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("id", id)
        fields.put("cause", cause)
        fields.put("event_time", eventTime)
        fields.put("profile", profile)
        fields.put("mode", mode)
        fields.put("account", account)
        fields.put("program", program)
        fields.put("action", action)
        fields.put("strategy", strategy)
        fields.put("confidence", confidence)
        fields.put("final_score", finalScore)
        fields.put("score_momentum", scoreMomentum)
        fields.put("score_reversion", scoreReversion)
        fields.put("engines_agree", enginesAgree)
        fields.put("failed_gates", failedGates)
        fields.put("reason", reason)
        gateCounts.encode(into: &fields)
        if !votes.isEmpty { fields.put("votes", EngineList(votes)) }
        signals.encode(into: &fields)
    }
}
