/// A queue in one buffer: elements enter at the end and leave at the front, and keep their position all their life.
///
/// Positions count from zero and never come again, so that several windows can each hold the position of their own
/// oldest element. Grows when full; in steady state it allocates nothing.
public struct Ring<Element: BitwiseCopyable> {
    private var storage: ContiguousArray<Element?>
    private var mask: Int
    /// Position of the oldest element.
    public private(set) var start = 0
    /// Position that the next element will have.
    public private(set) var end = 0

    public init(capacity: Int = 1024) {
        var size = 16
        while size < capacity { size *= 2 }
        storage = ContiguousArray(repeating: nil, count: size)
        mask = size - 1
    }

    public var count: Int { end - start }
    public var isEmpty: Bool { start == end }

    public subscript(position: Int) -> Element {
        precondition(position >= start && position < end, "position \(position) is not in \(start)..<\(end)")
        guard let element = storage[position & mask] else { preconditionFailure("a held position has an element") }
        return element
    }

    public mutating func append(_ element: Element) {
        if count == storage.count { grow() }
        storage[end & mask] = element
        end += 1
    }

    /// Removes all elements before `position`.
    public mutating func removeAll(before position: Int) { start = max(start, min(position, end)) }

    private mutating func grow() {
        var larger = ContiguousArray<Element?>(repeating: nil, count: storage.count * 2)
        let largerMask = larger.count - 1
        for position in start..<end { larger[position & largerMask] = storage[position & mask] }
        storage = larger
        mask = largerMask
    }
}
