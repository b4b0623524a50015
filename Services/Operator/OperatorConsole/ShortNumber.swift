/// A number's text at most four decimals long, for people; small ones keep four digits; other text as it is.
func shortNumber(_ text: String) -> String {
    guard text.contains(where: { $0 == "." || $0 == "e" }), let value = Double(text), value.isFinite else {
        return text
    }
    let size = abs(value)
    if size >= 0.001 || size == 0 {
        return "\((value * 10_000).rounded() / 10_000)"
    }
    // 0.00008834: the first digits count.
    var scale = 10_000.0
    while size * scale < 1000, scale < 1e12 { scale *= 10 }
    let digits = Int64((size * scale).rounded())
    var decimals = "\(digits)"
    var places = 0
    var power = 1.0
    while power < scale {
        power *= 10
        places += 1
    }
    while decimals.utf8.count < places { decimals = "0" + decimals }
    return (value < 0 ? "-0." : "0.") + decimals
}
