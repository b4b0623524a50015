import CWebSocketServer
import ExchangeSimulator
import TradingPrimitives
import WebServer

// The ways in which a call, its answer, a frame or a connection goes astray. Nothing here runs while there are no faults.
extension SimulatorServer {
    // MARK: Calls

    /// A call under faults: it may come late, fail, or be carried out and never answered.
    func meet(_ call: Call) {
        if isPartitioned(call.kind) { return cut(call.id) }
        let subject = subject(of: call)
        guard let late = simulation.exchange.faults.take(.latency, subject, now: simulation.exchange.now) else {
            return carryOut(call, subject, backMs: 0)
        }
        let there = late.milliseconds / 2
        put(.call(call, subject, backMs: late.milliseconds - there), at: simulation.exchange.now + there)
    }

    private func subject(of call: Call) -> FaultSubject {
        switch call.words {
        case .http(let request):
            guard let endpoint = Endpoint.find(request.method, request.path) else { return FaultSubject() }
            return Parameters(query: request.query, body: request.body).subject(of: endpoint)
        case .socket(let text):
            guard let request = SocketRequest(text), let endpoint = SocketMethod.find(request.method) else {
                return FaultSubject()
            }
            return request.parameters.subject(of: endpoint)
        }
    }

    private func carryOut(_ call: Call, _ subject: FaultSubject, backMs: Int64) {
        let fate = simulation.exchange.fate(of: subject)
        var answer: FrameOutbox.Item?
        if fate.isExecuted { answer = carriedOut(call) }
        deliver()
        switch fate {
        case .served: break
        case .answered(let refusal, let retryAfterS, _): answer = refused(call, refusal, retryAfterS: retryAfterS)
        case .unanswered: return
        case .reset: return cut(call.id)
        }
        guard let answer else { return }
        if backMs == 0 { send(answer) } else { put(answer, at: simulation.exchange.now + backMs) }
    }

    private func carriedOut(_ call: Call) -> FrameOutbox.Item? {
        switch call.words {
        case .http(let request):
            let (answer, headers) = answer(request)
            return .response(
                call.id, answer.bytes(to: request, headers), keepsAlive: request.keepsAlive)
        case .socket(let text):
            guard var session = sessions[call.id] else { return nil }
            let bytes = answer(text, &session)
            sessions[call.id] = session
            return .text(call.id, bytes)
        }
    }

    private func refused(_ call: Call, _ refusal: Refusal, retryAfterS: Int?) -> FrameOutbox.Item? {
        let answer = Exchange.answer(refusal)
        switch call.words {
        case .http(let request):
            let headers = retryAfterS.map { [("Retry-After", "\($0)")] } ?? []
            return .response(
                call.id, answer.bytes(to: request, headers), keepsAlive: request.keepsAlive)
        case .socket(let text):
            guard let session = sessions[call.id] else { return nil }
            return .text(call.id, write(SocketRequest(text)?.id, answer, session, account: nil))
        }
    }

    // MARK: What was late

    private func put(_ item: FrameOutbox.Item, at time: Timestamp) {
        if let connection = outbox.put(item, at: time) { cut(connection) }
    }

    func sendDue() {
        if outbox.isEmpty { return }
        while let item = outbox.next(until: simulation.exchange.now) { send(item) }
    }

    private func send(_ item: FrameOutbox.Item) {
        guard let server else { return }
        switch item {
        case .call(let call, let subject, let backMs): carryOut(call, subject, backMs: backMs)
        case .response(let id, let bytes, let keepsAlive): respond(id, bytes, keepsAlive)
        case .text(let id, let bytes), .overtaken(let id, let bytes):
            _ = cws_send_text(server, id, bytes, bytes.count)
        }
    }

    // MARK: Frames

    func deliverUnderFaults() {
        var frames: [(id: cws_id, label: StreamHub.Label, bytes: [UInt8])] = []
        hub.deliver(&simulation.exchange) { frames.append(($0, $1, $2)) }
        for frame in frames { deliver(frame.bytes, to: frame.id, subject(of: frame.label)) }
    }

    private func subject(of label: StreamHub.Label) -> FaultSubject {
        let instruments = simulation.exchange.instruments
        switch label {
        case .market(let stream):
            return FaultSubject(
                symbol: stream.instrument == MarketStream.every ? nil : instruments[stream.instrument].symbol.name,
                feed: .market, stream: stream.name(instruments))
        case .user(let event, let index):
            return FaultSubject(
                symbol: index.map { instruments[$0].symbol.name }, feed: .user, stream: event)
        }
    }

    private func deliver(_ bytes: [UInt8], to id: cws_id, _ subject: FaultSubject) {
        let now = simulation.exchange.now
        func take(_ kind: FaultKind) -> Fault? { simulation.exchange.faults.take(kind, subject, now: now) }
        if isPartitioned(subject.feed == .user ? .user : .market) || take(.dropFrames) != nil { return }
        if let fault = take(.delayFrames) {
            return put(.text(id, bytes), at: now + fault.milliseconds)
        }
        if let fault = take(.reorderFrames) {
            return put(.overtaken(id, bytes), at: now + fault.milliseconds)
        }
        send(.text(id, bytes))
        if take(.duplicateFrames) != nil { send(.text(id, bytes)) }
        for bytes in outbox.overtaken(on: id) { send(.text(id, bytes)) }
    }

    // MARK: Connections

    private func isPartitioned(_ kind: ConnectionKind) -> Bool {
        let now = simulation.exchange.now
        return simulation.exchange.faults.holding(.partition, connection: kind, now: now) != nil
    }

    /// Whether a WebSocket may be opened now; one that may not is cut.
    func admits(_ id: cws_id, path: String) -> Bool {
        if simulation.exchange.faults.isEmpty { return true }
        let kind: ConnectionKind =
            path == Self.socketPath ? .api : path.hasPrefix("/private/") ? .user : .market
        if isPartitioned(kind) {
            cut(id)
            return false
        }
        return true
    }

    /// Cuts all connections of a kind, as a network does: without a word.
    func cut(_ kind: ConnectionKind, except asking: cws_id?) {
        for (id, _) in opened {
            let own: ConnectionKind = sessions[id] != nil ? .api : hub.kind(of: id) ?? .market
            if kind.covers(own) { cut(id) }
        }
        if kind.covers(.http), let server { cws_abort_http(server, asking ?? 0) }
    }

    private func cut(_ id: cws_id) {
        if let server { cws_abort(server, id) }
    }
}

extension Call {
    var kind: ConnectionKind {
        switch words {
        case .http: .http
        case .socket: .api
        }
    }
}
