/// Which venue is traded.
public enum TradingMode: String, FieldValue, BitwiseCopyable, CaseIterable {
    /// The exchange simulator: no account, no network.
    case paper
    /// The venue's demo: its own keys, no money.
    case demo
    case live
}
