import Foundation
public import SignalContracts
import TradingPrimitives

/// Trades and books of one symbol in the order of their ids, as a hub would have written them.
public struct MarketStory {
    public enum Event {
        case trade(StreamId, AggTrade)
        case book(StreamId, BookUpdate)

        public var id: StreamId {
            switch self {
            case .trade(let id, _), .book(let id, _): id
            }
        }
    }

    public private(set) var events: [Event]

    /// Random trades and books that jump, cluster, cross thresholds, and show and hide great levels.
    public static func random(seed: UInt64, books: Int) throws -> MarketStory {
        var random = SplitMix64(seed: seed)
        var events: [Event] = []
        var middle: Int64 = 10_000, tradeId: Int64 = 0, bias = 0.5, lastTrade: Int64 = 0
        var anomalies: [Int64: Int64] = [:]
        for step in 0..<books {
            let time = 1_700_000_000_000 + Int64(step) * 100 + Int64(random.next() % 7)
            if random.next() % 40 == 0 { bias = random.uniform() }
            middle += random.uniform() < bias * 0.4 ? 1 : random.uniform() < (1 - bias) * 0.4 ? -1 : 0
            for _ in 0..<Int(random.next() % (random.next() % 20 == 0 ? 30 : 5)) {
                lastTrade = max(lastTrade, time - 100 + Int64(random.next() % 100))
                tradeId += 1
                let isBuy = random.uniform() < bias
                let size = Int64(random.next() % 900 + 1) * (random.next() % 50 == 0 ? 60 : 1)
                let trade = AggTrade(
                    tradeId: tradeId, tradeTime: Timestamp(milliseconds: lastTrade),
                    eventTime: Timestamp(milliseconds: lastTrade + 3),
                    price: Price(raw: (middle + (isBuy ? 1 : 0)) * 10_000_000),
                    quantity: Quantity(raw: size * 100_000), buyerIsMaker: !isBuy, firstFillId: tradeId,
                    lastFillId: tradeId)
                events.append(.trade(id(lastTrade + 5 + Int64(random.next() % 9), events.count), trade))
                // Now and then one is told twice, the second time a moment later.
                guard random.next() % 25 == 0 else { continue }
                events.append(.trade(id(lastTrade + 5 + Int64(random.next() % 900), events.count), trade))
            }
            // Great levels come at random prices; some vanish at once, some stay and are traded away.
            if random.next() % 5 == 0 {
                anomalies[middle + Int64(random.next() % 16) - 8] = Int64(random.next() % 60 + 5)
            }
            for price in anomalies.keys.sorted() where random.next() % 4 == 0 { anomalies[price] = nil }
            let book = BookUpdate(
                eventTime: Timestamp(milliseconds: time), updateId: Int64(step),
                bids: side(from: middle, step: -1, anomalies, &random),
                asks: side(from: middle + 1, step: 1, anomalies, &random))
            events.append(.book(id(time + 5 + Int64(random.next() % 9), events.count), book))
        }
        return MarketStory(events: events.sorted { $0.id < $1.id })
    }

    private static func side(
        from best: Int64, step: Int64, _ anomalies: [Int64: Int64], _ random: inout SplitMix64
    ) -> BookSide {
        var side = BookSide()
        var price = best
        for _ in 0..<Int(random.next() % 6 + 15) {
            let size = anomalies[price] ?? Int64(random.next() % 20 + 1) / (random.next() % 3 == 0 ? 10 : 1) + 1
            side.append(BookLevel(price: Price(raw: price * 10_000_000), quantity: Quantity(raw: size * 100_000_000)))
            price += step * (random.next() % 10 == 0 ? 2 : 1)
        }
        return side
    }

    private static func id(_ milliseconds: Int64, _ counter: Int) -> StreamId {
        StreamId(milliseconds: UInt64(milliseconds), sequence: UInt64(counter))
    }

