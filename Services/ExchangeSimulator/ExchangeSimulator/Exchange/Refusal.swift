/// Why the venue refuses a request: its code and its words.
public struct Refusal: Error, Equatable, Sendable {
    public let code: Int
    public let message: String
    /// HTTP status of the answer.
    public let status: Int
    /// Of a limit that was passed: the length of its window, after which it counts anew.
    public let windowMs: Int64?

    public init(_ code: Int, _ message: String, status: Int = 400, windowMs: Int64? = nil) {
        (self.code, self.message, self.status, self.windowMs) = (code, message, status, windowMs)
    }

    static func missing(_ name: String) -> Refusal {
        Refusal(-1102, "Mandatory parameter '\(name)' was not sent, was empty/null, or malformed.")
    }
    static func malformed(_ name: String) -> Refusal {
        Refusal(-1102, "Mandatory parameter '\(name)' was not sent, was empty/null, or malformed.")
    }
    static func notRequired(_ name: String) -> Refusal {
        Refusal(-1106, "Parameter '\(name)' sent when not required.")
    }
    static func invalid(_ name: String) -> Refusal { Refusal(-1130, "Data sent for parameter '\(name)' is not valid.") }

    static let badSymbol = Refusal(-1121, "Invalid symbol.")
    static let badSide = Refusal(-1117, "Invalid side.")
    static let badType = Refusal(-1116, "Invalid orderType.")
    static let badTimeInForce = Refusal(-1115, "Invalid timeInForce.")
    static let notTrading = Refusal(-1122, "Invalid symbol status.")
    static let badWorkingType = Refusal(-4031, "Invalid working type.")
    static let badResponseType = Refusal(-1136, "Invalid newOrderRespType.")
    static let tooManyInBatch = Refusal(-4082, "Invalid number of batch place orders.")
    static let tooManyToCancel = Refusal(-4032, "Exceed maximum cancel order size.")
    static func badDepthLimit(_ limit: Int) -> Refusal { Refusal(-4021, "\(limit) is not valid depth limit.") }
    static let spanTooLong = Refusal(-4165, "Maximum time interval is 7 days.")
    static let lookupTooLong = Refusal(
        -1127, "Lookup interval is too big. More than 1 hours between startTime and endTime.")
    static let tapeTooOld = Refusal(-4166, "Search window is restricted to recent 10 minutes only.")
    static let badInterval = Refusal(-1120, "Invalid interval.")
    static let badPrecision = Refusal(-1111, "Precision is over the maximum defined for this asset.")
    static let unknownOrder = Refusal(-2011, "Unknown order sent.")
    static let noSuchOrder = Refusal(-2013, "Order does not exist.")
    static let marginShort = Refusal(-2019, "Margin is insufficient.")
    static let noLiquidity = Refusal(-2020, "Unable to fill.")
    static let wouldTrigger = Refusal(-2021, "Order would immediately trigger.")
    static let reduceOnlyRejected = Refusal(-2022, "ReduceOnly Order is rejected.")
    static let tooManyOrders = Refusal(-2025, "Reach max open order limit.")
    static let positionLimit = Refusal(-2027, "Exceeded the maximum allowable position at current leverage.")
    static let leverageTooSmall = Refusal(-2028, "Leverage is smaller than permitted: insufficient margin balance.")
    static let priceBelowZero = Refusal(-4001, "Price less than 0.")
    static let priceTooHigh = Refusal(-4002, "Price greater than max price.")
    static let quantityBelowZero = Refusal(-4003, "Quantity less than or equal to zero.")
    static let quantityTooSmall = Refusal(-4004, "Quantity less than min quantity.")
    static let quantityTooLarge = Refusal(-4005, "Quantity greater than max quantity.")
    static let priceTooLow = Refusal(-4013, "Price less than min price.")
    static let priceOffTick = Refusal(-4014, "Price not increased by tick size.")
    static let badClientId = Refusal(-4015, "Client order id is not valid.")
    static let leverageInvalid = Refusal(-4028, "Leverage is not valid")
    static let sameMarginType = Refusal(-4046, "No need to change margin type.")
    static let openOrdersBlockMarginType = Refusal(-4047, "Margin type cannot be changed if there exists open orders.")
    static let positionBlocksMarginType = Refusal(-4048, "Margin type cannot be changed if there exists position.")
    static let openOrdersBlockMode = Refusal(-4067, "Position side cannot be changed if there exists open orders.")
    static let positionBlocksMode = Refusal(-4068, "Position side cannot be changed if there exists position.")
    static let notOpening = Refusal(-4140, "Invalid symbol status for opening position.")
    static let symbolClosed = Refusal(-4141, "Symbol is closed.")
    static let throttled = Refusal(
        -1008,
        "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. Please try again.",
        status: 503)
    static let sameMode = Refusal(-4059, "No need to change position side.")
    static let crossBalanceShort = Refusal(-4050, "Cross balance insufficient.")
    static let isolatedBalanceShort = Refusal(-4051, "Isolated balance insufficient.")
    static let marginOfCrossed = Refusal(-4049, "Add margin only support for isolated position.")
    static let marginOfNothing = Refusal(-4054, "Cannot add position margin: position is 0.")
    static let marginNotPositive = Refusal(-4055, "Amount must be positive.")
    static let wrongPositionSide = Refusal(-4061, "Order's position side does not match user's setting.")
    static let tooManyStops = Refusal(-4045, "Reach max stop order limit.")
    static let quantityOffStep = Refusal(-4023, "Qty not increased by step size.")
    static let duplicateClientId = Refusal(-4116, "ClientOrderId is duplicated.")
    static let algoEndpoint = Refusal(
        -4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.")
    static let duplicateClosePosition = Refusal(
        -4130, "An open stop or take profit order with GTE and closePosition in the direction is existing.")
    static let closePositionNeedsNoQuantity = Refusal(-4137, "Quantity must be zero with closePosition equals true.")
    static let closePositionIsForStops = Refusal(
        -4136, "Target strategy invalid for orderType MARKET,closePosition true")
    static let leverageDownWithIsolated = Refusal(
        -4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions.")
    static func notionalTooSmall(_ least: String) -> Refusal {
        Refusal(-4164, "Order's notional must be no smaller than \(least) (unless you choose reduce only).")
    }
    static let isolatedBlocksMultiAssets = Refusal(
        -4167, "Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M Futures under isolated-margin mode.")
    static let openOrdersBlockMultiAssets = Refusal(
        -4170, "Unable to adjust Multi-Assets Mode with open orders in USDⓈ-M Futures.")
    static let sameAssetMode = Refusal(
        -4171, "Adjusted asset mode is currently set and does not need to be adjusted repeatedly.")
    static let gteNeedsPosition = Refusal(
        -4509,
        "Time in Force (TIF) GTE can only be used with open positions. Please ensure that positions are available.")
    static let fillOrKillRejected = Refusal(
        -5021,
        "Due to the order could not be filled immediately, the FOK order has been rejected. "
            + "The order will not be recorded in the order history")
    static let postOnlyRejected = Refusal(
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
            + "The order will not be recorded in the order history")
    static let onlyLimitIsAmended = Refusal(-5025, "Only limit order is supported.")
    static let tooManyAmendments = Refusal(-5026, "Exceed maximum modify order limit.")
    static let badPriceMatch = Refusal(-5037, "Invalid price match")
    static let priceMatchNeedsLimit = Refusal(
        -5038, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT")
    static let noLevelToMatch = Refusal(-5041, "No depth matches this BBO order")
    static let amendNeedsReduceOnly = Refusal(-5047, "The original order is not reduce only.")
    static let nothingToAmend = Refusal(-5027, "No need to modify the order.")
    static func priceAbove(_ limit: String) -> Refusal { Refusal(-4016, "Limit price can't be higher than \(limit).") }
    static func priceBelow(_ limit: String) -> Refusal { Refusal(-4024, "Limit price can't be lower than \(limit).") }
    static let marketPriceOutside = Refusal(
        -4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit.")
}
