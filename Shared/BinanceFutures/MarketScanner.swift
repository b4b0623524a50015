import SignalContracts
public import TradingPrimitives
public import WebClient

/// Reads the hot frames of the market streams, raw or in the combined wrapper, without allocation.
///
/// Unknown keys, any order of keys and white space are taken; what is not JSON, or lacks a field, is an error.
public struct MarketScanner: Sendable {
    public let symbols: [Symbol]
    private let table: SymbolTable
    private var outer = FrameSlots()
    private var inner = FrameSlots()
    private var bids = BookSide()
    private var asks = BookSide()
    private var hasSides = (bids: false, asks: false)
    /// Average price of a liquidation (`ap`).
    private var averagePrice: FrameValue?
    /// The first level that was left out of the book that was read last, since its numbers do not fit.
    public private(set) var unfitLevel: String?
    private var leavesOutLevels = false

    public init(_ symbols: [Symbol]) {
        self.symbols = symbols
        table = SymbolTable(symbols)
    }

    public mutating func scan(_ frame: UnsafeRawBufferPointer) throws(FrameError) -> MarketFrame {
        leavesOutLevels = false
        do throws(FrameError) { return try read(frame) } catch {
            switch error {
            case .unfit(let start, let count):
                if let key = FrameCursor(frame).key(ofValueAt: Int(start)) {
                    return try unfit(frame, key, Int(start)..<Int(start + count))
                }
                // A level of a book: once more, without what does not fit.
                leavesOutLevels = true
                return try read(frame)
            case .truncated, .malformed, .duplicateKey, .badField: throw error
            }
        }
    }

    @inline(__always)
    private mutating func read(_ frame: UnsafeRawBufferPointer) throws(FrameError) -> MarketFrame {
        var cursor = FrameCursor(frame)
        outer.removeAll()
        inner.removeAll()
        hasSides = (false, false)
        averagePrice = nil
        unfitLevel = nil
        var control = Control()
        try readObject(&cursor, &control, isTop: true)
        try cursor.expectEnd()
        return try interpret(frame, control)
    }

    /// What a control message's answer has.
    private struct Control {
        var hasResult = false
        var hasError = false
        var id: FrameValue?
        var data: FrameValue?
    }

    private mutating func readObject(
        _ cursor: inout FrameCursor, _ control: inout Control, isTop: Bool
    ) throws(FrameError) {
        try cursor.expect(UInt8(ascii: "{"))
        var isFirst = true
        while try !cursor.closes(UInt8(ascii: "}"), isFirst: isFirst) {
            isFirst = false
            let key = try cursor.readText()
            try cursor.expect(UInt8(ascii: ":"))
            let next = try cursor.peek()
            if key.count == 1, !key.hasEscapes {
                try readLetter(&cursor, cursor.bytes[Int(key.start)], next)
            } else if isTop {
                try readWord(&cursor, key, next, &control)
            } else {
                _ = try cursor.readValue()
            }
        }
    }

    /// The value of a one-letter key of the event.
    @inline(__always)
    private mutating func readLetter(
        _ cursor: inout FrameCursor, _ letter: UInt8, _ next: UInt8
    ) throws(FrameError) {
        if next == UInt8(ascii: "["), letter == UInt8(ascii: "b") {
            guard !hasSides.bids, outer["b"] == nil else { throw .duplicateKey(at: cursor.position) }
            hasSides.bids = true
            bids = BookSide()
            guard leavesOutLevels else { return try cursor.readSide(into: &bids) }
            unfitLevel = try cursor.readFittingSide(into: &bids) ?? unfitLevel
            return
        }
        if next == UInt8(ascii: "["), letter == UInt8(ascii: "a") {
            guard !hasSides.asks, outer["a"] == nil else { throw .duplicateKey(at: cursor.position) }
            hasSides.asks = true
            asks = BookSide()
            guard leavesOutLevels else { return try cursor.readSide(into: &asks) }
            unfitLevel = try cursor.readFittingSide(into: &asks) ?? unfitLevel
            return
        }
        let value: FrameValue
        if next == UInt8(ascii: "{"), letter == UInt8(ascii: "k") || letter == UInt8(ascii: "o") {
            value = FrameValue(start: UInt32(cursor.position), count: 0, kind: .object)
            try readInner(&cursor)
        } else {
            value = try cursor.readValue()
        }
        guard isLetter(letter) else { return }
        guard outer.put(letter, value) else { throw .duplicateKey(at: cursor.position) }
    }

