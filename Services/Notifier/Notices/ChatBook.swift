public import SignalContracts

/// Why Telegram did not take a message, as far as that decides what becomes of it.
public enum ChatRefusal: Equatable, Sendable {
    /// This message will never be taken, another one to the same chat may be.
    case message
    /// The chat takes nothing at this time: it has blocked the bot, thrown it out, or is not known.
    case chat
    /// The group became a supergroup, which has another number.
    case moved(to: Int64)

    /// What can be wrong with a message itself, in Telegram's words. All else is about the chat: a notice that is held back for
    /// nothing costs less than one that is thrown away.
    private static let flawsOfMessages = [
        "can't parse entities", "message is too long", "message_too_long", "message text is empty", "entities_too_long",
        "entity_", "text must be",
    ]

    public init(code: Int, text: String, movedTo: Int64?) {
        if let movedTo {
            self = .moved(to: movedTo)
        } else if code == 400, Self.flawsOfMessages.contains(where: text.lowercased().contains) {
            self = .message
        } else {
            self = .chat
        }
    }
}

/// Which chats have another number by now, which take nothing, and what is held back for those. Times are monotonic microseconds.
public struct ChatBook: Sendable {
    private struct Place: Sendable {
        let chat: Int64
        /// Nil while it takes messages.
        var refusal: String?
        var retryUs: Int64 = 0
        var waitUs = ChatBook.waitLeastUs
        /// Oldest first.
        var held: [StreamId] = []
        /// When Telegram last took something for it, or said that it would.
        var openedUs: Int64?

        func isDue(at now: Int64) -> Bool { refusal == nil || retryUs <= now }
    }

    private struct Move: Sendable {
        let old: Int64
        var new: Int64
    }

    private static let waitLeastUs: Int64 = 5_000_000
    private static let waitGreatestUs: Int64 = 60_000_000
    /// A chat to which nothing was said for so long is asked whether it still listens.
    private static let silenceUs: Int64 = 900_000_000

    /// As they are configured.
    private let chats: [Int64]
    private var moves: [Move] = []
    private var places: [Place] = []

    public init(_ chats: [Int64]) { self.chats = chats }

    // MARK: Numbers

    /// The chat's number of today.
    public func current(_ chat: Int64) -> Int64 { moves.first { $0.old == chat }?.new ?? chat }

    /// Whether commands from this chat may count.
    public func isListed(_ chat: Int64) -> Bool { chats.contains(chat) || chats.contains { current($0) == chat } }

    /// The chat has another number from now on, and so has what is held back for it. False for what was known.
    @discardableResult
    public mutating func move(_ old: Int64, to new: Int64) -> Bool {
        guard old != new, current(old) != new else { return false }
        // The newest word counts, so that one step is always enough, and two words never make a ring.
        moves.removeAll { $0.old == new || $0.old == old }
        for index in moves.indices where moves[index].new == old { moves[index].new = new }
        moves.append(Move(old: old, new: new))
        guard let place = places.firstIndex(where: { $0.chat == old }) else { return true }
        let held = places.remove(at: place).held
        let target = index(of: new)
        places[target].held = (places[target].held + held).sorted()
        return true
    }

    // MARK: What they take

    private func place(_ chat: Int64) -> Place? { places.first { $0.chat == current(chat) } }

    private mutating func index(of chat: Int64) -> Int {
        let chat = current(chat)
        if let known = places.firstIndex(where: { $0.chat == chat }) { return known }
        places.append(Place(chat: chat))
        return places.count - 1
    }

    /// Telegram took a message for the chat. True when it had not before.
    @discardableResult
    public mutating func opened(_ chat: Int64, at now: Int64) -> Bool {
        let index = index(of: chat), wasClosed = places[index].refusal != nil
        places[index].refusal = nil
        places[index].waitUs = Self.waitLeastUs
        places[index].openedUs = now
        return wasClosed
    }

    /// Telegram took nothing for the chat. True when it had before.
    @discardableResult
    public mutating func closed(_ chat: Int64, _ reason: String, at now: Int64) -> Bool {
        let index = index(of: chat), wasOpen = places[index].refusal == nil
        places[index].refusal = reason
        places[index].retryUs = now + places[index].waitUs
        places[index].waitUs = min(Self.waitGreatestUs, places[index].waitUs * 2)
        return wasOpen
    }

    /// Whether a notice for the chat has to wait: for the chat, or behind others.
    public func mustHold(_ chat: Int64) -> Bool {
        place(chat).map { $0.refusal != nil || !$0.held.isEmpty } ?? false
    }

    public mutating func hold(_ id: StreamId, for chat: Int64) {
        let index = index(of: chat)
        // Nearly always the newest one, at the end.
        let after = places[index].held.lastIndex { $0 <= id }
        guard after.map({ places[index].held[$0] != id }) ?? true else { return }
        places[index].held.insert(id, at: after.map { $0 + 1 } ?? 0)
    }

    /// It was told, or is no more.
    public mutating func release(_ id: StreamId) {
        for index in places.indices { places[index].held.removeAll { $0 == id } }
    }

    /// They will be read again.
    public mutating func releaseAll() { for index in places.indices { places[index].held = [] } }

    /// What may be tried of that which is held back; `isPaced` says that a chat may be sent a message by its pace.
    public func next(at now: Int64, isPaced: (Int64) -> Bool) -> StreamId? {
        places.first { $0.isDue(at: now) && !$0.held.isEmpty && isPaced($0.chat) }?.held.first
    }

    /// A chat of which it is not known whether it takes messages, and for which nothing waits that would show it.
    public func unsure(at now: Int64) -> Int64? {
        chats.lazy.map(current).first { chat in
            guard let place = place(chat) else { return true }
            guard place.held.isEmpty, place.isDue(at: now) else { return false }
            return place.refusal != nil || place.openedUs.map { now - $0 > Self.silenceUs } ?? true
        }
    }

    /// Which configured chats take nothing, in words; nil when all do as far as is known.
    public var complaint: String? {
        let closed = chats.compactMap { chat in place(chat).flatMap { place in place.refusal.map { (place, $0) } } }
        guard !closed.isEmpty else { return nil }
        let reasons = closed.map { place, reason in
            "chat \(place.chat): \(reason)" + (place.held.isEmpty ? "" : " (\(place.held.count) held back)")
        }
        let head = closed.count == chats.count ? "alerts reach nobody" : "alerts do not reach everybody"
        return "\(head): \(reasons.joined(separator: "; "))"
    }
}
