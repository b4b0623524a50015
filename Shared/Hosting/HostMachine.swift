public import SignalContracts
public import TradingPrimitives

/// The life of a host that runs a processor on streams: when it reads, what it commits, and when what the processor remembers
/// may no longer be trusted.
///
/// It does nothing itself. A shell tells it what has happened, and does what `next` wants until that wants nothing. The service
/// does so over Redis, the fault simulation over a bus in memory.
///
/// ```
///          begin                  connected               lost, or what `handOver` wants
///   down ────────▶ recovering ──────────────▶ live ─────────────────────────────────────▶ down
///                      └── lost ──▶ down          open ─ seal ▶ sealed ─ answers ▶ settle ▶ open
/// ```
public struct HostMachine: Sendable {
    /// What is to be done now. After each the shell says how it went, in the words that stand here.
    public enum Action: Equatable, Sendable {
        // How it comes back: `lost()` when one of them fails.

        /// Of a host with leases: `checkedLeases`.
        case checkLeases
        /// Who answers: `identified`.
        case identify
        /// Which of these lanes, whose answers never came, were committed: `found`, or `foundNoGroup`.
        case find(lanes: [Int])
        /// Those groups that are missing, where this process stood: `madeGroups`.
        case makeGroups(resumeAt: [StreamId?])
        /// Where the groups stand: `located`.
        case locate
        /// What another server may count wrongly: `recounted`.
        case recount([GroupPosition])
        /// That entries of these streams were trimmed away unread, once: `toldGaps`.
        case tellGaps(streams: [Int], [GroupPosition])
        /// What dead consumers left: `claimed`.
        case claim
        /// What was delivered and not acknowledged: `sawPending`.
        case readPending
        /// The past, then what is pending: `replayed`.
        case replay(HostReplay)
        /// The connections on which it lives: `connected`.
        case connect

        // A batch on its way.

        /// Nothing more gets into the batch: `sealed`.
        case seal
        /// What lies elsewhere than the entries that set it off: `aheadAnswered` for each.
        case sendAhead
        /// `laneAnswered` for each.
        case send(lanes: [Int])
        /// Redis would not take it: `sendAgain` after a while.
        case delay
        /// The batch is committed: `committed` for each of its entries.
        case settle

        // Life.

        /// The time has come: it may set something off, so `processed`.
        case processTimer
        /// What arrived while a batch was on its way.
        case resumeReading
        /// Of each part for which `mayRead`: `sentRead`, then `arrived`; or `holdRead`.
        case read
        /// They would run out before a read is over: `renewedLeases` if it went well, and `endedRenewal`.
        case renewLeases
        /// It may have slept through its leases: `fenced`.
        case fence
        /// Entries of consumers that may be dead: `lost` when some were claimed, for they have their places in the past.
        case claimForeign
        /// Other streams: `own`, then `begin`.
        case handOver
        /// Drop all connections, and `begin` after a while.
        case retry
        case stop
    }

    enum Phase: Equatable {
        /// Waits for `begin`.
        case down
        /// `retry` is to be said.
        case falling
        case recovering(RecoveryStep, isAsked: Bool)
        case live
        case stopped
    }

    enum Memory: Equatable {
        /// The processor knows nothing, or something that may be wrong.
        case none
        /// It is right but for these symbols, of which it knows nothing.
        case kept(unknown: Set<Symbol>)
    }

    enum Batch: Equatable {
        /// It takes what is processed.
        case open(isEmpty: Bool)
        case sealed(SealedBatch)
    }

    public internal(set) var layout: StreamLayout
    /// Whether leases guard it: what it commits is fenced, and it reads only while they stand.
    public let isGuarded: Bool
    var phase = Phase.down
    var memory = Memory.none
    var batch = Batch.open(isEmpty: true)
    /// Lanes of the sealed batch that have not been confirmed.
    var unsettled: [Int] = []
    /// The process whose streams the memory is built on.
    var server: String?
    /// Another one that answers now, until it is seen to count right.
    var otherServer: String?
    /// For each stream, the last entry that was committed; nil when this process has committed none.
    var lastCommitted: [StreamId?]
    public private(set) var isStopping = false
    var isTimerDue = false
    var isHandOverDue = false
    var mayHaveForeign = false
    /// Whether what arrives waits in its connection.
    var isReadingPaused = false
    /// Whether the next read waits for the shell's word.
    var isReadHeld = false
    /// While live, for each part, whether the answer to a read is owed.
    var areReading: [Bool] = []
    /// While live, for each part, whether what is read can be committed: the fence, where there is one, is being watched.
    var areWatched: [Bool] = []
    /// When the leases were last asked for, microseconds of the clock that `next` is given.
    private var leasesRenewedUs = Int64.min
    /// How long they are good for a read or what goes ahead.
    private let leaseFreshUs: Int64

