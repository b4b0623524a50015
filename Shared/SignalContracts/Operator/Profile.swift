/// The rules that decisions and plans are made by, for the whole suite.
public enum Profile: String, Sendable, CaseIterable {
    /// Trade when E1 and E2 agree and both are strong: one fixed risk, strategy A's distances, E5 not asked.
    case phase1
    /// All engines, all gates, strategies A, B and C; risk by confidence, distances by strategy, E5's multipliers.
    case vortex7
}
