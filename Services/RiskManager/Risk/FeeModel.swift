/// What a trade comes to after fees: the entry and the target are made, the stop is taken.
///
/// All numbers are parts of the entry price.
public struct FeeModel: Sendable {
    public let maker: Double
    public let taker: Double

    public init(maker: Double, taker: Double) {
        self.maker = maker
        self.taker = taker
    }

    /// What a full take-profit brings.
    public func netWin(takeProfit: Double) -> Double { takeProfit - 2 * maker }
    /// What a stop costs.
    public func netLoss(stop: Double) -> Double { stop + maker + taker }
    public func effectiveRewardToRisk(takeProfit: Double, stop: Double) -> Double {
        netWin(takeProfit: takeProfit) / netLoss(stop: stop)
    }
    /// 1/(1 + effective reward to risk).
    public func breakevenWinRate(takeProfit: Double, stop: Double) -> Double {
        1 / (1 + effectiveRewardToRisk(takeProfit: takeProfit, stop: stop))
    }
}
