import Risk
import Testing

/// The blueprint's own examples, with the stop paying a taker's fee: what they come to, written out.
struct WorkedExampleTests {
    /// With the BNB discount: maker 0.018 %, taker 0.045 %.
    private let fees = FeeModel(maker: 0.00018, taker: 0.00045)
    private let makerBothWays = FeeModel(maker: 0.00018, taker: 0.00018)

    @Test func `the average trade: 5000 in size, target 0.25 %, stop 0.15 %`() {
        // Win: 12.50 gross − 5000 × 0.036 % = 1.80 → 10.70.
        let win = 5000 * fees.netWin(takeProfit: 0.0025)
        #expect(abs(win - 10.70) < 1e-9)
        // Loss: 7.50 + 5000 × (0.018 % + 0.045 %) = 3.15 → 10.65, not 9.30: a stop takes.
        let loss = 5000 * fees.netLoss(stop: 0.0015)
        #expect(abs(loss - 10.65) < 1e-9)
        // Reward to risk after fees 1.0047; the win rate that breaks even is 49.9 %, not 46.5 %.
        let ratio = fees.effectiveRewardToRisk(takeProfit: 0.0025, stop: 0.0015)
        #expect(abs(ratio - win / loss) < 1e-12 && abs(ratio - 1.0046948) < 1e-6)
        #expect(abs(fees.breakevenWinRate(takeProfit: 0.0025, stop: 0.0015) - 0.49883) < 1e-5)
        // A day of 12 wins and 8 losses: 128.40 − 85.20 = 43.20, not 54.
        #expect(abs(12 * win - 8 * loss - 43.20) < 1e-9)
    }

    @Test func `with maker fees on both sides it is 1.15, and 1.3 needs a target of 0.278 %`() {
        #expect(abs(makerBothWays.effectiveRewardToRisk(takeProfit: 0.0025, stop: 0.0015) - 0.00214 / 0.00186) < 1e-12)
        // 1.3 × (0.15 + 0.036) % + 0.036 % = 0.2778 %; with a taker's stop 1.3 × (0.15 + 0.063) % + 0.036 % = 0.3129 %.
        #expect(makerBothWays.effectiveRewardToRisk(takeProfit: 0.002778, stop: 0.0015) >= 1.3 - 1e-9)
        #expect(fees.effectiveRewardToRisk(takeProfit: 0.003129, stop: 0.0015) >= 1.3 - 1e-9)
        #expect(fees.effectiveRewardToRisk(takeProfit: 0.0031, stop: 0.0015) < 1.3)
    }

    @Test func `the message's trade: entry 43,250, stop 43,120, target 43,420`() {
        // 0.30 % and 0.393 %: (0.393 − 0.036)/(0.3006 + 0.036) = 1.06 with maker fees on both sides.
        let stop = 130.0 / 43_250, target = 170.0 / 43_250
        #expect(abs(makerBothWays.effectiveRewardToRisk(takeProfit: target, stop: stop) - 1.0609) < 1e-3)
        #expect(fees.effectiveRewardToRisk(takeProfit: target, stop: stop) < 1)
    }
}
