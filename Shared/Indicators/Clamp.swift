/// min(1, max(0, value)).
@inlinable public func clamp01(_ value: Double) -> Double { min(1, max(0, value)) }