    /// The candle or the order within an event.
    private mutating func readInner(_ cursor: inout FrameCursor) throws(FrameError) {
        try cursor.expect(UInt8(ascii: "{"))
        var isFirst = true
        inner.removeAll()
        while try !cursor.closes(UInt8(ascii: "}"), isFirst: isFirst) {
            isFirst = false
            let key = try cursor.readText()
            try cursor.expect(UInt8(ascii: ":"))
            let value = try cursor.readValue()
            if key.count == 1, isLetter(cursor.bytes[Int(key.start)]) {
                guard inner.put(cursor.bytes[Int(key.start)], value) else {
                    throw .duplicateKey(at: cursor.position)
                }
            } else if isText(cursor.bytes, key, "ap") {
                guard averagePrice == nil else { throw .duplicateKey(at: cursor.position) }
                averagePrice = value
            }
        }
    }

    /// A longer key of the top object: the wrapper of combined streams, or an answer.
    private mutating func readWord(
        _ cursor: inout FrameCursor, _ key: FrameValue, _ next: UInt8, _ control: inout Control
    ) throws(FrameError) {
        if isText(cursor.bytes, key, "data"), next == UInt8(ascii: "{") {
            guard control.data == nil else { throw .duplicateKey(at: cursor.position) }
            control.data = key
            return try readObject(&cursor, &control, isTop: false)
        }
        let value = try cursor.readValue()
        if isText(cursor.bytes, key, "data") {
            guard control.data == nil else { throw .duplicateKey(at: cursor.position) }
            control.data = key
        } else if isText(cursor.bytes, key, "id") {
            control.id = value
        } else if isText(cursor.bytes, key, "result") {
            control.hasResult = true
        } else if isText(cursor.bytes, key, "error") || isText(cursor.bytes, key, "code") {
            control.hasError = true
        }
    }

    // MARK: Events

    private func interpret(_ frame: UnsafeRawBufferPointer, _ control: Control) throws(FrameError) -> MarketFrame {
        guard let event = outer["e"] else {
            guard control.hasResult || control.hasError else { return .other }
            let id = control.id.flatMap { $0.kind == .number ? Int64(text: bytes(frame, $0)) : nil }
            return .reply(id: id, isError: control.hasError)
        }
        let name = try fields(frame, outer).text(event, "e")
        if isEqual(name, "aggTrade") { return try trade(fields(frame, outer)) }
        if isEqual(name, "depthUpdate") { return try book(fields(frame, outer)) }
        if isEqual(name, "kline") { return try candle(fields(frame, outer), fields(frame, inner)) }
        if isEqual(name, "markPriceUpdate") { return try markPrice(fields(frame, outer)) }
        if isEqual(name, "forceOrder") { return try liquidation(fields(frame, outer), fields(frame, inner)) }
        if isEqual(name, "bookTicker") { return try bookTicker(fields(frame, outer)) }
        return .other
    }

    /// The event that was read last, whose value of `key` does not fit.
    private func unfit(
        _ frame: UnsafeRawBufferPointer, _ key: String, _ place: Range<Int>
    ) throws(FrameError) -> MarketFrame {
        guard let event = outer["e"] else { return .other }
        let name = try fields(frame, outer).text(event, "e")
        let symbol = try fields(frame, isEqual(name, "forceOrder") ? inner : outer).text("s")
        guard let index = table.index(of: symbol) else { return .other }
        let text = String(decoding: frame[place].prefix(80), as: UTF8.self)
        return .unfit(symbol: index, stream: String(decoding: name, as: UTF8.self), UnfitValue(key, text))
    }

