import OperatorConsole
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// The suite at one moment, from the keys that its services keep for people, in two round trips.
final class LiveState {
    private let settings: SuiteSettings
    /// By symbol: how far its executions are read, and the newest that ended a trade.
    private var executions: [Symbol: (after: String, closed: Fields?)] = [:]

    init(_ settings: SuiteSettings) { self.settings = settings }

    /// Commands for each symbol, in this order.
    private static let perSymbol = 7

    func read(_ client: RedisClient) throws(RedisError) -> JSONNode {
        var commands = CommandBuffer()
        for kind in [StreamKind.account, .risk] { newest(StreamName(kind), &commands) }
        for symbol in settings.symbols {
            commands.command(["HGETALL", "engine_signals:{\(symbol)}"])
            commands.command(["HGETALL", "position:{\(symbol)}"])
            commands.command(["HGETALL", "orderbook:{\(symbol)}"])
            newest(StreamName(.decision, symbol), &commands)
            newest(StreamName(.plan, symbol), &commands)
            newest(StreamName(.readiness, symbol), &commands)
            let stream = StreamName(.execution, symbol).key
            if let after = executions[symbol]?.after {
                commands.command(["XRANGE", stream, "(\(after)", "+", "COUNT", "500"])
            } else {
                commands.command(["XREVRANGE", stream, "+", "-", "COUNT", "200"])
            }
        }
        let deadStreams = settings.streams(of: .dead)
        for stream in deadStreams { commands.command(["XLEN", stream.key]) }
        let replies = try client.pipeline(commands)
        let account = first(replies[0]).flatMap { try? AccountUpdate($0.fields) }
        let risk = first(replies[1]).flatMap { try? RiskState($0.fields) }
        var time = account?.eventTime ?? .zero
        var markets: [JSONNode] = []
        for (index, symbol) in settings.symbols.enumerated() {
            let from = 2 + index * Self.perSymbol
            markets.append(market(symbol, Array(replies[from..<from + Self.perSymbol]), &time))
        }
        let dead = replies.suffix(deadStreams.count).compactMap(\.integer).reduce(0, +)
        let services = try SuiteView.services(client, settings)
        return .object([
            ("time", .integer(time == .zero ? SystemClock.now().milliseconds : time.milliseconds)),
            ("mode", .text(settings.mode.rawValue)), ("profile", .text(settings.profile.rawValue)),
            ("account", account.map(json) ?? .null), ("risk", risk.map(json) ?? .null), ("markets", .array(markets)),
            ("services", .array(services.map(\.json))), ("dead_letters", .integer(dead)),
        ])
    }

    private func newest(_ stream: StreamName, _ commands: inout CommandBuffer) {
        commands.command(["XREVRANGE", stream.key, "+", "-", "COUNT", "1"])
    }

    private func first(_ reply: RedisValue) -> StreamEntry? { reply.elements.first.flatMap { StreamEntry($0) } }

    private func json(_ account: AccountUpdate) -> JSONNode {
        .object([
            ("event_time", .integer(account.eventTime.milliseconds)), ("wallet_balance", .value(account.walletBalance)),
            ("available_balance", .value(account.availableBalance)), ("unrealized_pnl", .value(account.unrealizedPnl)),
            ("equity", .value(account.walletBalance + account.unrealizedPnl)),
            ("open_positions", .integer(Int64(account.openPositions))),
            ("unknown_orders", .integer(Int64(account.unknownOrders))),
            ("accepts_entries", .bool(account.acceptsEntries)),
            ("hindrances", .array(account.hindrances.hindrances.map { .text($0.text) })),
            ("venue_reachable", .bool(account.isVenueReachable)),
            ("used_weight", .integer(Int64(account.usedWeight))),
            ("weight_limit", .integer(Int64(account.weightLimit))),
            ("round_trip_ms", .integer(account.roundTripMs)),
        ])
    }

    private func json(_ risk: RiskState) -> JSONNode {
        .object([
            ("event_time", .integer(risk.eventTime.milliseconds)), ("halted", .bool(risk.isHalted)),
            ("paused", .array(risk.paused.symbols.map { .text($0.name) })),
            (
                "breakers",
                .array(
                    risk.breakers.breakers.map {
                        .object([("name", .text($0.breaker.rawValue)), ("until", .integer($0.until.milliseconds))])
                    })
            ),
            ("trades_today", .integer(Int64(risk.tradesToday))), ("pnl_today", .value(risk.pnlToday)),
            ("fee_total", .value(risk.feesToday)), ("gross_pnl", .value(risk.grossPnlToday)),
            ("gross_profit", .value(risk.grossProfitToday)),
            ("capital_limit", risk.capitalLimit.map(JSONNode.value) ?? .null),
            ("day_start_balance", .value(risk.dayStartBalance)), ("streak", .integer(Int64(risk.lossStreak))),
            ("reduced_trades_left", .integer(Int64(risk.reducedTradesLeft))),
            ("trades_this_hour", .integer(Int64(risk.tradesThisHour))),
            ("losses_last_hour", .integer(Int64(risk.lossesLastHour))),
        ])
    }

