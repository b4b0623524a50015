/// What the executor does about a refusal of the venue. One table, so that no code is acted on in passing.
///
/// Source of the codes: the venue's error code list.
public enum CodeAction: String, Sendable, CaseIterable {
    /// A post-only order would have taken: it is priced again, a few times at most.
    case priceAgain
    /// It may have been executed, or be known under another state: the venue is asked.
    case lookUp
    /// The stop's price has been passed: what it would have done is done at once by a market order.
    case exitNow
    /// There seems to be nothing to reduce: the fills and positions are looked at before anything is sent again.
    case lookAtPosition
    /// The kind of order is not taken here or now; for a stop the other kind is tried once.
    case otherKind
    /// The contract's rules are not what we think: they are fetched again, this order is over.
    case fetchRules
    /// This order is over, others may go on.
    case giveUp
    /// It was so already.
    case done
    /// The account or the key can't trade, or is not as we think: no entries until a person starts them again.
    case stopEntries

    /// Nothing is known of a code that is not in the table: the order is over, and the look-ups find what became of it.
    public static func of(_ code: Int) -> CodeAction {
        switch code {
        case VenueCode.postOnlyRefused: .priceAgain
        case VenueCode.duplicateClientId, VenueCode.unknownOrder, VenueCode.noSuchOrder, -4117: .lookUp
        case -2021, -4142: .exitNow
        case VenueCode.reduceOnlyRefused, -4118: .lookAtPosition
        case -4120, -4130, -4045, -2025, -4137, -4138, -4136, -1106, -1116, -4183, -4184, -4210, -4211: .otherKind
        case -1111, -4005...(-4001), -4013, -4014, -4016, -4023, -4024, -4164, -5029: .fetchRules
        case VenueCode.marginTypeUnchanged, -4059, -5027: .done
        case -1002, -1022, -2014, -2015, -2023, -4061, -4087, -4088, -4105, -4106, -4107, -4109, -4189, -4192, -4400,
            -4401:
            .stopEntries
        case -2010, -2018, -2019, -2020, -2027, -2028, -4028, -4131, -4161, -5021: .giveUp
        default: .giveUp
        }
    }
}

/// Codes that the executor tells apart beyond their action.
enum VenueCode {
    static let noSuchSymbol = -1121
    static let unknownOrder = -2011
    static let noSuchOrder = -2013
    static let reduceOnlyRefused = -2022
    static let marginTypeUnchanged = -4046
    static let duplicateClientId = -4116
    static let postOnlyRefused = -5022
}
