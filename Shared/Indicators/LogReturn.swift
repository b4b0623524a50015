/// The natural logarithm of `now`/`before`, both greater than zero: a return that adds up over time.
///
/// Written out so that it is the same number on every machine. From the difference of the two, which is exact where they
/// are near, so that small returns keep all their digits.
public func logReturn(from before: Double, to now: Double) -> Double {
    precondition(before > 0 && now > 0 && before.isFinite && now.isFinite, "a price is greater than zero")
    var now = now
    var powers = 0.0
    // ln(a/b) = ln(a/(b·2ᵏ)) + k·ln 2: the series below wants the two within a factor of √2.
    while now > before * 1.4142135623730951 {
        now /= 2
        powers += 1
    }
    while now < before * 0.7071067811865476 {
        now *= 2
        powers -= 1
    }
    // ln(a/b) = 2·(z + z³/3 + z⁵/5 + …) with z = (a − b)/(a + b), at most 0.172 in size.
    let ratio = (now - before) / (now + before)
    let square = ratio * ratio
    var sum = 0.0
    for odd in stride(from: 23.0, through: 1, by: -2) { sum = sum * square + 1 / odd }
    return 2 * ratio * sum + powers * 0.6931471805599453
}
