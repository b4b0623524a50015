import Sentiment
import ServiceKit

extension SentimentConfiguration {
    /// Reads the section `sentiment-engine`.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        self.init()
        openInterestChangeMin = try section.double(
            "open_interest_change_min", default: openInterestChangeMin, in: 0...100)
        longCrowd = try section.double("long_crowd", default: longCrowd, in: 0.5...1)
        shortCrowd = try section.double("short_crowd", default: shortCrowd, in: 0.5...1)
        longsExpensive = try section.double("longs_expensive", default: longsExpensive, in: 0...0.1)
        shortsExpensive = try section.double("shorts_expensive", default: shortsExpensive, in: -0.1...0)
        topLong = try section.double("top_long", default: topLong, in: 0...1)
        topShort = try section.double("top_short", default: topShort, in: 0...1)
        clusterMin = try section.double("cluster_min", default: clusterMin, in: 1...100)
        let heatmap = try section.section("heatmap")
        leverageMix = try heatmap.word("leverage_mix", default: leverageMix)
        liquidationFactor = try heatmap.double("liq_factor", default: liquidationFactor, in: 0.1...1)
        halfLifeMs = Int64(try heatmap.int("half_life_ms", default: Int(halfLifeMs), in: 60_000...604_800_000))
    }
}