    private func market(_ symbol: Symbol, _ replies: [RedisValue], _ time: inout Timestamp) -> JSONNode {
        let book = try? BookUpdate(Fields(replies[2]))
        if let book { time = max(time, book.eventTime) }
        let decision = first(replies[3]).flatMap { try? Decision($0.fields) }
        let plan = first(replies[4]).map { JSONNode.fields($0.fields) }
        let readiness = first(replies[5]).flatMap { try? Readiness($0.fields) }
        let closed = follow(symbol, replies[6])
        let position = Fields(replies[1])
        return .object([
            ("symbol", .text(symbol.name)), ("bid", .optional(book?.bids.best?.price.description)),
            ("ask", .optional(book?.asks.best?.price.description)),
            ("book_time", .optional(book?.eventTime.milliseconds)), ("signals", signals(Fields(replies[0]))),
            ("readiness", readiness?.json ?? .null),
            ("decision", decision.map(json) ?? .null), ("plan", plan ?? .null),
            ("position", position.isEmpty ? .null : HeldPosition(position, book).json),
            ("last_trade", closed.map(JSONNode.fields) ?? .null),
        ])
    }

    /// Reads on in the executions of a symbol; gives the newest event that ended a trade.
    private func follow(_ symbol: Symbol, _ reply: RedisValue) -> Fields? {
        var entries = reply.elements.compactMap { StreamEntry($0) }
        if executions[symbol] == nil { entries.reverse() }
        guard let last = entries.last else { return executions[symbol]?.closed }
        let closed = entries.last { $0.fields["event"] == ExecutionKind.positionClosed.rawValue }?.fields
        let known = executions[symbol]?.closed
        executions[symbol] = (last.id.description, closed ?? known)
        return closed ?? known
    }

    private func json(_ decision: Decision) -> JSONNode {
        .object([
            ("id", .text(decision.id.text)), ("event_time", .integer(decision.eventTime.milliseconds)),
            ("action", .text(decision.action.rawValue)), ("strategy", .optional(decision.strategy?.rawValue)),
            ("confidence", .number(decision.confidence)), ("final_score", .number(decision.finalScore)),
            ("engines_agree", .integer(Int64(decision.enginesAgree))),
            ("failed_gates", .array(decision.failedGates.gates.map { .text($0.rawValue) })),
            ("reason", .text(decision.reason)),
        ])
    }

    /// `e1` … `e5` and engines of others, each `name=value name=value`, as fields by engine; the house's first.
    private func signals(_ hash: Fields) -> JSONNode {
        let shown = hash.pairs.compactMap { name, text -> (engine: String, fields: JSONNode)? in
            let pairs = Projection.pairs(ofSignal: text)
            guard let engine = pairs.first(where: { $0.name == "engine" })?.value, EngineId(engine) != nil else {
                return nil
            }
            return (engine, .object(pairs.map { ($0.name, .text($0.value)) }))
        }
        return .object(shown.sorted { $0.engine < $1.engine }.map { ($0.engine, $0.fields) })
    }
}

extension JSONNode {
    static func value(_ decimal: some CustomStringConvertible) -> JSONNode { .text(decimal.description) }
}

/// A position as `position:{S}` shows it, with what it has come to by the middle of the book.
private struct HeldPosition {
    let fields: Fields
    let book: BookUpdate?

    init(_ fields: Fields, _ book: BookUpdate?) {
        self.fields = fields
        self.book = book
    }

    var json: JSONNode {
        .object([
            ("plan", .text(fields["plan"] ?? "")), ("state", .text(fields["state"] ?? "")),
            ("side", .text(fields["side"] ?? "")), ("strategy", .optional(fields["strategy"])),
            ("size", .text(fields["size"] ?? "0")), ("entry", price("entry")), ("stop", price("sl")),
            ("take_profit", price("tp1")), ("liquidation", price("liquidation")),
            ("leverage", .optional(fields["leverage"].flatMap { Int64($0) })), ("open_time", time("open_time")),
            ("close_by", time("close_by")),
            ("unrealized_pnl", unrealized.map(JSONNode.value) ?? .null),
        ])
    }

    /// Null while there is none: an entry of 0 is one that has not filled.
    private func price(_ name: StaticString) -> JSONNode {
        guard let text = fields[name], text != "0" else { return .null }
        return .text(text)
    }

    private func time(_ name: StaticString) -> JSONNode {
        .optional(fields[name].flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil })
    }

    private var unrealized: Notional? {
        guard let bid = book?.bids.best?.price, let ask = book?.asks.best?.price,
            let entry: Price = try? fields.optional("entry"), entry.raw > 0,
            let size: Quantity = try? fields.optional("size")
        else { return nil }
        let middle = Price.middle(of: bid, and: ask)
        let gained = middle * size - entry * size
        return fields["side"] == Direction.short.rawValue ? -gained : gained
    }
}
