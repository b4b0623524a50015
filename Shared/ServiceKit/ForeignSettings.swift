/// Variables of the environment by the blueprint's names. They would look like settings and do nothing, so each is refused, with what to
/// set in its place.
public enum ForeignSettings {
    /// The name, and what stands in its place.
    static let replacements: [(name: String, instead: String)] = [
        ("BINANCE_API_KEY", "set VORTEX7__VENUE__API_KEY_FILE to a file that holds it"),
        ("BINANCE_SECRET_KEY", "set VORTEX7__VENUE__API_SECRET_FILE to a file that holds it"),
        ("BINANCE_TESTNET", "set VORTEX7__MODE to paper or demo"), ("TESTNET", "set VORTEX7__MODE to paper or demo"),
        ("TRADING_PAIRS", "set VORTEX7__SYMBOLS, in containers VORTEX7_SYMBOLS"),
        ("BASE_BALANCE", "set VORTEX7__RISK_MANAGER__CAPITAL_LIMIT_USDT, in containers VORTEX7_CAPITAL_LIMIT"),
        ("MAX_LEVERAGE", "set VORTEX7__RISK_MANAGER__LEVERAGE_MAX, in containers VORTEX7_LEVERAGE_MAX"),
        ("RISK_PER_TRADE", "set VORTEX7__RISK_MANAGER__RISK_PER_TRADE, in containers VORTEX7_RISK_PER_TRADE"),
    ]

    /// One error for each that is set and not empty. Values are not told: some are secrets.
    public static func found(_ value: (String) -> String?) -> [ConfigurationError] {
        replacements.compactMap { name, instead in
            guard let text = value(name), !text.isEmpty else { return nil }
            return ConfigurationError(place: name, message: "is not read by this suite: \(instead), and take it away")
        }
    }
}
