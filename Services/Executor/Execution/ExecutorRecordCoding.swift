public import SignalContracts
public import TradingPrimitives

// Records as bytes.
extension ExecutorRecord {
    private enum Kind: String, FieldValue {
        case position
        case flat
        case plan
        case command
        case closing
        case entriesStopped = "entries_stopped"
        case message
        case carried
        case said
        case identity
    }

    public var bytes: [UInt8] {
        var bytes: [UInt8] = [], fields = Fields()
        write(into: &bytes, using: &fields)
        return bytes
    }

    /// Appends its bytes. Makes no strings but for long floating-point numbers, and uses the memory of `fields` again.
    public func write(into bytes: inout [UInt8], using fields: inout Fields) {
        fields.removeAll()
        switch self {
        case .position(let symbol, nil):
            fields.put("record", Kind.flat)
            fields.put("symbol", symbol)
        case .position(_, let position?):
            fields.put("record", Kind.position)
            position.encode(into: &fields)
        case .plan(let id):
            fields.put("record", Kind.plan)
            fields.put("plan", id)
        case .command(let id):
            fields.put("record", Kind.command)
            fields.put("command", id)
        case .closing(let closing):
            fields.put("record", Kind.closing)
            fields.put("command", closing.command)
            fields.put("symbols", closing.symbols.map(\.name).joined(separator: ","))
            fields.put("count", closing.count)
            fields.put("deadline", closing.deadline)
        case .entriesStopped(let stopped):
            fields.put("record", Kind.entriesStopped)
            fields.put("stopped", stopped)
        case .identity(let name, let mode):
            fields.put("record", Kind.identity)
            fields.put("name", name)
            fields.put("mode", mode)
        case .said(let number):
            fields.put("record", Kind.said)
            fields.put("up_to", number)
        case .message(let message):
            fields.put("record", Kind.message)
            Self.encode(message, into: &fields)
        case .carried(let number, let message):
            fields.put("record", Kind.carried)
            fields.put("number", number)
            Self.encode(message, into: &fields)
        }
        fields.appendRecord(to: &bytes)
    }

    private static func encode(_ message: ExecutorMessage, into fields: inout Fields) {
        fields.put("stream", message.stream)
        fields.scope = "m."
        message.encode(into: &fields)
    }

    public init(bytes: ArraySlice<UInt8>) throws(ContractError) {
        let fields = try Fields(record: bytes)
        switch try fields.required("record") as Kind {
        case .flat: self = .position(try fields.required("symbol"), nil)
        case .position:
            let position = try Position(fields)
            self = .position(position.symbol, position)
        case .plan: self = .plan(try fields.required("plan"))
        case .command: self = .command(id: try fields.required("command"))
        case .closing: self = .closing(try Closing(fields))
        case .entriesStopped: self = .entriesStopped(try fields.required("stopped"))
        case .identity: self = .identity(try fields.required("name"), mode: try fields.optional("mode"))
        case .said: self = .said(upTo: try fields.required("up_to"))
        case .message: self = .message(try Self.message(fields))
        case .carried: self = .carried(number: try fields.required("number"), try Self.message(fields))
        }
    }

    private static func message(_ fields: Fields) throws(ContractError) -> ExecutorMessage {
        let stream: StreamName = try fields.required("stream")
        var scoped = fields
        scoped.scope = "m."
        switch (stream.kind, stream.symbol) {
        case (.execution, let symbol?): return .execution(symbol, try ExecutionEvent(scoped))
        case (.account, _): return .account(try AccountUpdate(scoped))
        case (.contract, let symbol?): return .contract(symbol, try ContractTerms(scoped))
        case (.alert, _): return .alert(try Alert(scoped))
        case (.reply, _): return .reply(try Reply(scoped))
        default: throw .malformed(field: "stream", text: stream.key)
        }
    }
}

extension Closing {
    init(_ fields: Fields) throws(ContractError) {
        let names: String = try fields.required("symbols")
        var symbols: [Symbol] = []
        for name in names.split(separator: ",") {
            guard let symbol = Symbol(name) else { throw .malformed(field: "symbols", text: names) }
            symbols.append(symbol)
        }
        self.init(
            command: try fields.required("command"), symbols: symbols, count: try fields.required("count"),
            deadline: try fields.required("deadline"))
    }
}

extension Executor {
    /// Takes up one record of the journal; to be called for all of them, oldest first, before the first event.
    public mutating func remember(_ record: ExecutorRecord) {
        switch record {
        case .position(let symbol, let position):
            withDesk(symbol) { executor, index in
                executor.desks[index].position = position
                guard let last = position?.tradeIds.max() else { return }
                executor.desks[index].lastTradeId = max(executor.desks[index].lastTradeId ?? 0, last)
            }
        case .plan(let id):
            takenPlans.append(id)
            if takenPlans.count > Self.namesMax { takenPlans.removeFirst() }
        case .command(let id): take(id)
        case .closing(let closing):
            take(closing.command)
            closings.append(closing)
        case .entriesStopped(let stopped): entriesStopped = stopped
        case .message(.reply(let reply)), .carried(_, .reply(let reply)):
            closings.removeAll { $0.command == reply.command }
        case .message, .carried, .said, .identity: break
        }
    }

    /// What the journal must hold to begin anew: a compact form of all records remembered.
    public var records: [ExecutorRecord] {
        takenPlans.map(ExecutorRecord.plan) + takenCommands.map { .command(id: $0) }
            + closings.map(ExecutorRecord.closing) + [.entriesStopped(entriesStopped)]
            + desks.compactMap { desk in desk.position.map { .position(desk.symbol, $0) } }
    }

    /// Ends the taking up of records: what was pending is unknown now, and will be looked up.
    public mutating func recovered(at time: Timestamp) {
        now = max(now, time)
        beganAt = now
        for index in desks.indices { desks[index].position?.restored(at: time) }
        resumeClosings()
    }
}
