public import SignalContracts
public import TradingPrimitives
public import Venue

/// What the executor reacts to. `now` comes with each: the venue's time by the shell's clock.
public enum ExecutorEvent: Sendable {
    case plan(Symbol, TradePlan)
    /// `at`: the venue's time of it. One that had to wait is as old as it is.
    case book(Symbol, bid: Price, ask: Price, at: Timestamp)
    /// The venue's mark price, and its time of it.
    case mark(Symbol, Price, at: Timestamp)
    case rules(InstrumentRules)
    case reply(RequestId, VenueReply)
    case user(UserEvent)
    /// The user stream came up or went down.
    case userStream(isUp: Bool)
    case command(Command)
    /// Whether the journal can be written: without it no entry is sent.
    case journal(isWritable: Bool)
    /// The lease or the outbox, which the shell watches, stands in the way of entries, or does no more.
    case hindrance(EntryHindrance, isPresent: Bool)
    /// Redis lost what it held: no entries until an operator starts them again.
    case streamsLost(String)
    /// Whether the venue trades the contract: its word for it is `TRADING` then.
    case status(Symbol, String)
    /// When the venue ends the contract; nil when it has not said that it will.
    case ending(Symbol, at: Timestamp?)
    /// The venue's name for the account.
    case accountNamed(String)
    /// The shell found something that a person should know.
    case trouble(Severity, event: String, text: String)
    /// Time passed; comes every 100 ms or sooner.
    case timer
}

/// Number of a request of this process.
public typealias RequestId = Int64

/// What the executor wants done, in this order: journal, then requests, then words.
public enum ExecutorEffect: Equatable, Sendable {
    /// Must be on the disk before any later request is sent.
    case journal(ExecutorRecord)
    case request(RequestId, VenueRequest)
    case publish(ExecutorMessage)
    /// The hot-state key of the symbol's position; nil removes it.
    case project(Symbol, Fields?)
}

/// A word to the other services.
public enum ExecutorMessage: Equatable, MessageOutput {
    case execution(Symbol, ExecutionEvent)
    case account(AccountUpdate)
    case contract(Symbol, ContractTerms)
    case alert(Alert)
    case reply(Reply)

    public var stream: StreamName {
        switch self {
        case .execution(let symbol, _): StreamName(.execution, symbol)
        case .account: StreamName(.account)
        case .contract(let symbol, _): StreamName(.contract, symbol)
        case .alert: StreamName(.alert)
        case .reply: StreamName(.reply)
        }
    }

    public var message: SuiteMessage {
        switch self {
        case .execution(_, let event): .execution(event)
        case .account(let update): .account(update)
        case .contract(_, let terms): .contract(terms)
        case .alert(let alert): .alert(alert)
        case .reply(let reply): .reply(reply)
        }
    }
}

/// What must survive a crash.
public enum ExecutorRecord: Equatable, Sendable {
    /// The whole position after a change; nil once it is over.
    case position(Symbol, Position?)
    /// A plan that was taken or denied: it is not taken again.
    case plan(TradeId)
    case command(id: String)
    /// A command to close that was taken: it is carried on until it is answered.
    case closing(Closing)
    case entriesStopped(Bool)
    /// A word that must be said even if this process dies first.
    case message(ExecutorMessage)
    /// Such a word in a journal that was compacted before it was said, with the number that it had.
    case carried(number: Int, ExecutorMessage)
    /// Name of the journal, given once: its numbers mean nothing beside those of another one.
    case identity(String, mode: String?)
    /// All words up to this number of the journal have been said: they are not said again, also to a Redis that forgot.
    case said(upTo: Int)
}
