public import SignalContracts

/// What the executor reads off the streams.
public struct ExecutorInput: MessageInput {
    public static let streams: [StreamKind] = [.plan, .book, .metric, .command]
    /// Its memory is its journal, not the streams.
    public static func warmUpMs(of kind: StreamKind) -> Int64 { 0 }

    public let event: ExecutorEvent

    public init?(stream: StreamName, id: StreamId, message: SuiteMessage) {
        switch (message, stream.symbol) {
        case (.plan(let plan), let symbol?): event = .plan(symbol, plan)
        case (.book(let book), let symbol?):
            guard let bid = book.bids.best, let ask = book.asks.best else { return nil }
            event = .book(symbol, bid: bid.price, ask: ask.price, at: book.eventTime)
        case (.metric(let metric), let symbol?):
            guard case .markPrice(let mark, _, _, _) = metric.value else { return nil }
            event = .mark(symbol, mark, at: metric.eventTime)
        case (.command(let command), _): event = .command(command)
        default: return nil
        }
    }
}

/// The executor writes its words through its own outbox, so its host has none to write.
public enum NoOutput: StreamOutput {
    public var stream: StreamName { switch self {} }
    public func encode(into fields: inout Fields) {}
}
