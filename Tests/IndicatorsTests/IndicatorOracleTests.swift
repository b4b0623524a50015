import Indicators
import TestSupport
import Testing
import TradingPrimitives

/// All indicators at once, over one series of candles.
struct AllIndicators {
    static let names = [
        "sma", "ema9", "ema21", "rsi", "rsi_ema", "macd", "macd_signal", "macd_histogram", "bb_upper", "bb_middle",
        "bb_lower", "bb_width", "bb_width_p20", "atr", "atr_ema", "atr_ratio_p80", "atr_ratio_p95", "adx", "plus_di",
        "minus_di", "vwap", "vwap_anchored", "slope", "correlation", "swing_high", "swing_low",
    ]

    private var sma = SimpleMovingAverage(period: 20)
    private var fast = ExponentialMovingAverage(period: 9)
    private var slow = ExponentialMovingAverage(period: 21)
    private var rsi = RelativeStrengthIndex()
    private var rsiEMA = RelativeStrengthIndex(.ema)
    private var macd = MovingAverageConvergence()
    private var bands = BollingerBands()
    private var widths = RollingPercentile(capacity: 100)
    private var range = AverageTrueRange()
    private var rangeEMA = AverageTrueRange(.ema)
    private var ratios = RollingPercentile(capacity: 480)
    private var directional = DirectionalIndex()
    private var day = VolumeWeightedPrice(.day)
    private var anchored: VolumeWeightedPrice
    private var slope = LinearRegressionSlope(count: 20)
    private var correlation = PearsonCorrelation()
    private var swings = SwingDetector()
    private var count = 0

    init(anchor: Timestamp) { anchored = VolumeWeightedPrice(.moment(anchor)) }

    /// One value for each of the names.
    mutating func update(_ candle: Candle) -> [Double?] {
        let (high, low, close) = (candle.high, candle.low, candle.close)
        let foreseen: [Double?] = [
            sma.value(with: close), fast.value(with: close), rsi.value(with: close), macd.value(with: close)?.signal,
            bands.value(with: close)?.upper, range.value(withHigh: high, low: low),
            directional.value(withHigh: high, low: low, close: close), day.updated(with: candle).value,
        ]
        sma.update(close)
        fast.update(close)
        slow.update(close)
        rsi.update(close)
        rsiEMA.update(close)
        macd.update(close)
        bands.update(close)
        range.update(high: high, low: low, close: close)
        rangeEMA.update(high: high, low: low, close: close)
        directional.update(high: high, low: low, close: close)
        day.update(candle)
        anchored.update(candle)
        slope.update(close)
        var narrow: Double?, high80: Double?
        if let width = bands.value?.width {
            narrow = widths.percentile(20, with: width)
            widths.update(width)
            #expect(narrow == widths.percentile(20))
        }
        if let atr = range.value {
            high80 = ratios.percentile(80, with: atr / close)
            ratios.update(atr / close)
            #expect(high80 == ratios.percentile(80))
        }
        let now = [
            sma.value, fast.value, rsi.value, macd.value?.signal, bands.value?.upper, range.value, directional.value,
            day.value,
        ]
        for (early, late) in zip(foreseen, now) {
            // Sums over a window may be taken in another order.
            let isSame = early == late || abs((early ?? .nan) - (late ?? .nan)) <= 1e-12 * abs(late ?? 0)
            #expect(isSame, "candle \(count): \(String(describing: early)) foreseen, \(String(describing: late)) came")
        }
        return row(swings.update(high: high, low: low), block: block(close, candle.volume))
    }

    /// The correlation of each 120 candles, with the last of them.
    private mutating func block(_ x: Double, _ y: Double) -> Double? {
        count += 1
        correlation.add(x, y)
        guard count.isMultiple(of: 120) else { return nil }
        defer { correlation = PearsonCorrelation() }
        return correlation.value
    }

    private func row(_ swing: SwingDetector.Swing, block: Double?) -> [Double?] {
        [
            sma.value, fast.value, slow.value, rsi.value, rsiEMA.value, macd.value?.macd, macd.value?.signal,
            macd.value?.histogram, bands.value?.upper, bands.value?.middle, bands.value?.lower, bands.value?.width,
            widths.percentile(20), range.value, rangeEMA.value, ratios.percentile(80), ratios.percentile(95),
            directional.value, directional.plusDI, directional.minusDI, day.value, anchored.value, slope.value, block,
            swing.high, swing.low,
        ]
    }
}

/// Every indicator beside TA-Lib, or beside a plain recomputation where TA-Lib has none.
@Suite(.enabled(if: Oracles.hasTALib, "\(Oracles.skipMessage)"))
struct IndicatorOracleTests {
    private func differences(_ candles: [Candle]) throws -> String? {
        let inputs = ["open_time", "high", "low", "close", "volume", "anchor"]
        var table = ColumnTable(inputs + AllIndicators.names)
        let anchor = candles[candles.count / 3].openTime
        var indicators = AllIndicators(anchor: anchor)
        for candle in candles {
            let row: [Double?] = [
                Double(candle.openTime.milliseconds), candle.high, candle.low, candle.close, candle.volume,
                Double(anchor.milliseconds),
            ]
            table.append(row + indicators.update(candle))
        }
        return try table.differences(oracle: "indicator_oracle.py")
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `random candles give what a recomputation gives`(seed: UInt64) throws {
        let differences = try differences(CandleStories.random(seed: seed, count: 6000))
        #expect(differences == nil, "\(differences ?? "")")
    }

    @Test(
        .enabled(if: SharedData.isPresent, "\(SharedData.skipMessage)"), arguments: ["BTCUSDT", "ETHUSDT", "SOLUSDT"])
    func `fifty-one recorded days give what a recomputation gives`(symbol: String) throws {
        let candles = try CandleStories.recorded("klines/\(symbol)-1m-2025-05-04_2025-06-24.csv.gz")
        #expect(candles.count >= 73_138)
        let differences = try differences(candles)
        #expect(differences == nil, "\(differences ?? "")")
    }
}
