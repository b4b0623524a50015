import SignalContracts
import Testing
import TradingPrimitives

@testable import Hosting

/// A worker and what it shares with others.
struct SymbolShareTests {
    /// Counts what it was given of each symbol.
    private struct Counter: StreamProcessor, SymbolSharing {
        var counts: [Symbol: Int] = [:]
        mutating func process(_ input: Symbol, emit: (Never) -> Void) { counts[input, default: 0] += 1 }
        mutating func forget(_ symbol: Symbol) { counts[symbol] = nil }
    }

    private let symbols = ["AUSDT", "BUSDT", "CUSDT"].compactMap { Symbol($0) }

    private func tell(_ holding: LeaseHolding, _ share: inout SymbolShare, isNews: Bool) {
        let isDue = share.told(holding)
        #expect(isDue == isNews)
    }

    private func expectChange(_ holding: LeaseHolding?, _ share: inout SymbolShare) {
        let change = share.takeChange()
        #expect(change == holding)
    }

    @Test func `what is beyond the fair share is given back once nothing is in hand`() {
        var share = SymbolShare(symbols, isLeased: true, isWhole: false)
        var processor: Counter? = Counter()
        #expect(share.owned.isEmpty)
        let all = LeaseHolding(owned: symbols, surplus: [])
        tell(all, &share, isNews: true)
        expectChange(all, &share)
        _ = share.own(symbols, &processor)
        for symbol in symbols { processor?.process(symbol) { _ in } }
        // Another worker came.
        let less = LeaseHolding(owned: symbols, surplus: [symbols[2]])
        tell(less, &share, isNews: true)
        #expect(share.owned == symbols, "until nothing is in hand")
        expectChange(less, &share)
        let isMemoryKept = share.own(share.kept(of: less), &processor)
        #expect(isMemoryKept, "the two that stay are remembered")
        #expect(share.owned == [symbols[0], symbols[1]])
        #expect(processor?.counts == [symbols[0]: 1, symbols[1]: 1], "the third is not")
        tell(LeaseHolding(owned: [symbols[0], symbols[1]], surplus: []), &share, isNews: false)
        expectChange(nil, &share)
    }

    @Test func `of a service that knows of all contracts one worker has all or none`() {
        let share = SymbolShare(symbols, isLeased: true, isWhole: true)
        #expect(share.kept(of: LeaseHolding(owned: [symbols[0]], surplus: [])) == symbols)
        #expect(share.kept(of: LeaseHolding(owned: [], surplus: [])).isEmpty)
    }

    @Test func `without leases all are its own`() {
        #expect(SymbolShare(symbols, isLeased: false, isWhole: false).owned == symbols)
    }

    @Test func `who was fenced owns nothing, whatever it was told before`() {
        var share = SymbolShare(symbols, isLeased: true, isWhole: false)
        tell(LeaseHolding(owned: symbols, surplus: []), &share, isNews: true)
        share.fenced()
        expectChange(nil, &share)
        #expect(share.owned.isEmpty)
    }
}
