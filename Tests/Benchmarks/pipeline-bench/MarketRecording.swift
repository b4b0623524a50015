import Glibc

/// A market in which both engines are sure all the time, and no resting order fills: as many bids as there can be under
/// few asks, and takers who only buy. Each contract's books come every 100 ms, out of step with the others'.
struct MarketRecording {
    /// Name, best bid and tick, in ticks' decimals.
    static let contracts: [(name: String, bid: Int, decimals: Int, quantityDecimals: Int, size: Int)] = [
        ("BTCUSDT", 618_000, 1, 3, 500), ("ETHUSDT", 268_000, 2, 3, 10_000), ("SOLUSDT", 15_000, 2, 2, 10_000),
        ("BNBUSDT", 58_000, 2, 2, 5000), ("XRPUSDT", 6000, 4, 1, 200_000), ("ADAUSDT", 4000, 4, 0, 50_000),
        ("AVAXUSDT", 25_000, 3, 0, 1000), ("LINKUSDT", 12_000, 3, 2, 100_000), ("LTCUSDT", 7000, 2, 3, 500_000),
        ("DOTUSDT", 6000, 3, 1, 20_000),
    ]
    private static let tradeEveryMs = 200

    /// Writes `seconds` of frames from `start` on; false when that can't be done.
    static func write(_ path: String, from start: Int, seconds: Int) -> Bool {
        guard let file = fopen(path, "w") else { return false }
        defer { fclose(file) }
        for step in 0..<(seconds * 1000 / 5) {
            let now = start + step * 5
            for (index, contract) in contracts.enumerated() {
                let phase = (step * 5 + 100 * contracts.count - index * 10) % tradeEveryMs
                var line = ""
                if phase % 100 == 0 { line = book(contract.name, contract, now, step) }
                if phase == 105 % tradeEveryMs { line = trade(contract.name, contract, now, step) }
                if !line.isEmpty { fputs(line, file) }
            }
        }
        return true
    }

    private typealias Contract = (name: String, bid: Int, decimals: Int, quantityDecimals: Int, size: Int)

    private static func book(_ name: String, _ contract: Contract, _ time: Int, _ step: Int) -> String {
        func side(_ first: Int, _ direction: Int, _ share: Int) -> String {
            (0..<20).map { level in
                let size = contract.size * share + (step * 31 + level * 17) % 97
                return "[\"\(decimal(first + direction * level, contract.decimals))\","
                    + "\"\(decimal(size, contract.quantityDecimals))\"]"
            }.joined(separator: ",")
        }
        return """
            {"stream":"\(name.lowercased())@depth20@100ms","data":{"e":"depthUpdate","E":\(time),"T":\(time),\
            "s":"\(name)","U":\(step),"u":\(step + 1),"pu":\(step),"b":[\(side(contract.bid, -1, 5))],\
            "a":[\(side(contract.bid + 1, 1, 1))]}}

            """
    }

    private static func trade(_ name: String, _ contract: Contract, _ time: Int, _ step: Int) -> String {
        """
        {"stream":"\(name.lowercased())@aggTrade","data":{"e":"aggTrade","E":\(time),"a":\(step),"s":"\(name)",\
        "p":"\(decimal(contract.bid + 1, contract.decimals))",\
        "q":"\(decimal(contract.size / 100 + 1, contract.quantityDecimals))","f":\(step),"l":\(step),"T":\(time),\
        "m":false}}

        """
    }

    /// `value` with its last `decimals` digits behind the point.
    private static func decimal(_ value: Int, _ decimals: Int) -> String {
        guard decimals > 0 else { return "\(value)" }
        let digits = "\(value)"
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return "\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