    /// A recorded depth20 file with its trades; `name` like `BTCUSDT`, span like `20240808T2354Z`.
    public static func recorded(symbol: String, span: String) throws -> MarketStory {
        var events: [Event] = []
        let lines = try SharedData.lines("book/\(symbol)-depth20-100ms-DERIVED-\(span).jsonl.gz")
        for line in lines {
            guard let frame = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let data = frame["data"] as? [String: Any], let time = data["E"] as? Int64,
                let update = data["u"] as? Int64,
                let bids = levels(data["b"]), let asks = levels(data["a"])
            else { throw ContractError.malformed(field: "frame", text: String(line.prefix(80))) }
            let book = BookUpdate(eventTime: Timestamp(milliseconds: time), updateId: update, bids: bids, asks: asks)
            events.append(.book(id(time + 6, events.count), book))
        }
        for trade in try recordedTrades("ticks/\(symbol)-\(span)-trades.csv.gz") {
            events.append(.trade(id(trade.tradeTime.milliseconds + 9, events.count), trade))
        }
        return MarketStory(events: events.sorted { $0.id < $1.id })
    }

    private static func levels(_ json: Any?) -> BookSide? {
        guard let rows = json as? [[String]] else { return nil }
        var side = BookSide()
        for row in rows {
            guard row.count == 2, let price = Price(row[0]), let quantity = Quantity(row[1]) else { return nil }
            side.append(BookLevel(price: price, quantity: quantity))
        }
        return side
    }

    /// Consecutive fills of equal time, price and side are one aggregated trade.
    private static func recordedTrades(_ path: String) throws -> [AggTrade] {
        var trades: [AggTrade] = []
        for line in try SharedData.lines(path).dropFirst() {
            let cells = line.split(separator: ",")
            guard cells.count == 6, let id = Int64(cells[0]), let price = Price(String(cells[1])),
                let quantity = Quantity(String(cells[2])), let time = Int64(cells[4])
            else { throw ContractError.malformed(field: "trade", text: String(line)) }
            var trade = AggTrade(
                tradeId: id, tradeTime: Timestamp(milliseconds: time), eventTime: Timestamp(milliseconds: time),
                price: price,
                quantity: quantity, buyerIsMaker: cells[5] == "true", firstFillId: id, lastFillId: id)
            if let last = trades.last, last.tradeTime == trade.tradeTime, last.price == price,
                last.buyerIsMaker == trade.buyerIsMaker
            {
                trade = AggTrade(
                    tradeId: last.tradeId, tradeTime: last.tradeTime, eventTime: last.eventTime, price: price,
                    quantity: last.quantity + quantity, buyerIsMaker: last.buyerIsMaker, firstFillId: last.firstFillId,
                    lastFillId: id)
                trades.removeLast()
            }
            trades.append(trade)
        }
        return trades
    }
}

/// Entries written down one a line, for oracles in other languages: `<stream kind> <id> <name> <value> …`.
public struct CaptureFile {
    private var text = ""

    public init() {}

    public mutating func append(_ kind: StreamKind, _ id: StreamId, _ message: some StreamMessage) {
        append(kind, id, message.fields)
    }

    public mutating func append(_ kind: StreamKind, _ id: StreamId, _ entry: Fields) {
        let fields = entry.pairs.map { "\($0.name) \($0.value)" }.joined(separator: " ")
        text += "\(kind.rawValue) \(id) \(fields)\n"
    }

    /// Runs the oracle over what was captured; returns what it printed if it found a difference.
    public func differences(
        oracle: String, arguments: [String] = [], needsTALib: Bool = false
    ) throws -> String? {
        let file = Oracles.temporaryFile("capture")
        defer { try? FileManager.default.removeItem(at: file) }
        try text.write(to: file, atomically: true, encoding: .utf8)
        return try Oracles.differences(oracle, over: file, arguments: arguments, needsTALib: needsTALib)
    }
}
