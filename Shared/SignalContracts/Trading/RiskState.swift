public import TradingPrimitives

/// A circuit breaker that stops new entries. Named as the risk rule that it refuses plans by.
public enum Breaker: String, FieldValue, BitwiseCopyable, CaseIterable {
    case dailyLoss = "daily_loss"
    case lossStreak = "loss_streak"
    case hourlyLoss = "hourly_loss"
    case overtrade
}

/// A breaker that has tripped, and when it ends.
public struct ActiveBreaker: Equatable, BitwiseCopyable, Sendable {
    public let breaker: Breaker
    public let until: Timestamp

    public init(_ breaker: Breaker, until: Timestamp) {
        self.breaker = breaker
        self.until = until
    }
}

/// Breakers in one field, `daily_loss:1700000000000` joined by commas.
public struct BreakerList: FieldValue, Equatable {
    public var breakers: [ActiveBreaker]

    public init(_ breakers: [ActiveBreaker] = []) { self.breakers = breakers }

    public init?(text: UnsafeRawBufferPointer) {
        self.init()
        for part in String(decoding: text, as: UTF8.self).split(separator: ",") {
            let words = part.split(separator: ":")
            guard words.count == 2, let breaker = Breaker(rawValue: String(words[0])), let until = Int64(words[1]),
                MarketBounds.times ~= Timestamp(milliseconds: until)
            else { return nil }
            breakers.append(ActiveBreaker(breaker, until: Timestamp(milliseconds: until)))
        }
    }

    public func write(into bytes: inout [UInt8]) {
        breakers.map { "\($0.breaker.rawValue):\($0.until.milliseconds)" }.joined(separator: ",").write(into: &bytes)
    }
}

/// Contracts in one field, joined by commas.
public struct SymbolList: FieldValue, Equatable {
    public var symbols: [Symbol]

    public init(_ symbols: [Symbol] = []) { self.symbols = symbols }

    public init?(text: UnsafeRawBufferPointer) {
        self.init()
        for part in String(decoding: text, as: UTF8.self).split(separator: ",") {
            guard let symbol = Symbol(String(part)) else { return nil }
            symbols.append(symbol)
        }
    }

    public func write(into bytes: inout [UInt8]) {
        symbols.map(\.name).joined(separator: ",").write(into: &bytes)
    }
}

/// What risk-manager lets trade at present, and the day behind it. On `risk`.
///
/// Published when a breaker trips or ends, when a person halts or resumes, and after each trade.
public struct RiskState: StreamMessage {
    public static let version = 1

    public var eventTime: Timestamp
    /// By a person, until a person resumes.
    public var isHalted: Bool
    /// Contracts that a person keeps out, until a person resumes them.
    public var paused: SymbolList
    /// What stops entries now, each with its end: `name:ms`.
    public var breakers: BreakerList
    /// The rest counts since midnight UTC.
    public var tradesToday: Int
    /// After fees.
    public var pnlToday: Notional
    /// Paid today.
    public var feesToday: Notional
    /// Of all trades, before fees.
    public var grossPnlToday: Notional
    /// Sum of the trades that won, before fees.
    public var grossProfitToday: Notional
    /// Wallet balance when the day began, or the capital limit where that was less.
    public var dayStartBalance: Notional
    /// What of the wallet is risked and counted at most; absent where all of it is.
    public var capitalLimit: Notional?
    /// Losses in a row that end now.
    public var lossStreak: Int
    /// Trades still to come at the reduced risk that follows a streak.
    public var reducedTradesLeft: Int
    /// Since the full hour.
    public var tradesThisHour: Int
    /// Within the last hour.
    public var lossesLastHour: Int

    public init(eventTime: Timestamp) {
        self.eventTime = eventTime
        isHalted = false
        paused = SymbolList()
        breakers = BreakerList()
        tradesToday = 0
        pnlToday = .zero
        feesToday = .zero
        grossPnlToday = .zero
        grossProfitToday = .zero
        dayStartBalance = .zero
        lossStreak = 0
        reducedTradesLeft = 0
        tradesThisHour = 0
        lossesLastHour = 0
    }

    /// Whether an entry may be made at `time`, in contracts that are not paused.
    public func allowsEntries(at time: Timestamp) -> Bool {
        !isHalted && !breakers.breakers.contains { $0.until > time }
    }

    /// Whether an entry in `symbol` may be made at `time`.
    public func allowsEntries(in symbol: Symbol, at time: Timestamp) -> Bool {
        allowsEntries(at: time) && !paused.symbols.contains(symbol)
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        eventTime = try fields.time("event_time")
        isHalted = try fields.required("halted")
        paused = try fields.optional("paused") ?? SymbolList()
        breakers = try fields.required("breakers")
        tradesToday = try fields.count("trades_today")
        pnlToday = try fields.money("pnl_today")
        feesToday = try fields.money("fee_total")
        grossPnlToday = try fields.money("gross_pnl")
        // Earlier versions said the winners' alone, in the other field.
        grossProfitToday = try fields.optional("gross_profit", in: TradingBounds.money) ?? grossPnlToday
        dayStartBalance = try fields.money("day_start_balance")
        capitalLimit = try fields.optional("capital_limit", in: TradingBounds.money)
        lossStreak = try fields.count("streak")
        reducedTradesLeft = try fields.count("reduced_trades_left")
        tradesThisHour = try fields.count("trades_this_hour")
        lossesLastHour = try fields.count("losses_last_hour")
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("event_time", eventTime)
        fields.put("halted", isHalted)
        fields.put("paused", paused)
        fields.put("breakers", breakers)
        fields.put("trades_today", tradesToday)
        fields.put("pnl_today", pnlToday)
        fields.put("fee_total", feesToday)
        fields.put("gross_pnl", grossPnlToday)
        fields.put("gross_profit", grossProfitToday)
        fields.put("day_start_balance", dayStartBalance)
        fields.put("capital_limit", capitalLimit)
        fields.put("streak", lossStreak)
        fields.put("reduced_trades_left", reducedTradesLeft)
        fields.put("trades_this_hour", tradesThisHour)
        fields.put("losses_last_hour", lossesLastHour)
    }
}
