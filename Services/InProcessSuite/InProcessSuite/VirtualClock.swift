public import TradingPrimitives

/// Virtual time: what is to happen, in the order of its moment and then of its asking. Nothing else tells a host in
/// one process what time it is.
public final class VirtualClock {
    private struct Item {
        let us: Int64
        let number: Int
        let action: () -> Void
    }

    private var heap: [Item] = []
    private var nextNumber = 0
    /// Microseconds since 1970.
    public private(set) var nowUs: Int64

    /// A clock that stands at `start`.
    public init(start: Timestamp) { nowUs = start.milliseconds * 1000 }

    /// In whole milliseconds.
    public var now: Timestamp { Timestamp(milliseconds: nowUs / 1000) }

    /// Has `action` happen so many microseconds from now; at this moment, after what is due already, for less than one.
    public func after(us: Int64, _ action: @escaping () -> Void) {
        heap.append(Item(us: nowUs + max(0, us), number: nextNumber, action: action))
        nextNumber += 1
        var child = heap.count - 1
        while child > 0, comesBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    public func after(ms: Int64, _ action: @escaping () -> Void) { after(us: ms * 1000, action) }

    /// Repeats `action` for ever.
    public func every(ms: Int64, _ action: @escaping () -> Void) {
        after(ms: ms) { [unowned self] in
            action()
            every(ms: ms, action)
        }
    }

    /// Lets happen what is due until `ms` from now, and stops there; sooner when `isOver` says so.
    public func run(forMs ms: Int64, until isOver: () -> Bool = { false }) {
        let end = nowUs + ms * 1000
        while let first = heap.first, first.us <= end {
            removeFirst()
            nowUs = first.us
            first.action()
            if isOver() { return }
        }
        nowUs = end
    }

    /// Lets go of all that was to happen.
    public func removeAll() { heap = [] }

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
