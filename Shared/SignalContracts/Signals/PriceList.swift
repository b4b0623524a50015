public import TradingPrimitives

/// Prices in one field, separated by commas; at most sixty-four.
public struct PriceList: FieldValue, Equatable {
    public static let capacity = 64
    public var prices: [Price]

    public init(_ prices: [Price] = []) {
        precondition(prices.count <= Self.capacity)
        self.prices = prices
    }

    public init?(text: UnsafeRawBufferPointer) {
        self.init()
        guard !text.isEmpty else { return }
        for part in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard prices.count < Self.capacity, let price = Price(ascii: UnsafeRawBufferPointer(rebasing: part)) else {
                return nil
            }
            prices.append(price)
        }
    }

    public func write(into bytes: inout [UInt8]) {
        for (index, price) in prices.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            price.write(into: &bytes)
        }
    }
}
