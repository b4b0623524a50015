public import SignalContracts
public import TradingPrimitives

/// What people are told of.
public struct NoticeInput: MessageInput {
    public enum Event: Sendable {
        case plan(TradePlan)
        case execution(ExecutionEvent)
        case alert(Alert)
        case reply(Reply)
        /// It comes every few seconds, and tells that time passes.
        case account(AccountUpdate)
    }

    public static let streams: [StreamKind] = [.plan, .execution, .alert, .reply, .account]

    public static func warmUpMs(of kind: StreamKind) -> Int64 {
        switch kind {
        // The day that the next report is of, which is made a little after its end.
        case .execution: 86_460_000
        // Longer than any position is held.
        case .plan: 1_800_000
        case .alert: 60_000
        default: 10_000
        }
    }

    /// Nil for what concerns all.
    public let symbol: Symbol?
    public let event: Event

    public init(symbol: Symbol?, event: Event) {
        self.symbol = symbol
        self.event = event
    }

    public init?(stream: StreamName, id: StreamId, message: SuiteMessage) {
        switch message {
        case .plan(let plan): self.init(symbol: stream.symbol, event: .plan(plan))
        case .execution(let execution): self.init(symbol: stream.symbol, event: .execution(execution))
        case .alert(let alert): self.init(symbol: nil, event: .alert(alert))
        case .reply(let reply): self.init(symbol: nil, event: .reply(reply))
        case .account(let account): self.init(symbol: nil, event: .account(account))
        default: return nil
        }
    }

    /// The venue's time, which may be another than this machine's. Nil for words, which may come from other clocks.
    var time: Timestamp? {
        switch event {
        case .plan(let plan): plan.eventTime
        case .execution(let event): event.eventTime
        case .account(let account): account.eventTime
        case .alert, .reply: nil
        }
    }
}

/// What the notifier's state machine writes: a notice to be sent.
public struct NoticeOutput: MessageOutput {
    public let notice: Notice
    public var stream: StreamName { StreamName(.notice) }
    public var message: SuiteMessage { .notice(notice) }
}

/// The id of a command that came by a message: it says which update asked, so that an update counts once however often it
/// is delivered, and to which chat the answer goes.
public struct ChatCommandId: Equatable, Sendable {
    private static let prefix = "telegram"
    public let update: Int64
    public let chat: Int64

    public init(update: Int64, chat: Int64) {
        self.update = update
        self.chat = chat
    }

    /// Nil for a command of another author.
    public init?(_ text: String) {
        let parts = text.split(separator: ":")
        guard parts.count == 3, parts[0] == Self.prefix, let update = Int64(parts[1]), let chat = Int64(parts[2]) else {
            return nil
        }
        self.init(update: update, chat: chat)
    }

    public var text: String { "\(Self.prefix):\(update):\(chat)" }
}
