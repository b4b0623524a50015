public import TradingPrimitives

/// The account and the venue as the executor sees them, every few seconds and after each fill. On `account`.
public struct AccountUpdate: StreamMessage {
    public static let version = 1

    /// The executor's clock, set by the venue's.
    public var eventTime: Timestamp
    /// Which venue it is; absent in entries of earlier versions.
    public var mode: TradingMode?
    /// The account's name at the venue, once the venue has told it: a code, no secret.
    public var account: String?
    /// USDT without unrealised profit.
    public var walletBalance: Notional
    /// USDT free for margin.
    public var availableBalance: Notional
    /// Of all positions, at the mark price.
    public var unrealizedPnl: Notional
    /// Positions that are not flat.
    public var openPositions: Int
    /// Orders whose outcome is not known yet.
    public var unknownOrders: Int
    /// Whether nothing keeps entries of all contracts out.
    public var acceptsEntries: Bool
    /// What does, the first one first; empty while entries are accepted.
    public var hindrances: HindranceList
    /// What keeps entries of single contracts out.
    public var contracts: ContractHindrances
    /// When the venue told the balances; zero before it first has, and the balances with it.
    public var balanceTime: Timestamp
    /// Whether the last call was answered and the user stream is up.
    public var isVenueReachable: Bool
    /// Request weight of the running minute, from the venue's header.
    public var usedWeight: Int
    /// What the venue allows a minute.
    public var weightLimit: Int
    /// Of the last call.
    public var roundTripMs: Int64
    /// Fee rates of the account; the highest over the symbols traded. Absent until the venue has told them.
    public var makerFeeRate: Ratio?
    /// As the venue charges this account, a fraction.
    public var takerFeeRate: Ratio?

    public init(
        eventTime: Timestamp, walletBalance: Notional, availableBalance: Notional, unrealizedPnl: Notional,
        openPositions: Int, unknownOrders: Int, acceptsEntries: Bool, isVenueReachable: Bool, usedWeight: Int,
        weightLimit: Int, roundTripMs: Int64, makerFeeRate: Ratio? = nil, takerFeeRate: Ratio? = nil,
        hindrances: [EntryHindrance] = [], contracts: ContractHindrances = ContractHindrances(),
        balanceTime: Timestamp? = nil
    ) {
        self.eventTime = eventTime
        self.walletBalance = walletBalance
        self.availableBalance = availableBalance
        self.unrealizedPnl = unrealizedPnl
        self.openPositions = openPositions
        self.unknownOrders = unknownOrders
        self.acceptsEntries = acceptsEntries
        self.hindrances = HindranceList(hindrances)
        self.contracts = contracts
        self.balanceTime = balanceTime ?? eventTime
        self.isVenueReachable = isVenueReachable
        self.usedWeight = usedWeight
        self.weightLimit = weightLimit
        self.roundTripMs = roundTripMs
        self.makerFeeRate = makerFeeRate
        self.takerFeeRate = takerFeeRate
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        eventTime = try fields.time("event_time")
        mode = try fields.optional("mode")
        account = try fields.optionalShortText("account")
        walletBalance = try fields.money("wallet_balance")
        availableBalance = try fields.money("available_balance")
        unrealizedPnl = try fields.money("unrealized_pnl")
        openPositions = try fields.count("open_positions")
        unknownOrders = try fields.count("unknown_orders")
        acceptsEntries = try fields.required("accepts_entries")
        hindrances = try fields.optional("hindrances") ?? HindranceList([])
        contracts = try fields.optional("contract_hindrances") ?? ContractHindrances()
        balanceTime = try fields.optional("balance_time", in: MarketBounds.times) ?? eventTime
        isVenueReachable = try fields.required("venue_reachable")
        usedWeight = try fields.count("used_weight")
        weightLimit = try fields.count("weight_limit")
        roundTripMs = try fields.required("round_trip_ms", in: 0...86_400_000)
        makerFeeRate = try fields.optional("maker_fee_rate", in: ContractTerms.feeRates)
        takerFeeRate = try fields.optional("taker_fee_rate", in: ContractTerms.feeRates)
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("event_time", eventTime)
        fields.put("mode", mode)
        fields.put("account", account)
        fields.put("wallet_balance", walletBalance)
        fields.put("available_balance", availableBalance)
        fields.put("unrealized_pnl", unrealizedPnl)
        fields.put("open_positions", openPositions)
        fields.put("unknown_orders", unknownOrders)
        fields.put("accepts_entries", acceptsEntries)
        if !hindrances.hindrances.isEmpty { fields.put("hindrances", hindrances) }
        if !contracts.rows.isEmpty { fields.put("contract_hindrances", contracts) }
        fields.put("balance_time", balanceTime)
        fields.put("venue_reachable", isVenueReachable)
        fields.put("used_weight", usedWeight)
        fields.put("weight_limit", weightLimit)
        fields.put("round_trip_ms", roundTripMs)
        fields.put("maker_fee_rate", makerFeeRate)
        fields.put("taker_fee_rate", takerFeeRate)
    }
}
