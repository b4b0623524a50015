public import SignalContracts
public import TradingPrimitives
public import Venue

/// What stands around the executor's core: a disk, a line to the venue, the streams. The service has real ones, a
/// simulation its own, and both do what the core wants in the one order that `perform` keeps.
public protocol ExecutorWorld: AnyObject {
    /// A request that is signed and ready to leave.
    associatedtype Ready
    /// What may break in the middle: nothing in the service, a crash in a simulation.
    associatedtype Failure: Error

    /// Words that wait for the disk, oldest first: a number that a crash takes back may not have been used outside.
    var heldWords: [(number: UInt64, message: ExecutorMessage)] { get set }

    /// Adds a record to those that the next sync makes durable. Returns its number.
    func append(_ record: ExecutorRecord) throws(Failure) -> UInt64
    /// Lets the disk begin; `sync` waits for it.
    func beginSync() throws(Failure)
    /// Makes durable what was appended; false when the disk does not take it.
    func sync() throws(Failure) -> Bool
    /// Does all that can be done before a request leaves; nil when nothing can be sent.
    func prepare(_ id: RequestId, _ request: VenueRequest) throws(Failure) -> Ready?
    func send(_ ready: Ready) throws(Failure)
    /// Lets go of a request that must not leave.
    func drop(_ ready: Ready) throws(Failure)
    /// Adds a word that must be said, with the number of its record.
    func say(_ message: ExecutorMessage, number: UInt64) throws(Failure)
    /// Shows a fact that the next one replaces.
    func show(_ fact: ExecutorFact) throws(Failure)
}

/// What is shown for people and for who comes late; not in the journal.
public enum ExecutorFact: Equatable, Sendable {
    case account(AccountUpdate)
    case contract(Symbol, ContractTerms)
    /// The hot-state key of a position; nil removes it.
    case position(Symbol, Fields?)
}

extension ExecutorWorld {
    /// Does what the core wants: journal, then requests, then words. No request leaves before the intent behind it is on
    /// the disk; one that opens risk does not leave at all when the disk failed, and no word does. A disk that failed is
    /// tried again with each call.
    ///
    /// Returns what the core must hear next.
    public func perform(
        _ effects: [ExecutorEffect], wasWritable: Bool
    ) throws(Failure) -> [ExecutorEvent] {
        var mustSync = !wasWritable
        for effect in effects {
            guard case .journal(let record) = effect else { continue }
            let number = try append(record)
            if case .message(let message) = record { heldWords.append((number, message)) }
            mustSync = true
        }
        // The disk works while the requests are made ready; none leaves before the disk has answered.
        if mustSync { try beginSync() }
        var requests: [(id: RequestId, opensRisk: Bool, ready: Ready)] = []
        for effect in effects {
            guard case .request(let id, let request) = effect, let ready = try prepare(id, request) else { continue }
            requests.append((id, request.opensRisk, ready))
        }
        let isDurable = mustSync ? try sync() : true
        var news: [ExecutorEvent] = []
        if isDurable != wasWritable { news.append(.journal(isWritable: isDurable)) }
        for request in requests {
            if isDurable || !request.opensRisk {
                try send(request.ready)
            } else {
                try drop(request.ready)
                news.append(.reply(request.id, .notExecuted("the journal can't be written")))
            }
        }
        if isDurable { try sayHeldWords() }
        for effect in effects { try show(effect) }
        return news
    }

    private func sayHeldWords() throws(Failure) {
        guard !heldWords.isEmpty else { return }
        let words = heldWords
        heldWords.removeAll(keepingCapacity: true)
        for word in words { try say(word.message, number: word.number) }
    }

    private func show(_ effect: ExecutorEffect) throws(Failure) {
        switch effect {
        case .publish(.account(let update)): try show(.account(update))
        case .publish(.contract(let symbol, let terms)): try show(.contract(symbol, terms))
        case .project(let symbol, let fields): try show(.position(symbol, fields))
        case .publish, .journal, .request: break
        }
    }
}