    @inline(__always)
    private func fields(_ frame: UnsafeRawBufferPointer, _ slots: FrameSlots) -> FrameFields {
        FrameFields(bytes: frame, slots: slots)
    }

    private func trade(_ fields: FrameFields) throws(FrameError) -> MarketFrame {
        guard let symbol = table.index(of: try fields.text("s")) else { return .other }
        return .trade(
            symbol: symbol,
            AggTrade(
                tradeId: try fields.integer("a"), tradeTime: try fields.time("T"), eventTime: try fields.time("E"),
                price: try fields.decimal("p"), quantity: try fields.decimal("q"),
                buyerIsMaker: try fields.flag("m"), firstFillId: try fields.integer("f"),
                lastFillId: try fields.integer("l")))
    }

    private func book(_ fields: FrameFields) throws(FrameError) -> MarketFrame {
        guard hasSides.bids, hasSides.asks else { throw .badField("b, a") }
        guard let symbol = table.index(of: try fields.text("s")) else { return .other }
        return .book(
            symbol: symbol,
            BookUpdate(eventTime: try fields.time("E"), updateId: try fields.integer("u"), bids: bids, asks: asks))
    }

    private func candle(_ event: FrameFields, _ candle: FrameFields) throws(FrameError) -> MarketFrame {
        guard event["k"]?.kind == .object else { throw .badField("k") }
        guard let symbol = table.index(of: try event.text("s")) else { return .other }
        guard let timeframe = timeframe(try candle.text("i")) else { return .other }
        return .candle(
            symbol: symbol,
            CandleUpdate(
                eventTime: try event.time("E"), timeframe: timeframe, openTime: try candle.time("t"),
                open: try candle.decimal("o"), high: try candle.decimal("h"), low: try candle.decimal("l"),
                close: try candle.decimal("c"), volume: try candle.decimal("v"),
                quoteVolume: try candle.decimal("q"), fillCount: try candle.integer("n"),
                takerBuyVolume: try candle.decimal("V"), isClosed: try candle.flag("x"), isBackfill: false))
    }

    private func timeframe(_ text: UnsafeRawBufferPointer) -> Timeframe? {
        if isEqual(text, "1m") { return .oneMinute }
        if isEqual(text, "3m") { return .threeMinutes }
        if isEqual(text, "5m") { return .fiveMinutes }
        return isEqual(text, "15m") ? .fifteenMinutes : nil
    }

    private func markPrice(_ fields: FrameFields) throws(FrameError) -> MarketFrame {
        guard let symbol = table.index(of: try fields.text("s")) else { return .other }
        return .metric(
            symbol: symbol,
            MarketMetric(
                eventTime: try fields.time("E"),
                value: .markPrice(
                    mark: try fields.decimal("p"), index: try fields.decimal("i"),
                    // A contract that ends has no funding: the venue says nothing there.
                    fundingRate: try fields.decimalOrNothing("r") ?? .zero, nextFundingTime: try fields.time("T"))))
    }

    private func liquidation(_ event: FrameFields, _ order: FrameFields) throws(FrameError) -> MarketFrame {
        guard event["o"]?.kind == .object else { throw .badField("o") }
        guard let symbol = table.index(of: try order.text("s")) else { return .other }
        let side = try order.text("S")
        let isBuy = isEqual(side, "BUY")
        guard isBuy || isEqual(side, "SELL") else { throw .badField("S") }
        var price: Price?
        if let averagePrice {
            let average = try order.decimal(averagePrice, "ap")
            if average > .zero { price = average }
        }
        let limit: Price = try order.decimal("p")
        return .metric(
            symbol: symbol,
            MarketMetric(
                eventTime: try event.time("E"),
                value: .liquidation(
                    side: isBuy ? .buy : .sell, price: price ?? limit,
                    quantity: try order.decimal("q"))))
    }

