extension Int128 {
    /// The nearest binary floating-point number; for sums of 64-bit numbers, which rarely need more.
    @inlinable public var double: Double {
        let low = Int64(truncatingIfNeeded: self)
        return Int128(low) == self ? Double(low) : Double(self)
    }
}
