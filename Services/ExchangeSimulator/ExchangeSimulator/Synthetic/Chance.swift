import TradingPrimitives

// Random variates from a seeded generator. Logarithm and exponential are computed here, with additions and
// multiplications only, so that a seed tells the same story on every machine.

/// Natural logarithm of a positive finite number, to about 1e-15.
func naturalLog(_ x: Double) -> Double {
    var significand = x.significand
    var exponent = Double(x.exponent)
    if significand > 1.414_213_562_373_095_1 {
        significand /= 2
        exponent += 1
    }
    let z = (significand - 1) / (significand + 1)
    let square = z * z
    var term = z
    var sum = 0.0
    for odd in stride(from: 1.0, through: 21.0, by: 2.0) {
        sum += term / odd
        term *= square
    }
    return 2 * sum + exponent * 0.693_147_180_559_945_3
}

/// e to the power of `x`, to about 1e-15; `x` is held within ±700.
func exponential(_ x: Double) -> Double {
    let x = min(max(x, -700), 700)
    let whole = (x / 0.693_147_180_559_945_3).rounded()
    let rest = x - whole * 0.693_147_180_559_945_3
    var term = 1.0
    var sum = 1.0
    for n in 1...16 {
        term *= rest / Double(n)
        sum += term
    }
    return Double(sign: .plus, exponent: Int(whole), significand: sum)
}

extension SplitMix64 {
    /// Standard normal, as the sum of twelve uniforms: exact in mean and variance, never beyond ±6.
    mutating func normal() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += uniform() }
        return sum
    }

    /// Exponential with this mean.
    mutating func exponential(mean: Double) -> Double { -mean * naturalLog(1 - uniform()) }

    mutating func logNormal(median: Double, sigma: Double) -> Double {
        median * ExchangeSimulator.exponential(sigma * normal())
    }

    mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

    /// 1, 2, 3 … with this mean; the failures of a coin before its first success.
    mutating func geometric(mean: Double) -> Int {
        if mean <= 1 { return 1 }
        return 1 + Int(naturalLog(1 - uniform()) / naturalLog(1 - 1 / mean))
    }

    /// Uniform in 0..<bound.
    mutating func below(_ bound: Int) -> Int { Int(uniform() * Double(bound)) }
}
