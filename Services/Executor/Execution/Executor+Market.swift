import SignalContracts
import TradingPrimitives

// What is seen of the market.
extension Executor {
    private static let bookFaultTellMs: Int64 = 60_000

    /// A book that can't be true counts as none: it moves no stop and sets off no emergency, for the stop at the venue
    /// stands whatever we are told. When no good one follows, the feed is lost, and what holds then holds.
    mutating func bookArrived(_ symbol: Symbol, _ bid: Price, _ ask: Price, at time: Timestamp) {
        withDesk(symbol) { executor, index in
            if let fault = executor.fault(of: executor.desks[index], bid: bid, ask: ask) {
                return executor.bookDoubted(index, fault)
            }
            let gap = executor.watch.gap(executor.desks[index], bid: bid, ask: ask, at: time)
            executor.desks[index].bookFault = nil
            executor.desks[index].bid = bid
            executor.desks[index].ask = ask
            executor.desks[index].bookTime = min(executor.now, time)
            if let gap { executor.emergency(gap, untilPerson: false) }
            executor.act(index) { _, _, _ in }
        }
    }

    mutating func markArrived(_ symbol: Symbol, _ price: Price, at time: Timestamp) {
        withDesk(symbol) { executor, index in
            guard price > .zero, time >= executor.desks[index].markTime else { return }
            executor.desks[index].mark = price
            executor.desks[index].markTime = min(executor.now, time)
        }
    }

    /// The mark price, while it is young enough to say something.
    func youngMark(_ desk: Desk) -> Price? { now - desk.markTime <= configuration.markAgeMaxMs ? desk.mark : nil }

    /// Why a book can't be true; nil when it can.
    private func fault(of desk: Desk, bid: Price, ask: Price) -> String? {
        guard let quote = Quote(bid: bid, ask: ask) else { return "the book is crossed: bid \(bid), ask \(ask)" }
        guard let mark = youngMark(desk), !quote.isNear(mark, within: configuration.markBandRatio) else { return nil }
        return "the book is too far from the mark price \(mark): bid \(bid), ask \(ask)"
    }

    private mutating func bookDoubted(_ index: Int, _ fault: String) {
        desks[index].bookFault = fault
        if let toldAt = desks[index].bookFaultToldAt, now - toldAt < Self.bookFaultTellMs { return }
        desks[index].bookFaultToldAt = now
        alert(.warning, "absurd_book", desks[index].symbol, "\(fault); it counts as none")
    }
}