    /// With `leaseFreshUs` leases guard it, which are fresh for that long after they were asked for.
    public init(_ layout: StreamLayout, leaseFreshUs: Int64? = nil) {
        self.layout = layout
        isGuarded = leaseFreshUs != nil
        self.leaseFreshUs = leaseFreshUs ?? 0
        lastCommitted = Array(repeating: nil, count: layout.streams.count)
    }

    public var isLive: Bool { phase == .live }

    /// What is to be done next; nil when only something from outside moves it on.
    public mutating func next(nowUs: Int64) -> Action? {
        switch phase {
        case .stopped: return nil
        case .falling:
            phase = .down
            return isStopping ? stopped() : .retry
        case .down:
            if isStopping { return stopped() }
            guard isHandOverDue else { return nil }
            return handOver()
        case .recovering(let step, let isAsked): return nextRecovery(step, isAsked, nowUs)
        case .live: return nextLive(nowUs)
        }
    }

    mutating func stopped() -> Action {
        phase = .stopped
        return .stop
    }

    mutating func handOver() -> Action {
        isHandOverDue = false
        phase = .down
        return .handOver
    }

    // MARK: From outside

    /// Comes back, if it is down.
    public mutating func begin() {
        guard phase == .down, !isStopping else { return }
        phase = .recovering(isGuarded ? .leases : .identity, isAsked: false)
    }

    /// Finishes the batch in hand, then stops.
    public mutating func stop() { isStopping = true }

    /// The processor's time has come.
    public mutating func timerIsDue() { isTimerDue = true }

    /// Other streams are to be read, once no batch is in hand.
    public mutating func handOverIsDue() { isHandOverDue = true }

    /// A connection broke, or something could not be done: it falls, and comes back.
    public mutating func lost() {
        switch phase {
        case .down, .falling, .stopped: return
        case .recovering(.replay, _): forget()
        case .recovering, .live: break
        }
        switch batch {
        // Processed and not sealed: the state is ahead of the streams.
        case .open(isEmpty: false): forget()
        case .open(isEmpty: true): break
        case .sealed(var sealed):
            sealed.delivery = .due
            batch = .sealed(sealed)
        }
        phase = .falling
    }

    /// Another worker has taken over while this one slept: nothing in hand is its own any more.
    public mutating func fenced() {
        forget()
        isHandOverDue = false
        phase = .down
    }

    /// Reads these streams from now on. `isMemoryKept`: the processor has forgotten the symbols that left, and may go on with the
    /// others.
    public mutating func own(_ next: StreamLayout, isMemoryKept: Bool) {
        let before = Set(layout.streams.compactMap(\.symbol)), now = Set(next.streams.compactMap(\.symbol))
        let committed = Dictionary(zip(layout.streams, lastCommitted)) { first, _ in first }
        // What is on its way belongs to the streams before: whether it was committed will not be asked.
        if !isMemoryKept || batch != .open(isEmpty: true) { forget() }
        if case .kept(let unknown) = memory {
            memory = .kept(unknown: unknown.union(now.subtracting(before)).intersection(now))
        }
        layout = next
        lastCommitted = next.streams.map { committed[$0] ?? nil }
    }

    /// What the processor remembers is not to be trusted, and what is in hand not this host's own any more.
    public mutating func forget() {
        memory = .none
        batch = .open(isEmpty: true)
    }

    // MARK: Leases

    /// They were asked for at this moment, and stand.
    public mutating func renewedLeases(atUs askedUs: Int64) { leasesRenewedUs = askedUs }

    /// It was tried to renew them.
    public mutating func endedRenewal(nowUs: Int64) { if !areLeasesFresh(nowUs) { lost() } }

    /// A read must be over, with its whole waiting time, before the leases can run out. A worker that slept would otherwise take
    /// entries away from the new owner before it learns that it has been fenced.
    func areLeasesFresh(_ nowUs: Int64) -> Bool {
        !isGuarded || leasesRenewedUs != .min && nowUs - leasesRenewedUs < leaseFreshUs
    }
}

/// What a host does to know what it knew: the past is processed in silence, what is pending is said.
public struct HostReplay: Equatable, Sendable {
    /// Whether the processor is made anew.
    public let isNew: Bool
    /// Symbols whose past it must be given, though it knows others.
    public let unknown: Set<Symbol>
    public let positions: [GroupPosition]
    /// Delivered entries that were never processed, and are now.
    public let due: [PendingEntry]
    /// Those that wait for another stream of their symbol.
    public let held: [PendingEntry]

    /// Whether the past of a stream is given to the processor.
    public func isPastNeeded(of stream: StreamName) -> Bool { isNew || stream.symbol.map(unknown.contains) ?? false }
}
