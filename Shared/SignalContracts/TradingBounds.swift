import TradingPrimitives

/// What trading messages can hold, beside the bounds of the market: counts, money, words. A value beyond is refused by name where
/// it is read, so that nothing a stream can hold ends a process or passes for a number.
enum TradingBounds {
    static let counts = 0...1_000_000_000_000
    /// Money either way: sums of a few fit.
    static let money = Notional(raw: .min / 4)...Notional(raw: .max / 4)
    /// Prices and distances where there may be none.
    static let levels = Price.zero...Price(raw: .max / 2)
    static let leverages = 0...200
    /// Reward against risk, and the like.
    static let ratios = -1e9...1e9
    static let confidences = 0...100.000_1
    static let shortTextMax = 200
    static let textMax = 20_000
}

extension Fields {
    func count(_ name: StaticString) throws(ContractError) -> Int { try required(name, in: TradingBounds.counts) }
    func money(_ name: StaticString) throws(ContractError) -> Notional { try required(name, in: TradingBounds.money) }
    func level(_ name: StaticString) throws(ContractError) -> Price { try required(name, in: TradingBounds.levels) }

    /// Words for people.
    func text(_ name: StaticString) throws(ContractError) -> String { try text(name, max: TradingBounds.textMax) }
    /// A name or an id, which is written on into journals and answers.
    func shortText(_ name: StaticString) throws(ContractError) -> String {
        try text(name, max: TradingBounds.shortTextMax)
    }

    /// The same, where it may be absent.
    func optionalShortText(_ name: StaticString) throws(ContractError) -> String? {
        self[name] == nil ? nil : try shortText(name)
    }

    private func text(_ name: StaticString, max: Int) throws(ContractError) -> String {
        let text: String = try required(name)
        guard text.utf8.count <= max else { throw outOfRange(name, "up to \(max) bytes") }
        return text
    }
}
