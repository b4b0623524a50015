public import SignalContracts

/// What can happen to a position.
public enum PositionStep: String, Sendable, CaseIterable {
    case entrySubmitted
    /// The entry ended without a fill.
    case entryEnded
    case partlyFilled
    case fullyFilled
    /// The entry ended with enough filled to go on.
    case entrySettled
    case targetReached
    case exitWanted
    case flat
    /// Found at the venue, not planned.
    case adopted
}

extension PositionState {
    /// The state after a step; nil if that is no legal move. This table is the whole life of a position.
    // swift-format-ignore
    public func after(_ step: PositionStep) -> PositionState? {
        switch (self, step) {
        case (.pendingEntry, .entrySubmitted):  .entrySent
        case (.pendingEntry, .entryEnded):      .noFill
        case (.pendingEntry, .adopted):         .active
        case (.pendingEntry, .partlyFilled):    .partialFill     // what is held has a way out, however it came to be held
        case (.pendingEntry, .fullyFilled):     .active
        case (.pendingEntry, .exitWanted):      .closing
        case (.entrySent,    .entrySubmitted):  .entrySent       // priced again after a post-only refusal
        case (.entrySent,    .entryEnded):      .noFill
        case (.entrySent,    .partlyFilled):    .partialFill
        case (.entrySent,    .fullyFilled):     .active
        case (.entrySent,    .exitWanted):      .closing
        case (.partialFill,  .partlyFilled):    .partialFill
        case (.partialFill,  .fullyFilled):     .active
        case (.partialFill,  .entrySettled):    .active          // at least half filled at the time-out
        case (.partialFill,  .exitWanted):      .closing
        case (.partialFill,  .flat):            .closed          // the stop was faster than the rest of the entry
        case (.active,       .targetReached):   .trailing
        case (.active,       .exitWanted):      .closing
        case (.active,       .flat):            .closed
        case (.trailing,     .exitWanted):      .closing
        case (.trailing,     .flat):            .closed
        case (.closing,      .partlyFilled):    .closing         // a fill wins the race against a cancel
        case (.closing,      .fullyFilled):     .closing
        case (.closing,      .targetReached):   .closing
        case (.closing,      .exitWanted):      .closing
        case (.closing,      .flat):            .closed
        case (.noFill,       .partlyFilled):    .closing         // a fill came after the cancel was confirmed
        case (.noFill,       .fullyFilled):     .closing
        case (.noFill,       .exitWanted):      .closing
        default: nil
        }
    }
}
