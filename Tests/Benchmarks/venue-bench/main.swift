import BinanceFutures
import ServiceKit
import SignalContracts
import TradingPrimitives
import WebClient

// Prints how many frames a second the scanner reads on one core.
let symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT"].compactMap { Symbol($0) }
let trade = Array(
    """
    {"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1723161256612,"a":2229301532,"s":"BTCUSDT","p":"61800.20",\
    "q":"0.123","nq":"0.123","f":5237501234,"l":5237501240,"T":1723161256610,"m":true,"st":1}}
    """.utf8)
let levels = (0..<20).map { "[\"\(61800 + $0).\($0 % 10)0\",\"\($0).\(123 + $0)\"]" }.joined(separator: ",")
let book = Array(
    """
    {"stream":"btcusdt@depth20@100ms","data":{"e":"depthUpdate","E":1723161256612,"T":1723161256610,"s":"BTCUSDT",\
    "ps":"BTCUSDT","U":5012345678901,"u":5012345679002,"pu":5012345678900,"b":[\(levels)],"a":[\(levels)],"st":1}}
    """.utf8)

@MainActor func measure(_ name: String, _ frame: [UInt8], count: Int) {
    var scanner = MarketScanner(symbols)
    var best = Double.infinity
    var failures = 0
    for _ in 0..<5 {
        let began = SystemClock.monotonicUs()
        frame.withUnsafeBytes { bytes in
            for _ in 0..<count {
                do throws(FrameError) {
                    if case .other = try scanner.scan(bytes) { failures += 1 }
                } catch {
                    failures += 1
                }
            }
        }
        best = min(best, Double(SystemClock.monotonicUs() - began))
    }
    print("\(name): \(Int(Double(count) / best * 1e6)) frames/s, \(Int(best * 1000 / Double(count))) ns each")
    if failures > 0 { complain("\(name): \(failures) frames were not read") }
}

measure("aggTrade (\(trade.count) bytes)", trade, count: 1_000_000)
measure("depth20 (\(book.count) bytes)", book, count: 200_000)
