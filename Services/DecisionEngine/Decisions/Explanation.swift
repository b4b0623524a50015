import SignalContracts
import TradingPrimitives

// Why: the same judgement in words, with its numbers.
extension Judgement {
    func reason(_ readings: borrowing Readings, _ around: Circumstances, _ configuration: DecisionConfiguration)
        -> String
    {
        var parts: [String] = []
        if failed.isEmpty {
            parts.append("\(chosen?.strategy.rawValue ?? "") \(direction.rawValue), score \(rounded(score.value))")
            parts.append(engines(readings))
            if let chosen, views != nil {
                parts.append("\(chosen.confirmations) confirmations, strategy score \(rounded(chosen.score))")
            }
        } else {
            failed.forEach { parts.append("\($0.rawValue): \(explain($0, readings, around, configuration))") }
        }
        return parts.joined(separator: "; ")
    }

    private func engines(_ readings: borrowing Readings) -> String {
        var text = ""
        text.reserveCapacity(80)
        score.votes(readings).forEach { vote in
            if !text.isEmpty { text += " " }
            text += vote.engine.name
            text += " "
            text += rounded(vote.opinion).description
        }
        return text
    }

    private func explain(
        _ gate: Gate, _ readings: borrowing Readings, _ around: Circumstances, _ configuration: DecisionConfiguration
    ) -> String {
        switch gate {
        case .score:
            views == nil
                ? "E1 \(rounded(score.opinion(of: .orderFlow))) and E2 \(rounded(score.opinion(of: .tick))) are not both strong"
                : "\(rounded(abs(score.value))) ≤ \(scoreMin) (\(engines(readings)))"
        case .agreement:
            views == nil
                ? "E1 and E2 do not agree"
                : "\(score.agreement(with: direction)) of 4 engines < \(configuration.agreementMin)"
        case .primary: "E1 points the other way"
        case .tradeable: readings.regime.map { $0.reason ?? "E5 says no" } ?? "E5 is cold or old"
        case .spread: "the spread is too wide, or not known"
        case .hedge: "a position stands the other way"
        case .maxPositions: "\(around.openPositions) positions are open"
        case .breaker:
            around.allowsEntries == nil
                ? "the risk manager has said nothing for a while" : "the risk manager takes no entries"
        case .stability: "the score jumped by \(rounded(jump))"
        case .stale:
            readings.orderFlow == nil
                ? "E1 is cold"
                : views == nil && readings.tick == nil
                    ? "E2 is cold or old" : "E1 is \(around.newest - around.time) ms behind"
        case .locked: "an order's outcome is not known"
        case .strategy:
            views.map { views in
                [views.momentum, views.reversion, views.cascade].map { lack($0, readings) }.joined(separator: ", ")
            } ?? ""
        }
    }

    /// What a strategy lacks first.
    private func lack(_ view: StrategyView, _ readings: borrowing Readings) -> String {
        let name = view.strategy.rawValue
        if !view.hasTrigger { return "\(name) no trigger (\(trigger(of: view.strategy, readings)))" }
        if view.confirmations < view.confirmationsMin {
            return "\(name) \(view.confirmations) of \(view.confirmationsMin) confirmations"
        }
        return view.passesFilter ? "\(name) scores \(rounded(view.score))" : "\(name) filtered"
    }

    /// The readings that a strategy's trigger looks at.
    private func trigger(of strategy: Strategy, _ readings: borrowing Readings) -> String {
        func text(_ value: Double?) -> String { value.map { "\(rounded($0))" } ?? "unknown" }
        let tick = readings.tick, technical = readings.technical, sentiment = readings.sentiment
        return switch strategy {
        case .momentum:
            "velocity \(text(tick?.velocityRatio)), run \(tick?.streak ?? 0) \(tick?.streakSide?.rawValue ?? ""), "
                + "spike \(text(tick?.spikeRatio))"
        case .reversion: "RSI \(text(technical?.rsi)), band \(technical?.bollingerZone.rawValue ?? "unknown")"
        case .cascade:
            "cluster \(text(sentiment?.liquidationProximity)) \(sentiment?.clusterDirection?.rawValue ?? ""), "
                + "spike \(text(tick?.spikeRatio))"
        }
    }
}

/// Three decimals, for people.
private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
