import SignalContracts

/// The rule that refused a plan, with its numbers.
struct PlanRefusal: Error {
    let rule: RiskRule
    let detail: String

    init(_ rule: RiskRule, _ detail: String) {
        self.rule = rule
        self.detail = detail
    }
}

/// Three decimals, for people.
func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

/// A fraction as a percentage with three decimals, for people.
func percent(_ fraction: Double) -> String { "\(rounded(fraction * 100)) %" }
