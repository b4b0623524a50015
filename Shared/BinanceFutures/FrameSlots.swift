import WebClient

/// The values of an object's one-letter keys.
struct FrameSlots {
    private var values = [FrameValue](repeating: FrameValue(), count: 64)
    private var present: UInt64 = 0

    mutating func removeAll() { present = 0 }

    /// False when the key is there already.
    @inline(__always)
    mutating func put(_ letter: UInt8, _ value: FrameValue) -> Bool {
        let index = Int(letter & 63)
        let bit: UInt64 = 1 << UInt64(index)
        if present & bit != 0 { return false }
        present |= bit
        values[index] = value
        return true
    }

    @inline(__always)
    subscript(letter: Unicode.Scalar) -> FrameValue? {
        let index = Int(letter.value & 63)
        return present & (1 << UInt64(index)) != 0 ? values[index] : nil
    }
}
