public import SignalContracts
public import TradingPrimitives

/// What a worker has after it has asked for its leases.
public struct LeaseHolding: Equatable, Sendable {
    public var owned: [Symbol]
    /// Of those, what is beyond the fair share: to be given back once nothing of them is in hand.
    public var surplus: [Symbol]

    public init(owned: [Symbol], surplus: [Symbol]) {
        self.owned = owned
        self.surplus = surplus
    }
}

/// Which symbols a worker reads, by what the leases say. A change waits until nothing is in hand.
public struct SymbolShare: Sendable {
    private let symbols: [Symbol]
    private let isWhole: Bool
    /// Those that are read.
    public private(set) var owned: [Symbol]
    private var next: LeaseHolding?

    /// Of these symbols; `isWhole`: one worker has all of them or none. Without leases all are its own.
    public init(_ symbols: [Symbol], isLeased: Bool, isWhole: Bool) {
        self.symbols = symbols
        self.isWhole = isWhole
        owned = isLeased ? [] : symbols
    }

    /// Whether a stream is read: one of its symbols', or one of no symbol.
    public func owns(_ stream: StreamName) -> Bool { stream.symbol.map(owned.contains) ?? true }

    /// What is to be read when that is held.
    public func kept(of holding: LeaseHolding) -> [Symbol] {
        if isWhole { return holding.owned.isEmpty ? [] : symbols }
        return symbols.filter { holding.owned.contains($0) && !holding.surplus.contains($0) }
    }

    /// What asking for the leases gave; whether something else is to be read than now, so that a hand-over is due.
    public mutating func told(_ holding: LeaseHolding) -> Bool {
        guard kept(of: holding) != owned || !holding.surplus.isEmpty else { return false }
        next = holding
        return true
    }

    /// The change that was told of, now that nothing is in hand: its surplus is to be given back, then what is kept to be owned.
    public mutating func takeChange() -> LeaseHolding? {
        defer { next = nil }
        return next
    }

    /// Another worker has taken over: nothing is its own any more, whatever it was told.
    public mutating func fenced() {
        next = nil
        owned = []
    }

    /// Reads these from now on. What stays with this worker goes on from where it is: the processor forgets what leaves, and only
    /// what comes has to be warmed up. Gives whether that is so.
    public mutating func own<Processor: StreamProcessor>(_ symbols: [Symbol], _ processor: inout Processor?) -> Bool {
        defer { owned = symbols }
        guard var sharing = processor as? any StreamProcessor & SymbolSharing, !symbols.isEmpty else { return false }
        for symbol in owned where !symbols.contains(symbol) { sharing.forget(symbol) }
        processor = sharing as? Processor
        return true
    }
}
