/// What people write around a value, and what would then be part of it.
enum WrittenWrong {
    private static let quotes: [Character] = ["\"", "'", "`", "“", "”", "„", "‘", "’", "«", "»"]
    private static let brackets: [Character] = ["[", "]", "(", ")", "{", "}"]

    /// Behind a complaint about a value: `; the quotes are part of it…` where it stands in quotes, else nothing.
    static func hint(_ text: String) -> String {
        guard let first = text.first, let last = text.last, quotes.contains(first) || quotes.contains(last) else {
            return ""
        }
        return "; the quotes are part of it: write it without"
    }

    /// Why a secret can't be meant as it is written, without telling it; nil where it can.
    static func flaw(ofSecret text: String) -> String? {
        guard let first = text.first, let last = text.last else { return nil }
        // The text of a key has lines, and ends with one.
        let isKey = text.hasPrefix("-----BEGIN")
        if text.count > 1, first == last, quotes.contains(first) {
            return "begins and ends with a quote: the quotes are part of it; write it without"
        }
        if !isKey, first.isNewline || last.isNewline { return "has a line end as part of it; write it without" }
        if !isKey, first.isWhitespace || last.isWhitespace { return "has a blank as part of it; write it without" }
        return nil
    }

    /// Why a text is no symbol, and how to write it.
    static func flaw(ofSymbol text: String) -> String {
        let shown = String(text.map { $0.isNewline ? "⏎" : $0 })
        func meant(_ dropped: (Character) -> Bool) -> String { String(text.filter { !dropped($0) }).uppercased() }
        if text.contains(where: quotes.contains) {
            return "'\(shown)' is not a symbol: the quotes are part of it; write \(meant(quotes.contains)) without them"
        }
        if text.contains(where: brackets.contains) {
            return
                "'\(shown)' is not a symbol: the brackets are part of it; write \(meant(brackets.contains)), with commas between "
                + "symbols and nothing around them"
        }
        if text.contains(";") || text.contains("|") {
            return "'\(shown)' is not a symbol: part symbols by commas, as in BTCUSDT,ETHUSDT"
        }
        if text.contains(where: \.isWhitespace) {
            return
                "'\(shown)' is not a symbol: a blank or line end is part of it; part symbols by commas, as in BTCUSDT,ETHUSDT"
        }
        // As others write it: BTC/USDT, BTC/USDT:USDT, BTC-USDT, BTCUSDT.P.
        let bare = text.prefix { $0 != ":" && $0 != "." }.filter { $0 != "/" && $0 != "-" }.uppercased()
        let isOthers = text.contains { "/-:.".contains($0) } && !bare.isEmpty
        return "'\(shown)' is not a symbol, which is letters, digits and '_' as the venue writes it"
            + (isOthers ? ": \(bare)?" : ", such as BTCUSDT")
    }
}
