import TradingPrimitives

/// A frame of a market stream as a recording holds it: the members that matter, of whatever event it is.
struct RecordedFrame {
    enum Event {
        case depth, bestPrices, trade, aggregateTrade, mark, liquidation, other
    }

    var event = Event.other
    var symbol: Range<Int>?
    var stream: Range<Int>?
    var eventTime: Int64 = 0
    var time: Int64 = 0
    /// Of a trade, single or aggregate.
    var tradeId: Int64?
    var updateId: Int64 = 0
    var previousUpdateId: Int64 = 0
    var snapshotId: Int64 = 0
    /// `p` of a trade, a mark or a liquidation; `b` of best prices is in `bids`.
    var price = Price.zero
    var average = Price.zero
    var index = Price.zero
    var rate = Ratio.zero
    var quantity = Quantity.zero
    var isSell = false
    var isBuyerMaker = false
    /// Not made by the book: an insurance fund's or a delivery's trade.
    var isOffBook = false
    var bids: [DepthLevel] = []
    var asks: [DepthLevel] = []
    var bestBid = Price.zero
    var bestAsk = Price.zero
    var bidQuantity = Quantity.zero
    var askQuantity = Quantity.zero

    /// No trade is worth so much: columns or members have changed places.
    static let notionalMax = Notional(raw: 1_000_000_000 * fixedScale)

    /// Nil when the text is not a whole JSON object.
    init?(_ scanner: inout ByteScanner) {
        guard read(&scanner) else { return nil }
    }

    /// What it says the market is at; nil where it says nothing of it.
    var told: Price? {
        switch event {
        case .mark: price > .zero ? price : nil
        case .bestPrices: bestBid > .zero ? bestBid : nil
        default: nil
        }
    }

    private mutating func read(_ scanner: inout ByteScanner) -> Bool {
        scanner.members { scanner, key in
            switch key.count {
            case 1: return readShort(&scanner, scanner.bytes[key.lowerBound])
            case 2 where scanner.equals(key, "pu"): return set(&previousUpdateId, scanner.integer())
            case 2 where scanner.equals(key, "ap"): return set(&average, scanner.decimal(Price.self))
            default: break
            }
            if scanner.equals(key, "data") { return read(&scanner) }
            if scanner.equals(key, "stream") {
                stream = scanner.string()
                return stream != nil
            }
            if scanner.equals(key, "lastUpdateId") { return set(&snapshotId, scanner.integer()) }
            if scanner.equals(key, "bids") { return scanner.levels(into: &bids) }
            if scanner.equals(key, "asks") { return scanner.levels(into: &asks) }
            return scanner.skipValue()
        }
    }

    private mutating func readShort(_ scanner: inout ByteScanner, _ key: UInt8) -> Bool {
        switch key {
        case UInt8(ascii: "e"): return readEvent(&scanner)
        case UInt8(ascii: "E"): return set(&eventTime, scanner.integer())
        case UInt8(ascii: "T"): return set(&time, scanner.integer())
        case UInt8(ascii: "s"):
            symbol = scanner.string()
            return symbol != nil
        case UInt8(ascii: "t") where event == .trade: return set(&tradeId, scanner.integer())
        case UInt8(ascii: "u"): return set(&updateId, scanner.integer())
        case UInt8(ascii: "b"):
            return event == .bestPrices ? set(&bestBid, scanner.decimal(Price.self)) : scanner.levels(into: &bids)
        case UInt8(ascii: "a"):
            if event == .aggregateTrade { return set(&tradeId, scanner.integer()) }
            return event == .bestPrices ? set(&bestAsk, scanner.decimal(Price.self)) : scanner.levels(into: &asks)
        case UInt8(ascii: "B"): return set(&bidQuantity, scanner.decimal(Quantity.self))
        case UInt8(ascii: "A"): return set(&askQuantity, scanner.decimal(Quantity.self))
        case UInt8(ascii: "p"): return set(&price, scanner.decimal(Price.self))
        case UInt8(ascii: "i") where event == .mark: return set(&index, scanner.decimal(Price.self))
        case UInt8(ascii: "r") where event == .mark: return set(&rate, scanner.decimal(Ratio.self))
        case UInt8(ascii: "q"): return set(&quantity, scanner.decimal(Quantity.self))
        case UInt8(ascii: "m"): return set(&isBuyerMaker, scanner.bool())
        case UInt8(ascii: "S"):
            guard let side = scanner.string() else { return false }
            isSell = scanner.equals(side, "SELL")
            return true
        case UInt8(ascii: "X"):
            guard let kind = scanner.string() else { return false }
            isOffBook = event == .trade && !scanner.equals(kind, "MARKET")
            return true
        case UInt8(ascii: "o") where event == .liquidation: return read(&scanner)
        default: return scanner.skipValue()
        }
    }

    private mutating func readEvent(_ scanner: inout ByteScanner) -> Bool {
        guard let name = scanner.string() else { return false }
        if scanner.equals(name, "depthUpdate") {
            event = .depth
        } else if scanner.equals(name, "bookTicker") {
            event = .bestPrices
        } else if scanner.equals(name, "trade") {
            event = .trade
        } else if scanner.equals(name, "aggTrade") {
            event = .aggregateTrade
        } else if scanner.equals(name, "markPriceUpdate") {
            event = .mark
        } else if scanner.equals(name, "forceOrder") {
            event = .liquidation
        }
        return true
    }

    private func set<Value>(_ member: inout Value, _ value: Value?) -> Bool {
        guard let value else { return false }
        member = value
        return true
    }
}
