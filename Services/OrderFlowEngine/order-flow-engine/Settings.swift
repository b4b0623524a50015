import OrderFlow
import ServiceKit

extension OrderFlowConfiguration {
    /// Reads the section `order-flow-engine`.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        self.init()
        imbalanceLevels = try section.int("imbalance_levels", default: imbalanceLevels, in: 1...20)
        imbalanceMin = try section.double("imbalance_min", default: imbalanceMin, in: 0...1)
        cvdPressureMin = try section.double("cvd_pressure_min", default: cvdPressureMin, in: 0...1)
        divergencePriceChangeMin = try section.double(
            "divergence_price_change_min", default: divergencePriceChangeMin, in: 0...0.1)
        wallMultiple = try section.double("wall_multiple", default: wallMultiple, in: 1...100)
        wallNearDistance = try section.double("wall_near_distance", default: wallNearDistance, in: 0...0.1)
        growthMultiple = try section.double("growth_multiple", default: growthMultiple, in: 0.1...100)
        spoofRatioMax = try section.double("spoof_ratio_max", default: spoofRatioMax, in: 0...1)
    }
}
