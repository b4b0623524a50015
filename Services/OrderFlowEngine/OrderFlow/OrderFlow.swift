import Indicators
public import SignalContracts
public import TradingPrimitives

/// E1: says which way the book and the taker volume press.
///
/// Fed by trades and books in one order; evaluated and published on each book, over trades whose time is not after the
/// book's. Definitions: strategy reference, "E1 order flow".
public struct OrderFlow: StreamProcessor {
    private let configuration: OrderFlowConfiguration
    private var trades = TradeSequence()
    private var tape = TradeTape()
    private var window = TapeWindow(spanMs: Self.windowMs)
    private var cumulativeDelta = CumulativeDelta()
    private var walls: WallTracker
    private var flicker: FlickerWatch
    private var imbalances = ImbalanceHistory()
    private var pace = ProjectionPace()
    private var previousBook: BookUpdate?
    private var firstTime: Timestamp?
    private var lastPrice: Price?
    /// Price of the last trade at or before t − 30 s.
    private var priceBefore: Price?
    /// The last signal before a restart, until the book that made it has been evaluated again.
    private var recalled = OwnWord<OrderFlowSignal>()

    static let windowMs: Int64 = 30_000

    public init(_ configuration: OrderFlowConfiguration = OrderFlowConfiguration()) {
        self.configuration = configuration
        walls = WallTracker(multiple: configuration.wallMultiple)
        flicker = FlickerWatch(growthMultiple: configuration.growthMultiple)
    }

    public mutating func process(_ input: OrderFlowInput, emit: (OrderFlowOutput) -> Void) {
        switch input.event {
        case .trade(let trade):
            // Given twice, by whomever, it counts once.
            guard trades.missing(before: trade) != nil else { return }
            firstTime = firstTime ?? trade.tradeTime
            tape.append(
                time: trade.tradeTime, price: trade.price, quantity: trade.quantity, takerSide: trade.takerSide)
        case .signal(let signal): recalled.recall(signal, setOffBy: signal.cause)
        case .book(let book):
            firstTime = firstTime ?? book.eventTime
            let signal = evaluate(book, cause: input.id)
            emit(
                OrderFlowOutput(
                    symbol: input.symbol, signal: signal, isShown: pace.isDue(at: signal.eventTime)))
        }
    }

    private mutating func evaluate(_ book: BookUpdate, cause: StreamId) -> OrderFlowSignal {
        let time = book.eventTime
        let view = BookView(book, levels: configuration.imbalanceLevels)
        if let signal = recalled.take(before: cause) { resume(signal) }
        takeTrades(through: time)
        if let signal = recalled.take(at: cause) { resume(signal) }
        flicker.observe(book, after: previousBook, meanLevel: view.meanLevel)
        walls.observe(book, meanLevel: view.meanLevel, flicker: flicker)
        previousBook = book

        var signal = OrderFlowSignal(cause: cause, eventTime: time)
        signal.bestBid = book.bids.best?.price
        signal.bestAsk = book.asks.best?.price
        signal.microPrice = view.microPrice
        signal.lastPrice = lastPrice
        describeVolume(&signal)
        describeWalls(&signal, view)
        signal.spoofRatio = flicker.ratio
        if let imbalance = view.imbalance {
            signal.imbalance = imbalance
            signal.imbalanceVelocity = imbalances.velocity(to: imbalance, at: time)
            signal.isWarm = firstTime.map { time - $0 >= Self.windowMs } ?? false
        }
        judge(&signal)
        return signal
    }

    private mutating func resume(_ signal: OrderFlowSignal) {
        cumulativeDelta.resume(signal.cvd, at: signal.eventTime)
    }

    /// Lets in the trades up to `time`: the window, the price changes, and what was traded at watched prices.
    private mutating func takeTrades(through time: Timestamp) {
        cumulativeDelta.reset(before: time)
        window.advance(to: time, over: tape) { entry in
            cumulativeDelta.add(entry)
            lastPrice = entry.price
            walls.trade(entry)
            flicker.trade(entry)
        } left: { entry in
            priceBefore = entry.price
        }
        tape.removeAll(before: window.start)
    }

