import BinanceFutures
import ServiceKit
import TradingPrimitives

/// Which configured contracts the venue tells of, and why not of the others: one that it does not list costs itself alone, and is
/// named.
final class ContractWatch {
    /// Mark prices come each second, of contracts that hardly trade too.
    private static let silenceMaxUs: Int64 = 30_000_000

    /// What the venue's list of contracts says of one.
    enum Listing: Equatable {
        case good
        /// It is there, and stands still for the time.
        case paused(String)
        /// It is not there, or can't be used: nothing is asked about it.
        case missing(String)

        fileprivate var flaw: String? {
            switch self {
            case .good: nil
            case .paused(let reason), .missing(let reason): reason
            }
        }
    }

    private struct Standing {
        var heardUs: Int64?
        var listing = Listing.good
        var isRefused = false
        var told: String?
    }

    private let log: Logger
    private let symbols: [Symbol]
    private var standings: [Standing]

    init(_ log: Logger, _ symbols: [Symbol]) {
        self.log = log
        self.symbols = symbols
        standings = Array(repeating: Standing(), count: symbols.count)
    }

    /// Something of the contract has come in.
    func heard(_ symbol: Int, atUs now: Int64) { standings[symbol].heardUs = now }

    /// What the venue's list says of each. Gives those that it has again.
    func listed(_ listings: [Listing]) -> [Int] {
        var returned: [Int] = []
        for (index, listing) in listings.enumerated() {
            if case .missing = standings[index].listing, listing == .good { returned.append(index) }
            standings[index].listing = listing
        }
        return returned
    }

    /// The venue does not take a stream of the contract.
    func refused(stream: String) {
        guard let index = symbols.firstIndex(where: { stream.hasPrefix("\($0.lowercased)@") }) else { return }
        standings[index].isRefused = true
    }

    /// Whether there is nothing to be asked about it.
    func isMissing(_ symbol: Int) -> Bool {
        if case .missing = standings[symbol].listing { true } else { false }
    }
    /// Whether the list is to be looked at again soon.
    var hasFlaw: Bool { standings.contains { $0.listing != .good } }

    /// Why nothing comes of a contract; nil where something does.
    private func reason(_ symbol: Int, atUs now: Int64) -> String? {
        let standing = standings[symbol]
        if case .missing(let reason) = standing.listing { return reason }
        if let heardUs = standing.heardUs, now - heardUs < Self.silenceMaxUs { return nil }
        if let flaw = standing.listing.flaw { return flaw }
        if standing.isRefused { return "the venue refuses its streams" }
        return standing.heardUs.map { "nothing heard for \((now - $0) / 1_000_000) s" } ?? "nothing heard yet"
    }

    /// Whether the venue tells of each contract.
    var isWhole: Bool {
        let now = SystemClock.monotonicUs()
        return symbols.indices.allSatisfy { reason($0, atUs: now) == nil }
    }

    /// What is missing, in words, by contract; nil for nothing.
    var complaint: String? {
        let now = SystemClock.monotonicUs()
        let missing = symbols.indices.compactMap { index in reason(index, atUs: now).map { "\(symbols[index]): \($0)" }
        }
        return missing.isEmpty ? nil : missing.joined(separator: "; ")
    }

    /// Tells once of each contract that nothing comes of, and when something does again. To be called now and then.
    func tell() {
        let now = SystemClock.monotonicUs()
        for index in symbols.indices {
            let reason = reason(index, atUs: now), told = standings[index].told
            // How long it has been silent is not news.
            let isNews = (reason == nil) != (told == nil) || reason != nil && reason == standings[index].listing.flaw
            guard isNews, told != reason else { continue }
            standings[index].told = reason
            guard let reason else {
                log.info("contract_heard") { $0.put("symbol", symbols[index]) }
                continue
            }
            log.error("contract_without_feed") {
                $0.put("symbol", symbols[index])
                $0.put("reason", reason)
            }
        }
    }
}
