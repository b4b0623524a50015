/// How much of what was traded was filled as maker, by value: expressions over rows of `trades`. Entries alone tell what the suite
/// promises; stops and market exits are takers by their nature.
public enum MakerRate {
    public static let ofEntries = rate("entry_maker_share")
    /// Entries and exits.
    public static let ofAll = rate("maker_share")

    private static func rate(_ share: String) -> String {
        "(sum(\(share) * size_usdt) / NULLIF(sum(size_usdt) FILTER (WHERE \(share) IS NOT NULL), 0))"
    }
}
