/// What a processor said itself last before a restart, until it comes to the entry that set it off: from there on it goes on
/// from that word, whatever the entries that it was given would make it say.
public struct OwnWord<Word: Sendable>: Sendable {
    private var held: (word: Word, cause: StreamId)?

    public init() {}

    /// Of several the latest counts.
    public mutating func recall(_ word: Word, setOffBy cause: StreamId) {
        if let held, held.cause >= cause { return }
        held = (word, cause)
    }

    /// The word, if the entry that set it off lies before this one and was not given again. Ask before each entry.
    public mutating func take(before id: StreamId) -> Word? {
        guard let held, held.cause < id else { return nil }
        self.held = nil
        return held.word
    }

    /// The word, if this entry set it off. Ask after each entry.
    public mutating func take(at id: StreamId) -> Word? {
        guard let held, held.cause == id else { return nil }
        self.held = nil
        return held.word
    }
}
