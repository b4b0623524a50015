import OperatorConsole
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives
import WebClient

/// Passes an operator's commands on, and finds their answers.
final class CommandDesk {
    /// Newest entries of `command` and `reply` that are looked through.
    private static let lookback = 200
    private let stores: Stores
    private var last: Int64 = 0

    init(_ stores: Stores) { self.stores = stores }

    func give(_ body: [UInt8], _ caller: Caller, _ log: Logger) throws(RequestError) -> Answer {
        let wanted = try Body(body, names: ["name", "symbol", "confirm"])
        guard let name = CommandName(rawValue: try wanted.text("name")) else {
            throw RequestError(
                .badRequest, "name must be one of \(CommandName.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var symbol: Symbol?
        if name == .close || name == .pause || (name == .resume && wanted.has("symbol")) {
            guard let found = Symbol(try wanted.text("symbol")), stores.settings.symbols.contains(found) else {
                throw RequestError(.notFound, "that symbol is not traded here")
            }
            symbol = found
        } else if wanted.has("symbol") {
            throw RequestError(.badRequest, "\(name.rawValue) takes no symbol")
        }
        let confirmation = name.rawValue + (symbol.map { " \($0)" } ?? "")
        guard try wanted.text("confirm") == confirmation else {
            throw RequestError(.badRequest, "confirm must be '\(confirmation)'")
        }
        // Two in one microsecond are two commands.
        last = max(last + 1, SystemClock.wallUs())
        let command = Command(
            id: "web-\(last)", issuedAt: SystemClock.now(), author: "dashboard:\(caller.name)", name: name,
            symbol: symbol)
        try stores.withRedis { client throws(RedisError) in
            _ = try client.add(command.fields, to: StreamName(.command))
        }
        log.info("command") {
            $0.put("command", confirmation)
            $0.put("id", command.id)
            $0.put("user", caller.name)
        }
        return .json(.object([("id", .text(command.id))]), status: 202)
    }

    func answer(to id: String) throws(RequestError) -> Answer {
        let (reply, isKnown) = try stores.withRedis { client throws(RedisError) in
            let reply = try client.newest(of: StreamName(.reply), count: Self.lookback)
                .compactMap { try? Reply($0.fields) }.first { $0.command == id }
            let commands = try client.newest(of: StreamName(.command), count: Self.lookback)
            return (reply, commands.contains { $0.fields["id"] == id })
        }
        guard reply != nil || isKnown else { throw RequestError(.notFound, "no such command was given lately") }
        guard let reply else { return .json(.object([("id", .text(id)), ("state", .text("waiting"))])) }
        return .json(
            .object([
                ("id", .text(id)), ("state", .text(reply.isDone ? "done" : "refused")),
                ("service", .text(reply.service)),
                ("text", .text(reply.text)),
            ]))
    }
}

/// The JSON object of a request, its names known and its values texts.
struct Body {
    private let value: JSONValue

    init(_ bytes: [UInt8], names: [String]) throws(RequestError) {
        guard let value = try? JSONValue(bytes), case .object(let members) = value else {
            throw RequestError(.badRequest, "the body must be a JSON object")
        }
        self.value = value
        for member in members where !names.contains(member.name) {
            throw RequestError(
                .badRequest, "there is no member '\(member.name.prefix(40))': \(names.joined(separator: ", "))")
        }
    }

    func has(_ name: String) -> Bool { value[name] != nil }

    func text(_ name: String) throws(RequestError) -> String {
        guard case .string(let text) = value[name] else { throw RequestError(.badRequest, "\(name) must be a text") }
        return text
    }
}
