public import TradingPrimitives

/// One price level of an order book.
public struct BookLevel: Equatable, Sendable, BitwiseCopyable {
    public let price: Price
    public let quantity: Quantity

    @inlinable public init(price: Price, quantity: Quantity) {
        self.price = price
        self.quantity = quantity
    }
}

/// Up to twenty levels of one side of a book, best first. A value without heap storage.
public struct BookSide: Equatable, Sendable {
    public static let capacity = 20

    @usableFromInline var levels: InlineArray<20, BookLevel>
    public private(set) var count: Int

    public init() {
        levels = InlineArray(repeating: BookLevel(price: .zero, quantity: .zero))
        count = 0
    }

    public init(_ levels: some Sequence<BookLevel>) {
        self.init()
        for level in levels { append(level) }
    }

    /// Adds the next level; nothing once there are twenty.
    public mutating func append(_ level: BookLevel) {
        guard count < Self.capacity else { return }
        levels[count] = level
        count += 1
    }

    @inlinable public subscript(index: Int) -> BookLevel {
        precondition(index < count)
        return levels[index]
    }

    @inlinable public var best: BookLevel? { count > 0 ? levels[0] : nil }

    public static func == (left: BookSide, right: BookSide) -> Bool {
        left.count == right.count && (0..<left.count).allSatisfy { left.levels[$0] == right.levels[$0] }
    }
}

/// The top of the book, as `price:quantity,price:quantity,…`, best first.
extension BookSide: FieldValue {
    public init?(text: UnsafeRawBufferPointer) {
        self.init()
        guard !text.isEmpty else { return }
        for part in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard count < Self.capacity, let colon = part.firstIndex(of: UInt8(ascii: ":")),
                let price = Price(ascii: UnsafeRawBufferPointer(rebasing: part[..<colon])),
                let quantity = Quantity(ascii: UnsafeRawBufferPointer(rebasing: part[(colon + 1)...]))
            else { return nil }
            append(BookLevel(price: price, quantity: quantity))
        }
    }

    public func write(into bytes: inout [UInt8]) {
        for index in 0..<count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            levels[index].price.write(into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            levels[index].quantity.write(into: &bytes)
        }
    }
}

/// A snapshot of the best twenty levels of both sides, every 100 ms. On `md.book:{S}`.
public struct BookUpdate: StreamMessage {
    public static let version = 1

    /// Venue's time of the message (`E`).
    public let eventTime: Timestamp
    /// Venue's number of the book's last change in it (`u`); it only grows.
    public let updateId: Int64
    /// What is bid for, up to 20 levels.
    public let bids: BookSide
    /// What is offered, up to 20 levels.
    public let asks: BookSide

    public init(eventTime: Timestamp, updateId: Int64, bids: BookSide, asks: BookSide) {
        self.eventTime = eventTime
        self.updateId = updateId
        self.bids = bids
        self.asks = asks
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        self.init(
            eventTime: try fields.time("event_time"), updateId: try fields.number("update_id"),
            bids: try fields.side("bids"), asks: try fields.side("asks"))
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("event_time", eventTime)
        fields.put("update_id", updateId)
        fields.put("bids", bids)
        fields.put("asks", asks)
    }
}
