import Foundation
import Indicators
import RedisTestSupport
import TradingPrimitives

/// Each indicator over a series of candles, an update and a reading for each, best of nine; TA-Lib's time for the same
/// series in one call beside it. Returns whether nothing was allocated.
func measureIndicators(python: String?) -> Bool {
    let candles = randomCandles(count: 73_138)
    var total = 0.0, isWithinBudget = true
    func measure<Indicator>(
        _ name: String, isCompared: Bool = false, _ blank: Indicator, _ update: (inout Indicator, Candle) -> Double?
    ) {
        var best = Double.infinity, allocations = UInt64.max, sum = 0.0
        for _ in 0..<9 {
            var indicator = blank
            // Windows fill, averages begin.
            for candle in candles.prefix(600) { sum += update(&indicator, candle) ?? 0 }
            let cost = Cost.of { for candle in candles { sum += update(&indicator, candle) ?? 0 } }
            best = min(best, cost.us)
            allocations = min(allocations, cost.allocations)
        }
        // Read, so that the compiler can't leave the work out.
        if sum == 0.1 { print(sum) }
        let each = best * 1000 / Double(candles.count)
        if isCompared { total += each }
        if allocations > 0 { isWithinBudget = false }
        print("\(name): \(rounded(each, 1)) ns a candle, \(allocations) allocations")
    }
    measure("EMA", isCompared: true, ExponentialMovingAverage(period: 21)) {
        $0.update($1.close)
        return $0.value
    }
    measure("RSI", isCompared: true, RelativeStrengthIndex()) {
        $0.update($1.close)
        return $0.value
    }
    measure("MACD", isCompared: true, MovingAverageConvergence()) {
        $0.update($1.close)
        return $0.value?.histogram
    }
    measure("BBANDS", isCompared: true, BollingerBands()) {
        $0.update($1.close)
        return $0.value?.upper
    }
    measure("ATR", isCompared: true, AverageTrueRange()) {
        $0.update(high: $1.high, low: $1.low, close: $1.close)
        return $0.value
    }
    measure("ADX", isCompared: true, DirectionalIndex()) {
        $0.update(high: $1.high, low: $1.low, close: $1.close)
        return $0.value
    }
    measure("SMA 20", SimpleMovingAverage(period: 20)) {
        $0.update($1.close)
        return $0.value
    }
    measure("VWAP", VolumeWeightedPrice(.day)) {
        $0.update($1)
        return $0.value
    }
    for capacity in [100, 480] {
        measure("percentile of \(capacity)", RollingPercentile(capacity: capacity)) {
            $0.update($1.close)
            return $0.percentile(20)
        }
    }
    measure("slope of 20", LinearRegressionSlope(count: 20)) {
        $0.update($1.close)
        return $0.value
    }
    measure("swings", SwingDetector()) { $0.update(high: $1.high, low: $1.low).high }
    print("the six of TA-Lib: \(rounded(total, 1)) ns a candle")
    if let python { compare(candles, total, python: python) }
    return isWithinBudget
}

private func compare(_ candles: [Candle], _ total: Double, python: String) {
    let folder = FileManager.default.temporaryDirectory.path + "/vortex7-candles-\(UUID().uuidString)"
    defer { for end in ["", ".out"] { try? FileManager.default.removeItem(atPath: folder + end) } }
    var bytes = Data()
    for candle in candles {
        withUnsafeBytes(of: (candle.high, candle.low, candle.close)) { bytes.append(contentsOf: $0) }
    }
    guard FileManager.default.createFile(atPath: folder, contents: bytes),
        let process = ChildProcess(
            python, ["Tests/Benchmarks/talib_bench.py", folder], output: folder + ".out"),
        process.wait() == 0, let text = try? String(contentsOfFile: folder + ".out", encoding: .utf8),
        let theirs = text.split(separator: " ").last(where: { Double($0) != nil }).flatMap({ Double($0) })
    else { return print("TA-Lib: not measured") }
    print(text, terminator: "")
    print("beside TA-Lib: \(rounded(total / theirs, 2)) times its \(rounded(theirs, 1)) ns a candle")
}

private func randomCandles(count: Int) -> [Candle] {
    var random = SplitMix64(seed: 7)
    var price = 100.0
    return (0..<count).map { index in
        let open = price
        price *= 1 + 0.002 * (random.uniform() - 0.5)
        let (high, low) = (
            max(open, price) * (1 + 0.0005 * random.uniform()), min(open, price) * (1 - 0.0005 * random.uniform())
        )
        return Candle(
            openTime: Timestamp(milliseconds: Int64(index) * 60_000), high: high, low: low, close: price,
            volume: random.uniform())
    }
}
