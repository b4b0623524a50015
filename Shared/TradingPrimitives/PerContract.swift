/// Settings of all contracts, and those of contracts that have their own.
public struct PerContract<Settings: Sendable>: Sendable {
    public let usual: Settings
    public let own: [Symbol: Settings]

    public init(_ usual: Settings, own: [Symbol: Settings] = [:]) {
        self.usual = usual
        self.own = own
    }

    public subscript(symbol: Symbol) -> Settings { own[symbol] ?? usual }
}
