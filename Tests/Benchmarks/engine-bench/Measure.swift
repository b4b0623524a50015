import CMallocCount
import ServiceKit

/// Time and allocations of a piece of work.
struct Cost {
    let us: Double
    let allocations: UInt64

    static func of(_ body: () -> Void) -> Cost {
        let before = cmalloccount_total()
        let began = SystemClock.monotonicUs()
        body()
        let us = Double(SystemClock.monotonicUs() - began)
        return Cost(us: us, allocations: cmalloccount_total() - before)
    }
}

/// Keeps the compiler from leaving out what nobody reads.
@inline(never) func blackHole(_ value: some Any) { withExtendedLifetime(value) {} }

/// A number with so many decimals.
func rounded(_ value: Double, _ decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    return "\((value * scale).rounded() / scale)"
}
