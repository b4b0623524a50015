import TradingPrimitives

/// Virtual time: what is to happen, in the order of its moment and then of its asking. Nothing else tells a simulation
/// what time it is.
final class Scheduler {
    private struct Item {
        let us: Int64
        let number: Int
        let action: () -> Void
    }

    private var heap: [Item] = []
    private var nextNumber = 0
    /// Microseconds since 1970.
    private(set) var nowUs: Int64

    init(start: Timestamp) { nowUs = start.milliseconds * 1000 }

    var now: Timestamp { Timestamp(milliseconds: nowUs / 1000) }

    func after(us: Int64, _ action: @escaping () -> Void) {
        heap.append(Item(us: nowUs + max(0, us), number: nextNumber, action: action))
        nextNumber += 1
        var child = heap.count - 1
        while child > 0, comesBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    func after(ms: Int64, _ action: @escaping () -> Void) { after(us: ms * 1000, action) }

    /// Repeats `action` until the end of the simulation.
    func every(ms: Int64, _ action: @escaping () -> Void) {
        after(ms: ms) { [unowned self] in
            action()
            every(ms: ms, action)
        }
    }

    /// Lets happen what is due until `ms` from now, and stops there; sooner when `isOver` says so.
    func run(forMs ms: Int64, until isOver: () -> Bool = { false }) {
        let end = nowUs + ms * 1000
        while let first = heap.first, first.us <= end {
            removeFirst()
            nowUs = first.us
            first.action()
            if isOver() { return }
        }
        nowUs = end
    }

    func removeAll() { heap = [] }

    private func comesBefore(_ left: Int, _ right: Int) -> Bool {
        (heap[left].us, heap[left].number) < (heap[right].us, heap[right].number)
    }

    private func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && comesBefore(child, least) {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