    private func bookTicker(_ fields: FrameFields) throws(FrameError) -> MarketFrame {
        guard let symbol = table.index(of: try fields.text("s")) else { return .other }
        return .bookTicker(
            symbol: symbol,
            BookTicker(
                eventTime: try fields.time("E"), updateId: try fields.integer("u"),
                bid: BookLevel(price: try fields.decimal("b"), quantity: try fields.decimal("B")),
                ask: BookLevel(price: try fields.decimal("a"), quantity: try fields.decimal("A"))))
    }
}

/// The values of an event, by their letters.
private struct FrameFields {
    let bytes: UnsafeRawBufferPointer
    let slots: FrameSlots

    @inline(__always)
    subscript(letter: Unicode.Scalar) -> FrameValue? { slots[letter] }

    private func value(_ letter: Unicode.Scalar) throws(FrameError) -> FrameValue {
        guard let value = slots[letter] else { throw .badField(String(letter)) }
        return value
    }

    private func content(_ value: FrameValue) -> UnsafeRawBufferPointer {
        BinanceFutures.bytes(bytes, value)
    }

    func text(_ value: FrameValue, _ name: String) throws(FrameError) -> UnsafeRawBufferPointer {
        guard value.kind == .text, !value.hasEscapes else { throw .badField(name) }
        return content(value)
    }

    func text(_ letter: Unicode.Scalar) throws(FrameError) -> UnsafeRawBufferPointer {
        let value = try value(letter)
        guard value.kind == .text, !value.hasEscapes else { throw .badField(String(letter)) }
        return content(value)
    }

    func integer(_ letter: Unicode.Scalar) throws(FrameError) -> Int64 {
        let value = try value(letter)
        guard value.kind == .number, let number = Int64(text: content(value)) else { throw .badField(String(letter)) }
        return number
    }

    func time(_ letter: Unicode.Scalar) throws(FrameError) -> Timestamp {
        Timestamp(milliseconds: try integer(letter))
    }

    func decimal<Value: FixedDecimal>(_ letter: Unicode.Scalar) throws(FrameError) -> Value {
        let value = try value(letter)
        guard value.kind == .text else { throw .badField(String(letter)) }
        guard let number = Value(ascii: content(value)) else { throw unreadable(value, String(letter)) }
        return number
    }

    /// Nil for an empty text.
    func decimalOrNothing<Value: FixedDecimal>(_ letter: Unicode.Scalar) throws(FrameError) -> Value? {
        let value = try value(letter)
        return value.kind == .text && value.count == 0 ? nil : try decimal(letter)
    }

    @inline(never)
    private func unreadable(_ value: FrameValue, _ name: String) -> FrameError {
        isDecimal(content(value)) ? .unfit(at: value.start, count: value.count) : .badField(name)
    }

    func decimal(_ value: FrameValue, _ name: String) throws(FrameError) -> Price {
        guard value.kind == .text else { throw .badField(name) }
        guard let price = Price(ascii: content(value)) else { throw unreadable(value, name) }
        return price
    }

    func flag(_ letter: Unicode.Scalar) throws(FrameError) -> Bool {
        let value = try value(letter)
        guard value.kind == .literal, value.count >= 4 else { throw .badField(String(letter)) }
        switch bytes[Int(value.start)] {
        case UInt8(ascii: "t"): return true
        case UInt8(ascii: "f"): return false
        default: throw .badField(String(letter))
        }
    }
}

@inline(__always)
private func bytes(_ frame: UnsafeRawBufferPointer, _ value: FrameValue) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: frame[Int(value.start)..<Int(value.start + value.count)])
}

@inline(__always)
private func isLetter(_ byte: UInt8) -> Bool {
    let lower = byte | 32
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
}

private func isText(_ frame: UnsafeRawBufferPointer, _ value: FrameValue, _ word: StaticString) -> Bool {
    !value.hasEscapes && isEqual(bytes(frame, value), word)
}

@inline(__always)
func isEqual(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard text.count == word.utf8CodeUnitCount else { return false }
    let letters = word.utf8Start
    for index in 0..<text.count where text[index] != letters[index] { return false }
    return true
}
