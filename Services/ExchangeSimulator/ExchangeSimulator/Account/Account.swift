public import TradingPrimitives

/// Why a balance changed, as the venue's income history spells it.
public enum IncomeType: String, Sendable {
    case transfer = "TRANSFER"
    case realizedProfit = "REALIZED_PNL"
    case commission = "COMMISSION"
    case funding = "FUNDING_FEE"
    case insurance = "INSURANCE_CLEAR"
}

/// One change of a wallet balance.
public struct Income: Sendable {
    public let id: Int64
    public let type: IncomeType
    /// In units of `asset`.
    public let amount: Notional
    public var asset = Asset.settlement
    /// Nil for a transfer.
    public let instrument: Int?
    public let tradeId: Int64?
    public let time: Timestamp
}

/// Assets that an account holds.
public enum Asset: String, Sendable, CaseIterable {
    case settlement = "USDT"
    /// Pays fees, a tenth cheaper, where the owner wants that and has enough.
    case bnb = "BNB"
}

/// A client of the venue: its USDT wallet, positions and past.
public struct Account: Sendable {
    /// Fills and incomes that are kept; the sums go on.
    static let keep = 200_000

    public let name: String
    /// The venue's own code of it (`accountAlias`).
    public let alias: String
    public internal(set) var wallet: Notional = .zero
    /// BNB held, and whether fees are paid in it.
    public internal(set) var bnb: Notional = .zero
    public internal(set) var isBurning = false
    public internal(set) var positions: [AccountPosition]
    public internal(set) var fills: ContiguousArray<OrderFill> = []
    public internal(set) var incomes: ContiguousArray<Income> = []
    /// Sum of all incomes of a type, also of those no longer kept.
    public internal(set) var totals: [IncomeType: Notional] = [:]
    public internal(set) var makerFee: Ratio
    public internal(set) var takerFee: Ratio
    public internal(set) var listenKeyExpiry: Timestamp?
    /// In hedge mode every order of this venue is on the wrong side.
    public internal(set) var isHedged = false
    /// Changes of orders and of isolated margin, oldest first.
    public internal(set) var amendments: ContiguousArray<Amendment> = []
    public internal(set) var marginMoves: ContiguousArray<MarginMove> = []
    /// When all orders of a contract are cancelled unless the owner says something, by contract.
    public internal(set) var cancelTimes: [Timestamp?]
    /// Contracts whose owner was called for margin.
    var calledFor: [Int] = []
    var updateTime: Timestamp

    init(name: String, alias: String, instruments: Int, makerFee: Ratio, takerFee: Ratio, at time: Timestamp) {
        (self.name, self.alias) = (name, alias)
        positions = Array(repeating: AccountPosition(), count: instruments)
        cancelTimes = Array(repeating: nil, count: instruments)
        (self.makerFee, self.takerFee, updateTime) = (makerFee, takerFee, time)
    }

    /// What isolated positions don't hold.
    public var crossWallet: Notional {
        wallet - positions.reduce(.zero) { $0 + $1.isolatedWallet }
    }

    mutating func book(_ income: Income) {
        switch income.asset {
        case .settlement:
            wallet += income.amount
            totals[income.type, default: .zero] += income.amount
        case .bnb: bnb += income.amount
        }
        if incomes.count >= Self.keep * 2 { incomes.removeFirst(Self.keep) }
        incomes.append(income)
        updateTime = income.time
    }

    mutating func remember(_ amendment: Amendment) {
        if amendments.count >= Self.keep { amendments.removeFirst(Self.keep / 2) }
        amendments.append(amendment)
    }

    mutating func remember(_ move: MarginMove) {
        if marginMoves.count >= Self.keep { marginMoves.removeFirst(Self.keep / 2) }
        marginMoves.append(move)
    }

    mutating func remember(_ fill: OrderFill) {
        if fills.count >= Self.keep * 2 { fills.removeFirst(Self.keep) }
        fills.append(fill)
    }
}
