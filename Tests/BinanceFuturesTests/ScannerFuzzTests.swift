import BinanceFutures
import Foundation
import SignalContracts
import Testing
import TradingPrimitives

/// The scanner against Foundation's reader, over frames that were damaged at random places.
struct ScannerFuzzTests {
    private static let frames = [
        #"{"e":"aggTrade","E":123456789,"a":5933014,"s":"BTCUSDT","p":"0.001","q":"100","f":100,"l":105,"T":123456785,"m":true,"st":1}"#,
        #"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"a":2,"s":"BTCUSDT","p":"61800.20","q":"0.1","nq":"0.1","f":3,"l":4,"T":5,"m":false}}"#,
        #"{"e":"depthUpdate","E":20,"T":19,"s":"BTCUSDT","U":157,"u":160,"pu":149,"b":[["0.0024","10"],["0.0023","1"]],"a":[["0.0026","100"]]}"#,
        #"{"e":"kline","E":16,"s":"BTCUSDT","k":{"t":15,"T":17,"s":"BTCUSDT","i":"1m","f":1,"L":2,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0010","v":"1000","n":100,"x":true,"q":"1.0","V":"500","Q":"0.5","B":"1"}}"#,
        #"{"e":"forceOrder","E":7,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910","ap":"9911.5","X":"FILLED","l":"0.014","z":"0.014","T":6}}"#,
        #"{"e":"markPriceUpdate","E":5,"s":"BTCUSDT","p":"11794.15","i":"11784.62659091","P":"11784.2","r":"0.00038167","T":6,"x":"\u00e9\n"}"#,
        #"{"e":"bookTicker","u":4,"E":8,"T":7,"s":"BTCUSDT","b":"25.3","B":"31","a":"25.4","A":"40"}"#,
    ]

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `what is read from a damaged frame is what stands in it`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var scanner = MarketScanner(["BTCUSDT"].compactMap { Symbol($0) })
        for _ in 0..<1500 {
            let bytes = damaged(Self.frames[Int.random(in: 0..<Self.frames.count, using: &random)], &random)
            guard let frame = try? bytes.withUnsafeBytes({ try scanner.scan($0) }) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            // JSON as well, but beyond Foundation's numbers: 1E234567.
            if text.contains(/[0-9.][eE]\+?[0-9]{3,}/) { continue }
            let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
            let event = try #require((object?["data"] as? [String: Any]) ?? object, "seed \(seed): \(text)")
            #expect(agrees(frame, event), "seed \(seed): \(text)")
        }
    }

    private func damaged(_ frame: String, _ random: inout SplitMix64) -> [UInt8] {
        var bytes = Array(frame.utf8)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2:
                bytes.insert(Array("0123456789\"{}[],:.-eE \\tn".utf8).randomElement(using: &random) ?? 0, at: place)
            case 3: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case 4: bytes.removeLast(Int.random(in: 0..<min(4, bytes.count), using: &random))
            default: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
            }
            if bytes.isEmpty { return [0] }
        }
        return bytes
    }

    private func agrees(_ frame: MarketFrame, _ event: [String: Any]) -> Bool {
        func price(_ name: String, in object: [String: Any]? = nil) -> Price? {
            ((object ?? event)[name] as? String).flatMap { Price($0) }
        }
        func quantity(_ name: String, in object: [String: Any]? = nil) -> Quantity? {
            ((object ?? event)[name] as? String).flatMap { Quantity($0) }
        }
        func integer(_ name: String) -> Int64? { (event[name] as? NSNumber)?.int64Value }
        func side(_ name: String) -> BookSide? {
            (event[name] as? [[Any]]).map { levels in
                BookSide(
                    levels.compactMap { level in
                        guard let price = (level[0] as? String).flatMap({ Price($0) }),
                            let quantity = (level[1] as? String).flatMap({ Quantity($0) })
                        else { return nil }
                        return BookLevel(price: price, quantity: quantity)
                    })
            }
        }
        switch frame {
        case .trade(_, let trade):
            return trade.price == price("p") && trade.quantity == quantity("q") && trade.tradeId == integer("a")
                && trade.tradeTime.milliseconds == integer("T") && trade.buyerIsMaker == (event["m"] as? Bool)
        case .book(_, let book):
            return book.updateId == integer("u") && book.bids == side("b") && book.asks == side("a")
        case .candle(_, let candle):
            let inner = event["k"] as? [String: Any]
            return candle.open == price("o", in: inner) && candle.close == price("c", in: inner)
                && candle.volume == quantity("v", in: inner) && candle.isClosed == (inner?["x"] as? Bool)
        case .metric(_, let metric):
            switch metric.value {
            case .markPrice(let mark, let index, _, let next):
                return mark == price("p") && index == price("i") && next.milliseconds == integer("T")
            case .liquidation(let side, _, let amount):
                let inner = event["o"] as? [String: Any]
                return amount == quantity("q", in: inner) && side.rawValue == inner?["S"] as? String
            case .openInterest, .accountRatio, .topTraderRatio, .instrument: return false
            }
        case .bookTicker(_, let ticker):
            return ticker.bid.price == price("b") && ticker.ask.quantity == quantity("A")
        case .unfit(_, _, let value): return Price(value.text) == nil && Double(value.text) != nil
        case .reply, .other: return true
        }
    }

    @Test func `every decimal of up to eight places is read exactly`() throws {
        var random = SplitMix64(seed: 5)
        var scanner = MarketScanner(["BTCUSDT"].compactMap { Symbol($0) })
        for _ in 0..<2000 {
            let price = Price(
                raw: Int64.random(in: 1...9_000_000_000_000_000_000, using: &random)
                    >> Int64.random(in: 0...50, using: &random))
            let frame =
                #"{"e":"depthUpdate","E":20,"s":"BTCUSDT","u":160,"b":[["\#(price)","1"]],"a":[["\#(price)0","2"]]}"#
            let read = try Array(frame.utf8).withUnsafeBytes { try scanner.scan($0) }
            guard case .book(_, let book) = read else {
                Issue.record("\(frame)")
                return
            }
            #expect(book.bids.best?.price == price && book.asks.best?.price == price, "\(frame)")
        }
    }
}
