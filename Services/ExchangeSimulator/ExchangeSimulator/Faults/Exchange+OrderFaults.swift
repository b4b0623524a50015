public import TradingPrimitives

// Faults in what happens to orders. None of these is called while there are no faults, but for the trigger's.
extension Exchange {
    func subject(_ instrument: Int, _ clientId: String?) -> FaultSubject {
        FaultSubject(symbol: instruments[instrument].symbol.name, clientId: clientId)
    }

    mutating func fail(_ request: OrderRequest) throws(Refusal) {
        if let fault = faults.take(.rejectOrder, subject(request.instrument, request.clientId), now: now) {
            throw Refusal(fault)
        }
        try throttle(request.instrument, request.clientId, reduces: request.isReduceOnly)
    }

    mutating func fail(_ request: AlgoRequest) throws(Refusal) {
        if let fault = faults.take(.rejectStop, subject(request.instrument, request.clientId), now: now) {
            throw Refusal(fault)
        }
        let reduces = request.isReduceOnly || request.isClosePosition
        try throttle(request.instrument, request.clientId, reduces: reduces)
    }

    /// As the venue under load: what reduces a position passes.
    mutating func throttle(_ instrument: Int, _ clientId: String?, reduces: Bool) throws(Refusal) {
        if reduces { return }
        if faults.take(.throttleEntries, subject(instrument, clientId), now: now) != nil { throw .throttled }
    }

    mutating func refuse(_ endpoint: Endpoint, _ call: RestCall) throws(Refusal) {
        if let fault = faults.take(.refuseCall, call.parameters.subject(of: endpoint), now: now) {
            throw Refusal(fault)
        }
    }

    mutating func hide(_ order: inout AlgoOrder) {
        if let fault = faults.take(.hideStop, subject(order.instrument, order.request.clientId), now: now) {
            order.hiddenUntil = now + fault.milliseconds
        }
    }

    /// The market reaches an order just before its cancellation does.
    mutating func fillInstead(of order: Order) throws(Refusal) {
        guard let fault = faults.take(.fillOnCancel, subject(order.instrument, order.clientId), now: now) else {
            return
        }
        let quantity = part(fault.fraction, of: order.remaining, order.instrument)
        if quantity > .zero { fillMaker(order.id, quantity) }
        settle()
    }

    /// What a resting order gets of a fill.
    mutating func limited(_ quantity: Quantity, _ order: Order) -> Quantity {
        guard let fault = faults.take(.partialFills, subject(order.instrument, order.clientId), now: now) else {
            return quantity
        }
        return part(fault.fraction, of: quantity, order.instrument)
    }

    private func part(_ fraction: Ratio, of quantity: Quantity, _ instrument: Int) -> Quantity {
        let part = Quantity(raw: Int64(Int128(quantity.raw) * Int128(fraction.raw) / Int128(fixedScale)))
        return part.rounded(toMultipleOf: instruments[instrument].rules.stepSize, .down)
    }

    /// The time that clients are told and measured by.
    public var toldTime: Timestamp {
        guard let fault = faults.holding(.clockSkew, now: now) else { return now }
        return now + fault.milliseconds
    }
}

extension Refusal {
    init(_ fault: Fault) { self.init(fault.code, fault.message, status: fault.status) }
}

extension Parameters {
    /// What a call is about, for the rules that pick their calls.
    public func subject(of endpoint: Endpoint) -> FaultSubject {
        let clientId =
            text("newClientOrderId") ?? text("origClientOrderId") ?? text("clientAlgoId")
        return FaultSubject(
            route: endpoint.method + " " + endpoint.path, symbol: text("symbol"), clientId: clientId)
    }
}