    private func describeVolume(_ signal: inout OrderFlowSignal) {
        signal.cvd = cumulativeDelta.value
        signal.cvdSlope = window.delta.double / Double(fixedScale) / Double(Self.windowMs / 1000)
        if window.volume > 0 { signal.cvdPressure = window.delta.double / window.volume.double }
        guard let lastPrice, let priceBefore else { return }
        let change = Double(lastPrice.raw) / Double(priceBefore.raw) - 1
        signal.priceChange30s = change
        signal.cvdDivergence =
            abs(signal.cvdPressure) >= configuration.cvdPressureMin
            && abs(change) >= configuration.divergencePriceChangeMin && (change > 0) != (signal.cvdPressure > 0)
    }

    private func describeWalls(_ signal: inout OrderFlowSignal, _ view: BookView) {
        if let microPrice = view.microPrice,
            let nearest = walls.nearest(to: microPrice, within: configuration.wallNearDistance)
        {
            signal.wallNear = true
            signal.wallLevel = nearest.price
            signal.wallSide = nearest.side
        }
        if let absorption = walls.recentAbsorption(at: signal.eventTime) {
            signal.wallAbsorbed = true
            signal.wallAbsorbedDirection = absorption.direction
            signal.wallStrength = absorption.strength
        }
    }

    /// Direction, strength and conviction from what the signal already says.
    private func judge(_ signal: inout OrderFlowSignal) {
        let imbalance = signal.imbalance ?? 0
        if signal.isWarm {
            if imbalance > configuration.imbalanceMin { signal.direction = .buyPressure }
            if imbalance < -configuration.imbalanceMin { signal.direction = .sellPressure }
        }
        let sign = Double(signal.direction.sign)
        let pressure = sign * signal.cvdPressure
        if sign != 0 {
            signal.strength =
                0.6 * clamp01(abs(imbalance) / 0.6) + 0.2 * clamp01(sign * signal.imbalanceVelocity / 0.10)
                + 0.2 * clamp01(pressure / 0.5)
        }
        var conviction = 0.70
        if sign != 0, pressure >= configuration.cvdPressureMin { conviction += 0.15 }
        if let direction = signal.wallAbsorbedDirection, Double(direction.sign) == sign { conviction += 0.15 }
        if signal.cvdDivergence { conviction -= 0.25 }
        // An ask wall stands against a rise, a bid wall against a fall.
        if let side = signal.wallSide, Double(side.sign) == -sign { conviction -= 0.15 }
        signal.conviction = clamp01(conviction) * (signal.spoofRatio > configuration.spoofRatioMax ? 0.5 : 1)
    }
}

/// A trade or a book, with its id on the stream.
public struct OrderFlowInput: StreamInput, SymbolKeyed {
    public enum Event: Sendable {
        case trade(AggTrade)
        case book(BookUpdate)
        /// One of our own, recalled: the cumulative delta goes on from it.
        case signal(OrderFlowSignal)
    }

    public static let streams: [StreamKind] = [.trade, .book]
    public static let recalled: [StreamKind] = [.signal]
    /// The longest memory: spoof marks and walls out of sight.
    public static func warmUpMs(of kind: StreamKind) -> Int64 { 61_000 }

    public let symbol: Symbol
    public let id: StreamId
    public let event: Event
    public let moment: Moment?

    public init(symbol: Symbol, id: StreamId, event: Event) {
        self.symbol = symbol
        self.id = id
        self.event = event
        // Kept, since to ask a book for it is to copy the book.
        moment =
            switch event {
            case .trade(let trade): .now(trade.tradeTime)
            case .book(let book): .now(book.eventTime)
            case .signal(let signal): .past(signal.eventTime)
            }
    }

    public init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError) {
        guard let symbol = stream.symbol else { return nil }
        switch stream.kind {
        case .trade: self.init(symbol: symbol, id: id, event: .trade(try AggTrade(fields)))
        case .book: self.init(symbol: symbol, id: id, event: .book(try BookUpdate(fields)))
        case .signal:
            guard EngineSignal.isOf(.orderFlow, fields) else { return nil }
            self.init(symbol: symbol, id: id, event: .signal(try OrderFlowSignal(fields)))
        default: return nil
        }
    }
}

/// What the order-flow engine writes of a contract.
public struct OrderFlowOutput: StreamOutput {
    public let symbol: Symbol
    public let signal: OrderFlowSignal
    /// Whether the hot-state key is written with it.
    public let isShown: Bool

    public var stream: StreamName { StreamName(.signal, symbol) }
    public func encode(into fields: inout Fields) { signal.encode(into: &fields) }
    public var projection: Projection? { isShown ? .engineSignal(.orderFlow(signal), of: symbol) : nil }
}
