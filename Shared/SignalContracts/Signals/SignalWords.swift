/// What the book presses towards (E1).
public enum BookPressure: String, FieldValue, BitwiseCopyable, CaseIterable {
    case buyPressure = "BUY_PRESSURE"
    case sellPressure = "SELL_PRESSURE"
    case neutral = "NEUTRAL"

    /// +1, −1 or 0: the direction's sign in the weighted score.
    public var sign: Int { self == .buyPressure ? 1 : self == .sellPressure ? -1 : 0 }
}

/// Where takers push (E2).
public enum Momentum: String, FieldValue, BitwiseCopyable, CaseIterable {
    case long = "MOMENTUM_LONG"
    case short = "MOMENTUM_SHORT"
    case neutral = "NEUTRAL"

    /// +1, −1 or 0.
    public var sign: Int { self == .long ? 1 : self == .short ? -1 : 0 }
}

/// Direction of an indicator reading (E3).
public enum TrendDirection: String, FieldValue, BitwiseCopyable, CaseIterable {
    case long = "LONG"
    case short = "SHORT"
    case neutral = "NEUTRAL"

    /// +1, −1 or 0.
    public var sign: Int { self == .long ? 1 : self == .short ? -1 : 0 }
}

/// EMA 9 against EMA 21.
public enum EMATrend: String, FieldValue, BitwiseCopyable {
    case bullish = "BULLISH"
    case bearish = "BEARISH"
    case neutral = "NEUTRAL"

    /// +1, −1 or 0.
    public var sign: Int { self == .bullish ? 1 : self == .bearish ? -1 : 0 }
}

/// Where RSI(14) stands between its extremes (E3).
public enum RSIZone: String, FieldValue, BitwiseCopyable {
    case oversold = "OVERSOLD"
    case overbought = "OVERBOUGHT"
    case normal = "NORMAL"
}

/// Which way the histogram of MACD goes (E3).
public enum MACDMomentum: String, FieldValue, BitwiseCopyable {
    case up = "UP"
    case down = "DOWN"
    case neutral = "NEUTRAL"

    /// +1, −1 or 0.
    public var sign: Int { self == .up ? 1 : self == .down ? -1 : 0 }
}

/// Where the close stands in its Bollinger bands (E3).
public enum BollingerZone: String, FieldValue, BitwiseCopyable {
    case upper = "UPPER"
    case lower = "LOWER"
    case middle = "MIDDLE"
}

/// On which side of the day's VWAP the price is (E3).
public enum VWAPSide: String, FieldValue, BitwiseCopyable {
    case above = "ABOVE"
    case below = "BELOW"

    /// +1 or −1.
    public var sign: Int { self == .above ? 1 : -1 }
}

/// Which way the crowd leans (E4); the bias of the signal is against it.
public enum CrowdDirection: String, FieldValue, BitwiseCopyable, CaseIterable {
    case crowdLong = "CROWD_LONG"
    case crowdShort = "CROWD_SHORT"
    case balanced = "BALANCED"

    /// +1 for a short crowd, −1 for a long one, 0.
    public var sign: Int { self == .crowdShort ? 1 : self == .crowdLong ? -1 : 0 }
}

/// What open interest and price say together.
public enum OpenInterestReading: String, FieldValue, BitwiseCopyable {
    case realBuying = "REAL_BUYING"
    case shortsStacking = "SHORTS_STACKING"
    case shortCover = "SHORT_COVER"
    case longLiquidation = "LONG_LIQ"
    case shortLiquidation = "SHORT_LIQ"
}

/// Who pays an extreme funding rate (E4).
public enum FundingSignal: String, FieldValue, BitwiseCopyable {
    case longsExpensive = "LONGS_EXPENSIVE"
    case shortsExpensive = "SHORTS_EXPENSIVE"
    case neutral = "NEUTRAL"
}

/// On which side of the price a cluster of liquidations lies (E4).
public enum ClusterDirection: String, FieldValue, BitwiseCopyable {
    case above = "ABOVE"
    case below = "BELOW"
}

/// How directed the market is, by ADX(14) (E5).
public enum TrendRegime: String, FieldValue, BitwiseCopyable {
    case trending = "TRENDING"
    case ranging = "RANGING"
    case choppy = "CHOPPY"
}

/// How far ATR(14) is from its usual size (E5).
public enum VolatilityPhase: String, FieldValue, BitwiseCopyable {
    case low = "LOW"
    case normal = "NORMAL"
    case high = "HIGH"
    case extreme = "EXTREME"
}

/// One of the three ways to trade: A momentum, B mean reversion, C liquidation cascade.
public enum Strategy: String, FieldValue, BitwiseCopyable, CaseIterable {
    case momentum = "A"
    case reversion = "B"
    case cascade = "C"
}

/// What E5 would like traded.
public enum PreferredStrategy: String, FieldValue, BitwiseCopyable {
    case momentum = "A"
    case reversion = "B"
    case cascade = "C"
    case any = "ANY"
    case none = "NONE"
}
